//! The contract of [`Checkpoints`].

pub mod advancing;

use std::future::Future;

use annals_core::Checkpoints;

/// A store of checkpoints with a read model beside it, which the rules write to.
pub trait CheckpointsFixture: Send + Sync + 'static {
    /// The store.
    type Checkpoints: Checkpoints;

    /// The store.
    fn checkpoints(&self) -> &Self::Checkpoints;

    /// Writes `value` under `key`, in place of what is there, as part of `tx`.
    fn write(
        &self,
        tx: &mut <Self::Checkpoints as Checkpoints>::Tx,
        key: &str,
        value: &str,
    ) -> impl Future<Output = ()> + Send;

    /// What is committed under `key`.
    fn read(&self, key: &str) -> impl Future<Output = Option<String>> + Send;
}
