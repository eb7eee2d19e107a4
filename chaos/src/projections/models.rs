//! The views of these runs, all of the same fold, which depends on every deposit and on their order.

use std::{
    collections::BTreeMap,
    marker::PhantomData,
    sync::atomic::{AtomicBool, Ordering},
};

use annals_core::{EventStore, Filter, Fold, Position};
use annals_projections::{Column, Keyed, View};
use futures::TryStreamExt;
use serde::{Deserialize, Serialize};

use crate::{
    Result,
    projections::deposit::{Deposited, POISON},
};

/// What is known of an account.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Account {
    /// Which version of the view has made it.
    pub(crate) version: u32,
    pub(crate) cents: i64,
    pub(crate) deposits: i64,
    pub(crate) digest: i64,
}

/// What distinguishes these views.
pub(crate) trait Kind: Default + Send + Sync + 'static {
    const NAME: &'static str;
    const VERSION: u32 = 1;
    /// Whether poison is too much for it until that is mended.
    const IS_TENDER: bool = false;
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident { $($what:ident: $type:ty = $value:expr),+ })+) => {$(
        $(#[$doc])*
        #[derive(Debug, Default)]
        pub(crate) struct $kind;
        impl Kind for $kind { $(const $what: $type = $value;)+ }
    )+};
}

kinds! {
    /// Worked on by one process at a time.
    Whole { NAME: &'static str = "whole" }
    /// Worked on by several.
    Sliced { NAME: &'static str = "sliced" }
    /// The next version of that.
    SlicedAnew { NAME: &'static str = "sliced", VERSION: u32 = 2 }
    /// Does not mind poison.
    Calm { NAME: &'static str = "calm" }
    /// Minds.
    Tender { NAME: &'static str = "tender", IS_TENDER: bool = true }
}

/// A view.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(transparent, bound = "")]
pub(crate) struct Statement<K: Kind>(pub(crate) Account, PhantomData<fn() -> K>);

static IS_MENDED: AtomicBool = AtomicBool::new(false);

/// From now on, poison is a deposit like any other in this process.
pub(crate) fn mend() {
    IS_MENDED.store(true, Ordering::Release);
}

impl Account {
    fn add(&mut self, cents: i64) {
        // As the statement of the tally does.
        self.digest = if self.deposits == 0 { cents } else { digested(self.digest, cents) };
        self.cents += cents;
        self.deposits += 1;
    }
}

fn digested(digest: i64, cents: i64) -> i64 {
    (digest * 31 + cents) % 1_000_000_007
}

impl<K: Kind> Fold for Statement<K> {
    type Event = Deposited;

    fn evolve(&mut self, &Deposited(cents): &Deposited) {
        let is_mended = IS_MENDED.load(Ordering::Acquire);
        assert!(!K::IS_TENDER || cents != POISON || is_mended, "this is poison");
        self.0.version = K::VERSION;
        self.0.add(cents);
    }
}

impl<K: Kind> Statement<K> {
    pub(crate) const CENTS: Column<Self, i64> =
        Column::integer("cents", |it: &Self| it.0.cents.into()).indexed();
}

impl<K: Kind> View for Statement<K> {
    const NAME: &'static str = K::NAME;
    const VERSION: u32 = K::VERSION;
    const KEYED: Keyed<Deposited> = Keyed::ById;
    const COLUMNS: &'static [Column<Self>] = &[Self::CENTS.any()];
}

/// What all accounts are by a fold of the whole log, on one thread. The version is left out.
pub(crate) async fn folded(log: &dyn EventStore) -> Result<BTreeMap<String, Account>> {
    let mut accounts = BTreeMap::<String, Account>::new();
    let mut events = log.read_log(Position::START, Filter::of::<Deposited>());
    while let Some(envelope) = events.try_next().await? {
        let decoded: Option<Deposited> = envelope.decode()?;
        let Deposited(cents) = decoded.ok_or("an event of no known type was asked for")?;
        accounts.entry(envelope.stream.id().to_owned()).or_default().add(cents);
    }
    Ok(accounts)
}
