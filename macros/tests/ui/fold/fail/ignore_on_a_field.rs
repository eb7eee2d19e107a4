use annals::{Event, Fold};

#[derive(Event)]
enum AccountEvent {
    #[event("opened")]
    Opened { owner: String },
    #[event("deposited")]
    Deposited { cents: u64 },
}

#[derive(Default, Fold)]
#[fold(AccountEvent)]
struct Account {
    #[fold(ignore(Opened), Deposited => 0)]
    balance: u64,
}

fn main() {}
