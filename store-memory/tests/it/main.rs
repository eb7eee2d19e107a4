//! The in-memory store keeps every contract. One binary.

use std::sync::Arc;

use annals_core::{EventStore, Snapshots, SystemClock};
use annals_memory::{MemoryCheckpoints, MemorySnapshots, MemoryStore, MemoryTx};
use annals_testkit::conformance::CheckpointsFixture;

async fn log() -> Arc<dyn EventStore> {
    Arc::new(MemoryStore::new(Arc::new(SystemClock)))
}

async fn snapshots() -> Arc<dyn Snapshots> {
    Arc::new(MemorySnapshots::default())
}

struct Checkpoints(MemoryCheckpoints);

impl CheckpointsFixture for Checkpoints {
    type Checkpoints = MemoryCheckpoints;

    fn checkpoints(&self) -> &MemoryCheckpoints {
        &self.0
    }

    async fn write(&self, tx: &mut MemoryTx, key: &str, value: &str) {
        tx.put(key, value.as_bytes().to_vec());
    }

    async fn read(&self, key: &str) -> Option<String> {
        self.0.get(key).map(|row| String::from_utf8_lossy(row.as_bytes()).into_owned())
    }
}

async fn checkpoints() -> Checkpoints {
    Checkpoints(MemoryCheckpoints::default())
}

annals_testkit::event_store_conformance!(log);
annals_testkit::snapshots_conformance!(snapshots);
annals_testkit::checkpoints_conformance!(checkpoints);

#[tokio::test]
async fn a_transaction_sees_its_own_writes_and_nobody_elses() {
    use annals_core::{Checkpoint, Checkpoints as _};

    let checkpoints = MemoryCheckpoints::default();
    let (mut first, mut second) =
        (checkpoints.begin().await.unwrap(), checkpoints.begin().await.unwrap());
    first.put("ada", "1");
    second.remove("ada");
    assert_eq!(first.get("ada"), Some("1".into()));
    assert_eq!(second.get("ada"), None);

    let from = Checkpoint::default();
    let to = Checkpoint { position: from.position.plus(1), last: None };
    checkpoints.advance(first, "balances", from, to).await.unwrap();

    assert_eq!(checkpoints.get("ada"), Some("1".into()));
    assert_eq!(second.get("ada"), None, "removed here, though committed there");
    assert_eq!(checkpoints.begin().await.unwrap().get("ada"), Some("1".into()));
}
