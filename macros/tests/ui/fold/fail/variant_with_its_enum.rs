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
    #[fold(AccountEvent::Deposited { cents } => self.balance + cents)]
    balance: u64,
}

fn main() {}
