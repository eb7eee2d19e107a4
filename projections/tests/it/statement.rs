//! A view: what is on each account, and how it came to be.

use annals_core::Fold;
use annals_projections::{Column, Keyed, View};
use serde::{Deserialize, Serialize};

use crate::account::Deposited;

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Statement {
    pub(crate) cents: i64,
    pub(crate) deposits: i64,
    /// What was deposited last: in a fold of other order it would be something else.
    pub(crate) last: i64,
    /// Depends on every deposit and on their order.
    pub(crate) digest: u64,
}

impl Statement {
    pub(crate) const CENTS: Column<Self, i64> =
        Column::integer("cents", |it: &Self| it.cents.into()).indexed();
    pub(crate) const LAST: Column<Self, i64> = Column::integer("last", |it| it.last.into());
}

/// A deposit that cannot be folded.
pub(crate) const BANE: u64 = 667;

impl Fold for Statement {
    type Event = Deposited;

    fn evolve(&mut self, Deposited(cents): &Deposited) {
        assert!(*cents != BANE, "this is never mended");
        let signed = i64::try_from(*cents).unwrap();
        self.cents += signed;
        self.deposits += 1;
        self.last = signed;
        self.digest = self.digest.rotate_left(7) ^ cents.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

impl View for Statement {
    const NAME: &'static str = "statement";
    const KEYED: Keyed<Deposited> = Keyed::ById;
    const COLUMNS: &'static [Column<Self>] = &[Self::CENTS.any(), Self::LAST.any()];
}
