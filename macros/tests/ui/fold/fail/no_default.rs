use annals::{Event, Fold};

#[derive(Event)]
enum AccountEvent {
    #[event("opened")]
    Opened { owner: String },
    #[event("deposited")]
    Deposited { cents: u64 },
}

#[derive(Fold)]
#[fold(AccountEvent, ignore(Opened, Deposited))]
struct Account;

fn main() {}
