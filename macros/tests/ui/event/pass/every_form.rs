use annals::{Event, UpcastError};
use serde_json::Value;

#[derive(Event)]
pub enum AccountEvent {
    #[event("account-opened")]
    Opened { owner: String },
    #[event("account-renamed", alias = "owner-changed", alias = "name-changed")]
    Renamed(String),
    #[event("moved")]
    Moved(u32, u32),
    #[event("account-closed")]
    Closed,
    #[event("checked")]
    Checked {},
    #[event("touched")]
    Touched(),
    #[event("money-withdrawn", version = 3, upcast(2 = identity, 1 = |content| Ok(content)))]
    Withdrawn { cents: u64 },
    #[event("money-deposited", version = 1)]
    #[event(alias = "money-in")]
    Deposited { cents: u64 },
}

fn identity(content: Value) -> Result<Value, UpcastError> {
    Ok(content)
}

#[derive(Event)]
#[event("thing-happened")]
struct Happened {
    at: u64,
}

#[derive(Event)]
#[event("thing-counted")]
struct Counted(u64);

#[derive(Event)]
#[event("nothing-happened")]
struct Nothing;

#[derive(Event)]
enum BankEvent {
    #[event(nested)]
    Account(AccountEvent),
    #[event(nested)]
    Happened(Happened),
    #[event("bank-closed")]
    Closed,
}

#[derive(Event)]
enum OnlyNested {
    #[event(nested)]
    Counted(Counted),
    #[event(nested)]
    Nothing(Nothing),
}

fn main() {
    assert_eq!(BankEvent::NAMES.len(), 13);
    assert_eq!(OnlyNested::NAMES, ["thing-counted", "nothing-happened"]);
}
