use annals::{Event, Fold};

#[derive(Event)]
pub enum AccountEvent {
    #[event("opened")]
    Opened { owner: String },
    #[event("renamed")]
    Renamed(String),
    #[event("moved")]
    Moved(u32, Option<u32>),
    #[event("deposited")]
    Deposited { cents: u64 },
    #[event("withdrawn")]
    Withdrawn { cents: u64 },
    #[event("closed")]
    Closed,
}

struct Check(fn() -> bool);

impl Default for Check {
    fn default() -> Self {
        Self(|| false)
    }
}

#[derive(Default, Fold)]
#[fold(AccountEvent)]
#[fold(ignore(Moved(7, _) | Moved(_, None)))]
pub struct Account {
    #[fold(Opened { owner } | Renamed(owner) => Some(owner.clone()), Closed => None)]
    owner: Option<String>,
    #[fold(Deposited { cents } => self.balance + cents)]
    #[fold(Withdrawn { cents: amount } if *amount > 0 => self.balance - amount)]
    #[fold(Withdrawn => self.balance)]
    balance: u64,
    #[fold(
        (Opened { .. }) => { Vec::new() }
        Moved(to, ..) => |places| places.push(*to),
        Closed => |places| {
            places.clear();
            places.shrink_to_fit()
        },
    )]
    places: Vec<u32>,
    #[fold(| Moved(_, Some(at)) => *at)]
    moved: u32,
    #[fold(Opened => Check(|| true))]
    check: Check,
    cached: u32,
}

#[derive(Default, Fold)]
#[fold(crate::AccountEvent, ignore(Opened, Renamed(_), Moved(..), Withdrawn { .. }, Closed))]
struct Total(#[fold(Deposited { cents } => self.0 + cents)] u64);

#[derive(Default, Fold)]
#[fold(AccountEvent)]
#[fold(ignore(Opened, Renamed, Moved), ignore(Deposited, Withdrawn, Closed))]
struct Nothing;

fn main() {
    let mut account = Account::default();
    account.evolve(&AccountEvent::Opened { owner: "Ada".into() });
    assert!((account.check.0)());
}
