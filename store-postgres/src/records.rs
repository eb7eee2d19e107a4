//! Reads records: on a connection by itself, or in a transaction with what that has written.

use annals_core::{Record, StoreError};

use crate::{
    connections::Lent,
    names::{check_area, check_record, check_text},
    rows::text,
    statements::Statements,
};

/// More than any key: of the last character there is, more than the longest key has.
const PAST_ALL_KEYS: usize = 376;

/// What a record says.
pub(crate) async fn find_record(
    lent: &mut Lent,
    statements: &Statements,
    area: &str,
    key: &str,
) -> Result<Option<String>, StoreError> {
    check_record(area, key)?;
    let query = sqlx::query(statements.find_record.clone()).bind(area).bind(key);
    let rows = lent.fetch_all(query).await?;
    rows.first().map(|row| text(row, 0)).transpose()
}

/// The records whose keys begin with `prefix` and come after `after`.
pub(crate) async fn find_records(
    lent: &mut Lent,
    statements: &Statements,
    area: &str,
    prefix: &str,
    after: &str,
    limit: usize,
) -> Result<Vec<Record>, StoreError> {
    check_area(area)?;
    check_text(prefix)?;
    check_text(after)?;
    let query = sqlx::query(statements.find_records.clone())
        .bind(area)
        .bind(prefix)
        .bind(past_prefix(prefix))
        .bind(after)
        .bind(i64::try_from(limit).unwrap_or(i64::MAX));
    let rows = lent.fetch_all(query).await?;
    rows.iter().map(|row| Ok(Record { key: text(row, 0)?, content: text(row, 1)? })).collect()
}

/// The least text, in the order of bytes, that is more than all that begin with `prefix`. That of bytes is
/// the order of characters, too.
pub(crate) fn past_prefix(prefix: &str) -> String {
    let mut rest = prefix.chars();
    while let Some(last) = rest.next_back() {
        // A range of characters leaves out the numbers that are none.
        if let Some(next) = (last..=char::MAX).nth(1) {
            return format!("{}{next}", rest.as_str());
        }
    }
    char::MAX.to_string().repeat(PAST_ALL_KEYS)
}

#[cfg(test)]
mod tests {
    use super::past_prefix;

    #[test]
    fn past_a_prefix_comes_what_does_not_begin_with_it() {
        for (prefix, past) in [
            ("a", "b"),
            ("a/", "a0"),
            ("a\u{7f}", "a\u{80}"),
            ("a\u{d7ff}", "a\u{e000}"),
            ("a\u{10ffff}", "b"),
            ("a\u{10ffff}\u{10ffff}", "b"),
        ] {
            assert_eq!(past_prefix(prefix), past);
            assert!(past > format!("{prefix}\u{10ffff}\u{10ffff}").as_str());
        }
    }

    #[test]
    fn past_nothing_comes_more_than_any_key() {
        for prefix in ["", "\u{10ffff}", "\u{10ffff}\u{10ffff}"] {
            assert!(past_prefix(prefix) > "\u{10ffff}".repeat(375));
        }
    }
}
