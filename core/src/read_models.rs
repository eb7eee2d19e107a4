//! The contract with whoever keeps read models.

use std::{any::Any, fmt};

use async_trait::async_trait;

use crate::{
    append::{Append, AppendError, Appended},
    clock::Timestamp,
    store_error::{StoreError, StoreErrorKind},
    table::{Select, Table, TableRow},
};

/// A place for read models, and for all that is known about how far they are: in transactions that are
/// recorded whole or not at all.
///
/// The contract is written as tests, in `annals_testkit::conformance`. It knows two kinds of things:
///
/// - **rows** of the tables that views are kept in, and
/// - **records**: small texts, each in an *area* (what kind it is) under a key. Checkpoints, leases and what
///   was set aside are records; what they mean is decided in one place, and not in every store.
///
/// Beside these an application writes what it likes, by the transaction of its own store.
///
/// Who reads may have to wait while a transaction is open that writes (as in SQLite's memory), and so may who
/// begins another one: whoever has one open awaits nothing else of the same store.
#[async_trait]
pub trait ReadModels: fmt::Debug + Send + Sync + 'static {
    /// Begins a transaction. A store may let only one be open at a time; the others wait.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store failed, as of everything below.
    async fn begin(&self) -> Result<Box<dyn ModelTx>, StoreError>;

    /// The committed record of that area and key.
    async fn record(&self, area: &str, key: &str) -> Result<Option<String>, StoreError>;

    /// The committed records of that area whose keys begin with `prefix` and come after `after`, in the
    /// order of their keys' bytes, at most `limit`.
    async fn records(
        &self,
        area: &str,
        prefix: &str,
        after: &str,
        limit: usize,
    ) -> Result<Vec<Record>, StoreError>;

    /// The committed rows of `table` that `select` asks for, if the record of that area and key is
    /// `unchanged`; `None` if it is not, or if there is no such table. Both are seen at one moment.
    async fn rows(
        &self,
        table: &Table,
        select: &Select,
        unchanged: &RecordIn<'_>,
    ) -> Result<Option<Vec<TableRow>>, StoreError>;
}

/// A record, as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// What it is kept under.
    pub key: String,
    /// What it says. Texts without NUL.
    pub content: String,
}

/// A record that is expected to be somewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordIn<'a> {
    /// What kind it is: 1 to 255 bytes without control characters.
    pub area: &'a str,
    /// What it is kept under: 1 to 1,500 bytes without control characters.
    pub key: &'a str,
    /// What it says.
    pub content: &'a str,
}

/// Writes to read models that are not yet committed. Dropping it takes them back.
///
/// What a transaction has written it sees itself. Reading a record does not lock it: whoever decides on what
/// it read writes by [`swap`](Self::swap).
///
/// After an error other than those that are named, only dropping it is left.
#[async_trait]
pub trait ModelTx: Any + Send {
    /// The store's clock, which all who use the same store share.
    async fn now(&mut self) -> Result<Timestamp, StoreError>;

    /// The record of that area and key.
    async fn record(&mut self, area: &str, key: &str) -> Result<Option<String>, StoreError>;

    /// As [`ReadModels::records`], together with what this transaction has written.
    async fn records(
        &mut self,
        area: &str,
        prefix: &str,
        after: &str,
        limit: usize,
    ) -> Result<Vec<Record>, StoreError>;

    /// How many records of that area have keys that begin with `prefix`.
    async fn count(&mut self, area: &str, prefix: &str) -> Result<u64, StoreError>;

    /// Makes a record `to`, if it is `from`, and says whether it was; `None` is no record. Of transactions
    /// that do this at once only one succeeds, and the others learn it when that one has ended.
    async fn swap(
        &mut self,
        area: &str,
        key: &str,
        from: Option<&str>,
        to: Option<&str>,
    ) -> Result<bool, StoreError>;

    /// Writes records, in place of what is there. No key may be there twice.
    async fn put(&mut self, area: &str, records: &[Record]) -> Result<(), StoreError>;

    /// Removes records, as far as they are there.
    async fn remove(&mut self, area: &str, keys: &[String]) -> Result<(), StoreError>;

    /// Makes an empty table, with its indexes; if there is one of that name, that is removed first.
    async fn create_table(&mut self, table: &Table) -> Result<(), StoreError>;

    /// Removes the table of that name with all its rows, if it is there.
    async fn drop_table(&mut self, name: &str) -> Result<(), StoreError>;

    /// The states of the rows under these keys, as far as there are any, in no particular order. Without the
    /// table, as for everything about rows, it is [`Invalid`](StoreErrorKind::Invalid).
    async fn load(&mut self, table: &Table, keys: &[String]) -> Result<Vec<Record>, StoreError>;

    /// The rows of `table` whose keys come after `after`, in the order of their keys' bytes, at most `limit`.
    async fn scan(
        &mut self,
        table: &Table,
        after: &str,
        limit: usize,
    ) -> Result<Vec<TableRow>, StoreError>;

    /// Writes rows, in place of those under the same keys. No key may be there twice.
    async fn store(&mut self, table: &Table, rows: &[TableRow]) -> Result<(), StoreError>;

    /// Takes out the rows under these keys, as far as they are there.
    async fn unstore(&mut self, table: &Table, keys: &[String]) -> Result<(), StoreError>;

    /// Before the application's own statements: from here on it is watched that they neither commit nor take
    /// back the transaction.
    async fn lend(&mut self) -> Result<(), StoreError>;

    /// After the application's own statements.
    ///
    /// # Errors
    ///
    /// [`Invalid`](StoreErrorKind::Invalid) if they ended the transaction.
    async fn give_back(&mut self) -> Result<(), StoreError>;

    /// Appends to the log as part of this transaction, where the log is in the same store: every other append
    /// waits until it ends. After the commit, readers in this process are woken.
    ///
    /// # Errors
    ///
    /// As [`EventStore::append`](crate::EventStore::append), after a conflict or a duplicate the transaction
    /// can go on; [`Invalid`](StoreErrorKind::Invalid) where the log is elsewhere.
    async fn append(&mut self, append: &Append) -> Result<Appended, AppendError> {
        let _ = append;
        let message = "this store keeps read models and no log";
        Err(StoreError::new(StoreErrorKind::Invalid, message).into())
    }

    /// Commits.
    ///
    /// # Errors
    ///
    /// If it is [`Unavailable`](StoreErrorKind::Unavailable), it may be committed all the same.
    async fn commit(self: Box<Self>) -> Result<(), StoreError>;

    /// Itself, for who knows which store it is of.
    fn as_any(&mut self) -> &mut dyn Any;
}
