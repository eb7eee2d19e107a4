//! A command on its way to an answer, whatever its type.

use std::future::Future;

use futures::{FutureExt, channel::oneshot};

use crate::{
    command::Command,
    fold::Aggregate,
    panic::{Panicked, guarded},
    store_error::{StoreError, StoreErrorKind},
};

use super::{Committed, ExecuteError, Options, Refusal};

/// A command that waits for its answer, among others on the same aggregate.
pub struct Pending<A: Aggregate>(Box<dyn Ask<A>>);

type Answer<C> =
    Result<Committed<<C as Command>::Aggregate>, ExecuteError<<C as Command>::Rejection>>;

impl<A: Aggregate> Pending<A> {
    /// The command, and the future of its answer. If that is dropped, a command that was not yet
    /// decided never will be.
    pub fn new<C: Command<Aggregate = A>>(
        command: C,
        options: Options,
    ) -> (Self, impl Future<Output = Answer<C>> + Send) {
        let (reply, answer) = oneshot::channel();
        let answer = answer.map(|answer| answer.unwrap_or_else(|_| Err(abandoned())));
        (Self(Box::new(Asked { command, options, rejection: None, reply })), answer)
    }

    pub(super) fn options(&self) -> &Options {
        self.0.options()
    }

    /// Whether nobody waits for the answer any more.
    pub(super) fn is_abandoned(&self) -> bool {
        self.0.is_abandoned()
    }

    /// What the command makes of `state`: events, or `None` for a rejection, which it keeps.
    pub(super) fn decide(&mut self, state: &A) -> Result<Option<Vec<A::Event>>, Panicked> {
        self.0.decide(state)
    }

    pub(super) fn commit(self, committed: Committed<A>) {
        self.answer(Ok(Some(committed)));
    }

    /// Answers with the rejection that the command gave when it was last asked.
    pub(super) fn reject(self) {
        self.answer(Ok(None));
    }

    pub(super) fn refuse(self, refusal: impl Into<Refusal>) {
        self.answer(Err(refusal.into()));
    }

    /// Gives no answer, since nobody wants it.
    pub(super) fn forget(self) {
        // A panic in the command's destructor is nobody's concern.
        let _ = guarded(|| drop(self));
    }

    fn answer(self, answer: Result<Option<Committed<A>>, Refusal>) {
        // A panic in the command's destructor comes after the answer.
        let _ = guarded(|| self.0.answer(answer));
    }
}

/// What the loop wants of a command, without knowing its type.
trait Ask<A: Aggregate>: Send {
    fn options(&self) -> &Options;

    fn is_abandoned(&self) -> bool;

    fn decide(&mut self, state: &A) -> Result<Option<Vec<A::Event>>, Panicked>;

    /// `None` stands for the rejection that `decide` kept.
    fn answer(self: Box<Self>, answer: Result<Option<Committed<A>>, Refusal>);
}

struct Asked<C: Command> {
    command: C,
    options: Options,
    rejection: Option<C::Rejection>,
    reply: oneshot::Sender<Answer<C>>,
}

impl<C: Command> Ask<C::Aggregate> for Asked<C> {
    fn options(&self) -> &Options {
        &self.options
    }

    fn is_abandoned(&self) -> bool {
        self.reply.is_canceled()
    }

    fn decide(
        &mut self,
        state: &C::Aggregate,
    ) -> Result<Option<Vec<<C::Aggregate as crate::fold::Fold>::Event>>, Panicked> {
        match guarded(|| self.command.decide(state))? {
            Ok(events) => Ok(Some(events)),
            Err(rejection) => {
                self.rejection = Some(rejection);
                Ok(None)
            }
        }
    }

    fn answer(self: Box<Self>, answer: Result<Option<Committed<C::Aggregate>>, Refusal>) {
        let answer = match answer {
            Ok(Some(committed)) => Ok(committed),
            Ok(None) => Err(ExecuteError::Rejected(
                self.rejection.expect("a command is only rejected after it said so itself"),
            )),
            Err(refusal) => Err(ExecuteError::refused(refusal)),
        };
        // An error only says that the caller has gone, who then wants no answer.
        let _ = self.reply.send(answer);
    }
}

/// The answer of a command that was dropped without one: its runtime was shut down around it.
fn abandoned<R>() -> ExecuteError<R> {
    let message = "the task that executed the command was stopped";
    StoreError::new(StoreErrorKind::Unavailable, message).into()
}
