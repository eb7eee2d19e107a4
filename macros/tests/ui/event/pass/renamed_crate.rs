pub extern crate annals as renamed;

mod events {
    use crate::renamed::Event;

    #[derive(Event)]
    #[event(crate = crate::renamed)]
    pub enum AccountEvent {
        #[event("account-opened")]
        Opened { owner: String },
        #[event("closed")]
        Closed,
    }

    #[derive(Event)]
    #[event("happened", crate = renamed::again)]
    pub struct Happened {
        pub at: u64,
    }

    mod renamed {
        pub use crate::renamed as again;
    }
}

fn main() {}
