use annals::{Event, Fold};

#[derive(Event)]
enum AccountEvent {
    #[event("opened")]
    Opened { owner: String },
    #[event("deposited")]
    Deposited { cents: u64 },
}

#[derive(Fold)]
#[fold(AccountEvent)]
union Account {
    balance: u64,
}

fn main() {}
