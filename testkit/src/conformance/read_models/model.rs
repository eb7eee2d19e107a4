//! What a selection of rows is, in the simplest words: those that are meant, sorted and cut.

use std::cmp::Ordering;

use annals_core::{Place, Select, TableRow, Value};

/// The rows that `select` asks for; by keys, in the order of those.
pub fn selected(rows: &[TableRow], select: &Select) -> Vec<TableRow> {
    let mut rows = rows.to_vec();
    match select {
        Select::Keys(keys) => {
            rows.retain(|row| keys.contains(&row.key));
            sort(&mut rows, None, false);
        }
        Select::Page { conditions, order, is_descending, after, limit } => {
            rows.retain(|row| {
                conditions
                    .iter()
                    .all(|condition| condition.holds_for(&row.values[condition.column]))
            });
            sort(&mut rows, *order, *is_descending);
            if let Some(after) = after {
                rows.retain(|row| {
                    let order = compare(&place(row, *order), after);
                    order == if *is_descending { Ordering::Less } else { Ordering::Greater }
                });
            }
            rows.truncate(*limit);
        }
    }
    rows
}

/// Sorts rows by their places.
pub(super) fn sort(rows: &mut [TableRow], order: Option<usize>, is_descending: bool) {
    rows.sort_by(|a, b| {
        let order = compare(&place(a, order), &place(b, order));
        if is_descending { order.reverse() } else { order }
    });
}

/// Where a row stands.
pub(super) fn place(row: &TableRow, order: Option<usize>) -> Place {
    let value = order.map_or(Value::Null, |column| row.values[column].clone());
    Place { value, key: row.key.clone() }
}

fn compare(a: &Place, b: &Place) -> Ordering {
    let values =
        a.value.partial_cmp(&b.value).expect("a column has values of one kind, and no NaN");
    values.then_with(|| a.key.cmp(&b.key))
}
