//! Clients that go by Annals.

use std::sync::Arc;

use annals::{Append, EventStore, prelude::*};

use crate::{
    account::{Account, Deposit, deposited, new_event},
    crowd::Client,
    streams::Streams,
};

/// Appends an event to one of its own streams.
pub(crate) struct Appender {
    store: Arc<dyn EventStore>,
    streams: Streams,
}

impl Appender {
    pub(crate) fn new(store: Arc<dyn EventStore>, streams: Streams) -> Self {
        Self { store, streams }
    }
}

impl Client for Appender {
    async fn once(&mut self) {
        let (stream, revision) = self.streams.next();
        let stream = StreamId::new(Account::CATEGORY, stream).expect("a good name");
        let events = vec![new_event(&deposited(revision.unsigned_abs()))];
        let append = Append::new(stream, self.streams.expected(revision), events);
        let append = append.expect("within the limits");
        self.store.append(&append).await.expect("nothing is in the way");
    }
}

/// Executes a command on one account after the other.
pub(crate) struct Commander {
    annals: Annals,
    accounts: usize,
    /// Which one is next.
    next: usize,
}

impl Commander {
    /// On so many accounts, beginning with another one than the others do.
    pub(crate) fn new(annals: Annals, accounts: usize, number: usize) -> Self {
        Self { annals, accounts, next: number * 104_729 % accounts }
    }
}

impl Client for Commander {
    async fn once(&mut self) {
        let stream = Account::stream(self.next);
        self.annals.execute(stream, Deposit).await.expect("nothing is in the way");
        self.next = (self.next + 7_919) % self.accounts;
    }
}
