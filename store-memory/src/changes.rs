//! What a transaction would make of a map, which stays as it is until then.

use std::{collections::BTreeMap, iter, ops::Bound};

/// Entries by their keys, in the order of their bytes.
pub(crate) type Map<V> = BTreeMap<String, V>;

/// Changes of a map. `None` stands for what was removed.
#[derive(Debug)]
pub(crate) struct Changes<V>(Map<Option<V>>);

impl<V> Changes<V> {
    /// Writes `value` under `key`, or removes what is there.
    pub(crate) fn set(&mut self, key: impl Into<String>, value: Option<V>) {
        self.0.insert(key.into(), value);
    }

    /// What is under `key` in the map as it would be.
    pub(crate) fn get<'a>(&'a self, map: &'a Map<V>, key: &str) -> Option<&'a V> {
        match self.0.get(key) {
            Some(change) => change.as_ref(),
            None => map.get(key),
        }
    }

    /// What the map as it would be has from there on.
    pub(crate) fn range<'a>(
        &'a self,
        map: &'a Map<V>,
        from: Bound<&'a str>,
    ) -> impl Iterator<Item = (&'a String, &'a V)> {
        let bounds = (from, Bound::Unbounded);
        let unchanged = map.range::<str, _>(bounds).filter(|(key, _)| !self.0.contains_key(*key));
        let changed = self.0.range::<str, _>(bounds);
        let mut unchanged = unchanged.peekable();
        let mut changed =
            changed.filter_map(|(key, value)| Some((key, value.as_ref()?))).peekable();
        iter::from_fn(move || match (unchanged.peek(), changed.peek()) {
            (Some((one, _)), Some((other, _))) if one < other => unchanged.next(),
            (Some(_), None) => unchanged.next(),
            _ => changed.next(),
        })
    }

    /// Makes the map what it would be.
    pub(crate) fn apply(self, map: &mut Map<V>) {
        for (key, change) in self.0 {
            match change {
                Some(value) => map.insert(key, value),
                None => map.remove(&key),
            };
        }
    }
}

impl<V> Default for Changes<V> {
    fn default() -> Self {
        Self(Map::new())
    }
}
