//! Which rows are selected, in which order.

use std::cmp::Ordering;

use annals_core::{Select, StoreError, StoreErrorKind, TableColumn, TableRow, Value};

use crate::changes::Map;

/// The rows that `select` asks for, with what is in the columns that are `asked` for: some of those that there
/// `are`, in an order of their own, which is the one that `select` counts in.
pub(crate) fn selected(
    rows: &Map<TableRow>,
    are: &[TableColumn],
    asked: &[TableColumn],
    select: &Select,
) -> Result<Vec<TableRow>, StoreError> {
    let mut places = Vec::with_capacity(asked.len());
    for column in asked {
        let place = are.iter().position(|its| its.name == column.name && its.kind == column.kind);
        let missing = || {
            let message = format!("there is no column {} of that kind", column.name);
            StoreError::new(StoreErrorKind::Invalid, message)
        };
        places.push(place.ok_or_else(missing)?);
    }
    let select = translated(select, &places);
    let mut found = found(rows, &select);
    for row in &mut found {
        row.values = places.iter().map(|place| value(row, Some(*place)).clone()).collect();
    }
    Ok(found)
}

/// The same, counting in the columns that there are.
fn translated(select: &Select, places: &[usize]) -> Select {
    let mut select = select.clone();
    // What is out of range stays so: there is nothing.
    let place = |column: usize| places.get(column).copied().unwrap_or(usize::MAX);
    if let Select::Page { conditions, order, .. } = &mut select {
        conditions.iter_mut().for_each(|it| it.column = place(it.column));
        *order = order.map(place);
    }
    select
}

fn found(rows: &Map<TableRow>, select: &Select) -> Vec<TableRow> {
    match select {
        Select::Keys(keys) => keys.iter().filter_map(|key| rows.get(key)).cloned().collect(),
        Select::Page { conditions, order, is_descending, after, limit } => {
            let compare = |one: Place<'_>, other: Place<'_>| {
                let ordering = compare(one, other);
                if *is_descending { ordering.reverse() } else { ordering }
            };
            let after = after.as_ref().map(|place| (&place.value, place.key.as_str()));
            let is_meant = |row: &&TableRow| {
                let holds = conditions.iter().all(|it| it.holds_for(value(row, Some(it.column))));
                holds && after.is_none_or(|after| compare(place(row, *order), after).is_gt())
            };
            let mut rows: Vec<_> = rows.values().filter(is_meant).collect();
            rows.sort_by(|row, other| compare(place(row, *order), place(other, *order)));
            rows.into_iter().take(*limit).cloned().collect()
        }
    }
}

/// Where a row stands: what it is ordered by, and its key.
type Place<'a> = (&'a Value, &'a str);

fn compare(one: Place<'_>, other: Place<'_>) -> Ordering {
    // The values of a column are of one kind, and its numbers are finite: each is before another or not.
    one.0.partial_cmp(other.0).unwrap_or(Ordering::Equal).then_with(|| one.1.cmp(other.1))
}

fn place(row: &TableRow, order: Option<usize>) -> Place<'_> {
    (value(row, order), &row.key)
}

fn value(row: &TableRow, column: Option<usize>) -> &Value {
    column.and_then(|column| row.values.get(column)).unwrap_or(&Value::Null)
}
