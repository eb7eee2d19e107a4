//! Events from state.

use std::error::Error;

use crate::fold::{Aggregate, Fold};

/// One thing that someone may want of an aggregate.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a command",
    label = "this is not a command",
    note = "implement `Command` for `{Self}`: name its aggregate and its rejection, and decide"
)]
pub trait Command: Send + Sync + 'static {
    /// What it is decided on.
    type Aggregate: Aggregate;

    /// Why the domain may say no; [`Infallible`](std::convert::Infallible) if it never does.
    type Rejection: Error + Send + Sync + 'static;

    /// What happens, given how things are: any number of events, or a rejection.
    ///
    /// It may be asked again, on a later state, before there is an answer. So it has no effects, and
    /// the same state gets the same answer: time, chance and what had to be looked up come with the
    /// command.
    ///
    /// # Errors
    ///
    /// The rejection, when the domain says no.
    fn decide(
        &self,
        state: &Self::Aggregate,
    ) -> Result<Vec<<Self::Aggregate as Fold>::Event>, Self::Rejection>;
}
