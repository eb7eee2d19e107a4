//! Every form of the derive for folds: new values, changes in place, patterns, and what is ignored.
//!
//! ```sh
//! cargo run --example fold
//! ```
//!
//! ```text
//! amounts in EUR
//! LoanOpened    offers 0  best –     amount 10000  raised 0
//! OfferMade     offers 1  best 4.2%  amount 10000  raised 0
//! OfferMade     offers 2  best 3.9%  amount 10000  raised 0
//! AmountRaised  offers 2  best 3.9%  amount 12000  raised 1
//! AmountRaised  offers 2  best 3.9%  amount 12000  raised 1
//! NoteAdded     offers 2  best 3.9%  amount 12000  raised 1
//! Closed        offers 0  best –     amount 0      raised 1
//! ```

use std::collections::BTreeMap;

use annals::prelude::*;

#[derive(Debug, Clone, PartialEq, Event)]
enum LoanEvent {
    #[event("loan-opened")]
    LoanOpened { amount: u64 },
    #[event("offer-made")]
    OfferMade { number: u32, basis_points: u32 },
    #[event("amount-raised")]
    AmountRaised(u64),
    #[event("note-added")]
    NoteAdded { text: String },
    #[event("loan-closed")]
    Closed,
}

#[derive(Debug, Default, Clone, Fold)]
#[fold(LoanEvent)]
// What changes nothing has to be said too: an event that is nowhere does not compile.
#[fold(ignore(NoteAdded))]
struct Loan {
    // A new value. The names in a pattern are references into the event. A variant without a pattern
    // means any of its kind.
    #[fold(LoanOpened { amount } => *amount, AmountRaised(by) => self.amount + by, Closed => 0)]
    amount: u64, // euros

    // A change in place, for what would be a pity to build anew: the closure gets the field.
    #[fold(
        OfferMade { number, basis_points } => |offers| {
            offers.insert(*number, *basis_points);
        },
        Closed => |offers| offers.clear(),
    )]
    offers: BTreeMap<u32, u32>, // basis points

    // Every expression sees the state before the event, whatever the order of the fields.
    #[fold(
        OfferMade { basis_points, .. } => {
            Some(self.best.map_or(*basis_points, |best| best.min(*basis_points)))
        },
        LoanOpened | Closed => None,
    )]
    best: Option<u32>, // basis points

    // A guard; what does not pass it leaves the field alone.
    #[fold(AmountRaised(by) if *by > 0 => self.raised + 1)]
    raised: u32,

    // A field that no event changes stays as it began.
    currency: &'static str,
}

fn main() {
    let events = [
        LoanEvent::LoanOpened { amount: 10_000 },
        LoanEvent::OfferMade { number: 1, basis_points: 420 },
        LoanEvent::OfferMade { number: 2, basis_points: 390 },
        LoanEvent::AmountRaised(2_000),
        LoanEvent::AmountRaised(0),
        LoanEvent::NoteAdded { text: "called back".to_owned() },
        LoanEvent::Closed,
    ];
    let mut loan = Loan { currency: "EUR", ..Loan::default() };
    println!("amounts in {}", loan.currency);
    for event in events {
        loan.evolve(&event);
        let debug = format!("{event:?}");
        let name = debug.split([' ', '(']).next().unwrap_or_default();
        let percent = |points| format!("{}.{}%", points / 100, points % 100 / 10);
        let best = loan.best.map_or_else(|| "–".to_owned(), percent);
        let Loan { amount, offers, raised, .. } = &loan;
        let offers = offers.len();
        println!(
            "{name:<12}  offers {offers}  best {best:<4}  amount {amount:<5}  raised {raised}"
        );
    }
}
