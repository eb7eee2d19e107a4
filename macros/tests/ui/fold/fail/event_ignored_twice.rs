use annals::{Event, Fold};

#[derive(Event)]
enum AccountEvent {
    #[event("opened")]
    Opened { owner: String },
    #[event("deposited")]
    Deposited { cents: u64 },
}

#[derive(Default, Fold)]
#[fold(AccountEvent, ignore(Opened, Deposited, Opened))]
struct Account;

fn main() {}
