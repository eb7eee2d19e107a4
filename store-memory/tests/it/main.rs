//! The in-memory store keeps every contract. One binary.

use std::sync::Arc;

use annals_core::{EventStore, ModelTx, ReadModels, Snapshots, StoreErrorKind, SystemClock, Table};
use annals_memory::{MemoryReadModels, MemorySnapshots, MemoryStore, MemoryTx};
use annals_testkit::conformance::ReadModelsFixture;

async fn log() -> Arc<dyn EventStore> {
    Arc::new(MemoryStore::new(Arc::new(SystemClock)))
}

async fn snapshots() -> Arc<dyn Snapshots> {
    Arc::new(MemorySnapshots::default())
}

/// Read models with a log, or without.
struct Models(Option<Arc<MemoryStore>>, MemoryReadModels);

impl ReadModelsFixture for Models {
    fn read_models(&self) -> Arc<dyn ReadModels> {
        Arc::new(self.1.clone())
    }

    fn log(&self) -> Option<Arc<dyn EventStore>> {
        let log: Arc<dyn EventStore> = self.0.clone()?;
        Some(log)
    }

    async fn write(&self, tx: &mut dyn ModelTx, key: &str, value: &str) {
        let tx: &mut MemoryTx = tx.as_any().downcast_mut().expect("it is of this store");
        tx.put(key, value.as_bytes().to_vec());
    }

    async fn read(&self, key: &str) -> Option<String> {
        self.1.get(key).map(|row| String::from_utf8_lossy(row.as_bytes()).into_owned())
    }
}

async fn read_models() -> Models {
    let store = MemoryStore::new(Arc::new(SystemClock));
    let models = store.read_models();
    Models(Some(Arc::new(store)), models)
}

annals_testkit::event_store_conformance!(log);
annals_testkit::snapshots_conformance!(snapshots);
annals_testkit::read_models_conformance!(read_models);

mod without_a_log {
    use super::{MemoryReadModels, Models};

    async fn read_models() -> Models {
        Models(None, MemoryReadModels::default())
    }

    annals_testkit::read_models_conformance!(read_models);
}

#[tokio::test]
async fn a_transaction_sees_what_it_keeps_and_nobody_else_does() {
    let models = MemoryReadModels::default();
    let mut tx = models.begin().await.unwrap();
    let own: &mut MemoryTx = tx.as_any().downcast_mut().unwrap();
    own.put("ada", "1");
    own.put("bob", "1");
    own.remove("bob");
    assert_eq!((own.get("ada"), own.get("bob")), (Some("1".into()), None));
    assert_eq!(models.get("ada"), None);
    tx.commit().await.unwrap();

    assert_eq!(models.get("ada"), Some("1".into()));
    let mut tx = models.begin().await.unwrap();
    let own: &mut MemoryTx = tx.as_any().downcast_mut().unwrap();
    own.remove("ada");
    assert_eq!(own.get("ada"), None);
    assert_eq!(models.get("ada"), Some("1".into()));
    drop(tx);
    assert_eq!(models.get("ada"), Some("1".into()));
}

#[tokio::test]
async fn a_table_that_is_missing_is_an_error_to_who_writes_to_it() {
    let table = Table::new("statement", Vec::new()).unwrap();
    let mut tx = MemoryReadModels::default().begin().await.unwrap();
    for round in 0..2 {
        let error = tx.scan(&table, "", 1).await.unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Invalid);
        assert!(tx.store(&table, &[]).await.is_err(), "round {round}");
        tx.create_table(&table).await.unwrap();
        assert_eq!(tx.scan(&table, "", 1).await.unwrap(), []);
        tx.drop_table(table.name()).await.unwrap();
    }
}

#[tokio::test]
async fn all_read_models_of_a_store_are_the_same() {
    let store = MemoryStore::new(Arc::new(SystemClock));
    let mut tx = store.read_models().begin().await.unwrap();
    assert!(tx.swap("lease", "ada", None, Some("1")).await.unwrap());
    tx.commit().await.unwrap();
    let lease = store.read_models().record("lease", "ada").await.unwrap();
    assert_eq!(lease.as_deref(), Some("1"));
}
