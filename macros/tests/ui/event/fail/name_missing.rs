use annals::Event;

#[derive(Event)]
enum AccountEvent {
    #[event("account-opened")]
    Opened { owner: String },
    Closed,
}

fn main() {}
