//! Comparing two builds of a view.

use annals_core::{ModelTx, StoreError, StoreErrorKind, Table, TableRow};

use super::Operator;
use crate::{
    books::{self, Standing},
    build::Build,
};

/// A key of which two builds have different states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The key.
    pub key: String,
    /// What the older build has.
    pub older: Option<String>,
    /// What the newer build has.
    pub newer: Option<String>,
}

impl Operator {
    /// Keys after `after` of which the two builds of a view that there are have different states: the one that is
    /// read and the one that is built, or, after that has taken its place, the one that it has replaced. Looks
    /// at `limit` keys of each at most, and says after which key to go on; nothing, if those were all.
    ///
    /// Both go on meanwhile: for a comparison that means something, pause the projection.
    ///
    /// # Errors
    ///
    /// [`Invalid`](StoreErrorKind::Invalid) if there are no two builds, or if it is no view.
    pub async fn compare(
        &self,
        name: &str,
        after: &str,
        limit: usize,
    ) -> Result<(Vec<Difference>, Option<String>), StoreError> {
        let mut tx = self.models.begin().await?;
        let standing = books::find::<Standing>(&mut *tx, &books::part(name)).await?;
        let builds = standing.and_then(|standing| standing.entry.two());
        let [older, newer] = builds.ok_or_else(|| {
            let message = format!("there are no two builds of {name:?} to compare");
            StoreError::new(StoreErrorKind::Invalid, message)
        })?;
        let older = page(&mut *tx, name, older, after, limit).await?;
        let newer = page(&mut *tx, name, newer, after, limit).await?;
        drop(tx);
        // What is behind the shorter page was not looked at in both.
        let ends = [&older, &newer].map(|rows| rows.last().filter(|_| rows.len() >= limit));
        let end = ends.into_iter().flatten().map(|row| row.key.clone()).min();
        let is_seen = |row: &&TableRow| end.as_ref().is_none_or(|end| row.key <= *end);
        let mut states = std::collections::BTreeMap::<&str, [Option<&str>; 2]>::new();
        for row in older.iter().filter(is_seen) {
            states.entry(&row.key).or_default()[0] = Some(&row.state);
        }
        for row in newer.iter().filter(is_seen) {
            states.entry(&row.key).or_default()[1] = Some(&row.state);
        }
        let differing = states.into_iter().filter(|(_, [older, newer])| !are_same(*older, *newer));
        let differences = differing.map(|(key, [older, newer])| Difference {
            key: key.to_owned(),
            older: older.map(str::to_owned),
            newer: newer.map(str::to_owned),
        });
        Ok((differences.collect(), end))
    }
}

/// Whether two states say the same, in whatever order.
fn are_same(one: Option<&str>, other: Option<&str>) -> bool {
    let read = |text| serde_json::from_str::<serde_json::Value>(text).ok();
    let is_same = |(one, other)| match (read(one), read(other)) {
        (Some(one), Some(other)) => one == other,
        _ => false,
    };
    one == other || one.zip(other).is_some_and(is_same)
}

async fn page(
    tx: &mut dyn ModelTx,
    name: &str,
    build: Build,
    after: &str,
    limit: usize,
) -> Result<Vec<TableRow>, StoreError> {
    let table = Table::new(build.table(name), vec![])
        .ok_or_else(|| StoreError::new(StoreErrorKind::Invalid, format!("{name:?} is no view")))?;
    tx.scan(&table, after, limit).await
}
