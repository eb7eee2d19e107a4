//! Which snapshot is kept, and that it is kept as it was.

use std::sync::Arc;

use annals_core::{
    Clock, Payload, Position, Revision, Snapshot, SnapshotKey, Snapshots, SystemClock,
};

use crate::conformance::words::{at_once, new_id, position, revision, stream};

type Store = Arc<dyn Snapshots>;

/// Catches a store that is not fresh, or fails where there is nothing.
pub async fn there_is_no_snapshot_at_first(store: Store) {
    assert_eq!(load(&store, &key("ada")).await, None);
}

/// Catches columns for text or JSON, and numbers that are cut.
pub async fn a_snapshot_is_kept_byte_for_byte(store: Store) {
    let every_byte: Vec<u8> = (0..=u8::MAX).collect();
    let states: [Payload; 5] = [
        "".into(),
        "\0".into(),
        r#"{"b":1, "a":2, "a":3}"#.into(),
        vec![0xff, 0xfe].into(),
        every_byte.repeat(4096).into(), // 1 MiB.
    ];
    for (number, state) in (1..).zip(states) {
        let snapshot = snapshot(number, state);
        let key = key(&number.to_string());
        save(&store, &key, &snapshot).await;
        assert_eq!(load(&store, &key).await, Some(snapshot));
    }

    let furthest = Snapshot {
        revision: Revision::new(i64::MAX - 1).expect("it is not negative"),
        position: Position::new(i64::MAX).expect("it is not negative"),
        ..snapshot(1, "far")
    };
    save(&store, &key("far"), &furthest).await;
    assert_eq!(load(&store, &key("far")).await, Some(furthest));
}

/// Catches a store that keeps the first, or the furthest, which may be of a history that was lost;
/// and one that replaces only a part.
pub async fn a_snapshot_gives_way_to_whichever_is_saved_next(store: Store) {
    for far in [2, 10, 10, 9, 1] {
        let snapshot = snapshot(far, new_id().to_string().into_bytes());
        save(&store, &key("ada"), &snapshot).await;
        assert_eq!(load(&store, &key("ada")).await, Some(snapshot));
    }
}

/// Catches keys that are joined carelessly, or of which a part is left out or cut.
pub async fn snapshots_of_other_streams_shapes_and_versions_are_kept_apart(store: Store) {
    let mut keys = Vec::new();
    for id in ["ada", "Ada", "ada ", "%", "e\u{301}", "\u{e9}", "a:1"] {
        for shape in ["account", "Account", "a", "%", "'; drop table snapshot; --"] {
            for version in [0, 1, 11, u32::MAX] {
                keys.push(SnapshotKey { stream: stream(id), shape, version });
            }
        }
    }
    for (number, key) in (1..).zip(&keys) {
        assert_eq!(load(&store, key).await, None, "{key:?}");
        save(&store, key, &snapshot(number, "state")).await;
    }
    for (number, key) in (1..).zip(&keys) {
        let kept = load(&store, key).await.map(|snapshot| snapshot.revision);
        assert_eq!(kept, Some(revision(number)), "{key:?}");
    }
}

/// Catches an insert that fails when there are two, and columns that are written one by one.
pub async fn of_snapshots_saved_at_once_one_is_kept_whole(store: Store) {
    for round in 0..10 {
        let key = key(&round.to_string());
        let saved = at_once(20, |number| {
            let snapshot = snapshot(1 + number, number.to_string().into_bytes());
            let (store, key) = (store.clone(), key.clone());
            async move {
                save(&store, &key, &snapshot).await;
                snapshot
            }
        })
        .await;
        let kept = load(&store, &key).await.expect("snapshots were saved");
        assert!(saved.contains(&kept), "{kept:?} was never saved");
    }
}

fn key(id: &str) -> SnapshotKey {
    SnapshotKey { stream: stream(id), shape: "account", version: 1 }
}

fn snapshot(far: usize, state: impl Into<Payload>) -> Snapshot {
    let (revision, position) = (revision(far), position(2 * far));
    let recorded_at = SystemClock.now();
    Snapshot { revision, position, last: new_id(), recorded_at, state: state.into() }
}

async fn save(store: &Store, key: &SnapshotKey, snapshot: &Snapshot) {
    store.save(key, snapshot.clone()).await.expect("a snapshot can be saved");
}

async fn load(store: &Store, key: &SnapshotKey) -> Option<Snapshot> {
    store.load(key).await.expect("a snapshot can be loaded")
}
