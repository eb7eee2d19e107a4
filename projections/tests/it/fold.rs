//! What a view should have, by a fold of the log on one thread; and what it has.

use std::collections::{BTreeMap, BTreeSet};

use annals_core::{EventStore, Filter, Position, RecordIn, Select, Table};
use annals_projections::{Keyed, Recorded, View};
use futures::TryStreamExt;

use crate::place::Place;

/// All states that a view should have.
pub(crate) async fn fold<V: View>(log: &dyn EventStore) -> BTreeMap<String, V> {
    fold_to(log, Position::new(i64::MAX).unwrap()).await
}

/// All states that a view should have had when the log was that long.
pub(crate) async fn fold_to<V: View>(log: &dyn EventStore, end: Position) -> BTreeMap<String, V> {
    let mut states = BTreeMap::<String, V>::new();
    let mut events = log.read_log(Position::START, Filter::of::<V::Event>());
    while let Some(envelope) = events.try_next().await.unwrap() {
        if envelope.position > end {
            break;
        }
        let Some(event) = envelope.decode().unwrap() else { continue };
        let recorded = Recorded { event, envelope };
        let keys: BTreeSet<String> = match V::KEYED {
            Keyed::ByStream => [recorded.envelope.stream.to_string()].into(),
            Keyed::ById => [recorded.envelope.stream.id().to_owned()].into(),
            Keyed::By(keys) => keys(&recorded).into_iter().collect(),
        };
        for key in keys {
            states.entry(key.clone()).or_default().project(&key, &recorded);
        }
    }
    states
}

/// The states as they are to be stored, byte for byte.
pub(crate) fn written<V: View>(states: &BTreeMap<String, V>) -> BTreeMap<String, String> {
    let write = |state| serde_json::to_string(state).unwrap();
    states.iter().map(|(key, state)| (key.clone(), write(state))).collect()
}

/// The states that are stored, byte for byte, of the build that is read.
pub(crate) async fn stored<V: View>(place: &Place) -> BTreeMap<String, String> {
    let live = place.models.record("live", V::NAME).await.unwrap().unwrap();
    let build: serde_json::Value = serde_json::from_str(&live).unwrap();
    let table = Table::new(format!("{}_{}", V::NAME, build["build"]), vec![]).unwrap();
    let (conditions, after) = (vec![], None);
    let limit = 1_000_000;
    let all = Select::Page { conditions, order: None, is_descending: false, after, limit };
    let unchanged = RecordIn { area: "live", key: V::NAME, content: &live };
    let rows = place.models.rows(&table, &all, &unchanged).await.unwrap().unwrap();
    rows.into_iter().map(|row| (row.key, row.state)).collect()
}

/// That a view is stored as a fold of the log has it, bit for bit.
pub(crate) async fn assert_folded<V: View>(place: &Place) {
    let expected = written(&fold::<V>(&*place.log).await);
    assert_eq!(stored::<V>(place).await, expected);
}
