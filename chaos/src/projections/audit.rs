//! Whether read models are what a fold of the log makes, to the last byte.

use std::collections::BTreeMap;

use annals_core::{RecordIn, Select, Table, TableColumn, TableRow, Value, ValueKind};
use serde::Deserialize;

use crate::{
    Result,
    projections::{models::Account, place::Place},
};

/// How many findings of a kind are told. More are of no use.
const TOLD: usize = 5;

/// More rows than there are.
const MOST: usize = 10_000_000;

/// Which build is read, as it is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) struct Live {
    pub(crate) build: u32,
    pub(crate) version: u32,
}

/// What is wrong with a view.
pub(crate) async fn check_view(
    place: &Place,
    name: &str,
    accounts: &BTreeMap<String, Account>,
) -> Result<Vec<String>> {
    let content = place.models.record("live", name).await?.ok_or("there is no such view")?;
    let live: Live = serde_json::from_str(&content)?;
    let column = TableColumn { name: "cents".into(), kind: ValueKind::Integer, is_indexed: true };
    let table = Table::new(format!("{name}_{}", live.build), vec![column]);
    let table = table.ok_or("a view has a name that a table can have")?;
    let select = Select::Page {
        conditions: vec![],
        order: None,
        is_descending: false,
        after: None,
        limit: MOST,
    };
    let unchanged = RecordIn { area: "live", key: name, content: &content };
    let rows = place.models.rows(&table, &select, &unchanged).await?;
    let rows = rows.ok_or("the view has no table")?;
    let found = rows.into_iter().map(|row| (row.key.clone(), row)).collect();
    let expected = |(key, account): (&String, &Account)| {
        let account = Account { version: live.version, ..account.clone() };
        let state = serde_json::to_string(&account)?;
        let values = vec![Value::Integer(account.cents)];
        Ok((key.clone(), TableRow { key: key.clone(), state, values }))
    };
    let expected = accounts.iter().map(expected).collect::<Result<_>>()?;
    Ok(differences(name, &expected, &found))
}

/// What is wrong with the application's table.
pub(crate) async fn check_tally(
    place: &Place,
    accounts: &BTreeMap<String, Account>,
) -> Result<Vec<String>> {
    Ok(differences("tally", accounts, &place.read_tally().await?))
}

fn differences<T: PartialEq + std::fmt::Debug>(
    name: &str,
    expected: &BTreeMap<String, T>,
    found: &BTreeMap<String, T>,
) -> Vec<String> {
    let mut keys: Vec<_> = expected.keys().chain(found.keys()).collect();
    keys.sort_unstable();
    keys.dedup();
    keys.retain(|key| expected.get(*key) != found.get(*key));
    let tell = |key: &&String| {
        let (found, expected) = (found.get(*key), expected.get(*key));
        format!("{name}: {key} is {found:?}, and a fold makes {expected:?}")
    };
    let mut told: Vec<_> = keys.iter().take(TOLD).map(tell).collect();
    if keys.len() > TOLD {
        told.push(format!("{name}: {} keys of {} are wrong", keys.len(), expected.len()));
    }
    told
}
