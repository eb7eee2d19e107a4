//! State from events.

use std::fmt;

use crate::{
    event::Event,
    snapshot::Snapshotting,
    stream::{Category, Stream},
};

/// State that is made of events and of nothing else. Usually derived, with `#[derive(Fold)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a fold",
    label = "this is not a fold",
    note = "add `#[derive(Fold)]` and `#[fold(ItsEvent)]` to `{Self}`, or implement `Fold` by hand"
)]
pub trait Fold: Default {
    /// What it is made of.
    type Event: Event;

    /// Takes one more event into account.
    ///
    /// What has happened cannot be refused: this has to cope with every event there is, and what it
    /// makes of it may depend on nothing but the state and the event.
    fn evolve(&mut self, event: &Self::Event);
}

/// A fold that commands are decided on: what one stream of a category is about.
///
/// It is cloned once for every command that changes it, since each command is answered with the
/// state it left, and a state must survive the failure of the append that would have changed it
/// (ADR 6). Keep large parts of it in an `Arc`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an aggregate",
    label = "this is not an aggregate",
    note = "write `impl Aggregate for {Self} {{ const CATEGORY: Category = Category::new(\"…\"); }}`"
)]
pub trait Aggregate: Fold + Clone + Send + Sync + 'static {
    /// What its streams share.
    const CATEGORY: Category;

    /// Whether and how often its state is kept as a snapshot: never, unless said otherwise here.
    const SNAPSHOTS: Snapshotting<Self> = Snapshotting::NEVER;

    /// The stream of this category with that id.
    fn stream(id: impl fmt::Display) -> Stream<Self> {
        Stream::new(Self::CATEGORY, id)
    }
}
