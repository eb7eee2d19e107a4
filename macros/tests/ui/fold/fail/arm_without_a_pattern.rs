use annals::{Event, Fold};

#[derive(Event)]
enum AccountEvent {
    #[event("opened")]
    Opened { owner: String },
    #[event("deposited")]
    Deposited { cents: u64 },
}

#[derive(Default, Fold)]
#[fold(AccountEvent, ignore(Opened))]
struct Account {
    #[fold(self.balance + 1)]
    balance: u64,
}

fn main() {}
