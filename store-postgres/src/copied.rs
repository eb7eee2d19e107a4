//! Queries whose rows are copied out, without the driver making rows of them (ADR 13).

use std::fmt::Write;

use annals_core::StoreError;
use annals_sql::unreadable;
use sqlx::{AssertSqlSafe, SqlSafeStr, SqlStr};

const COPY_OUT: &str = include_str!("../sql/copy_out.sql");

/// What every copy begins with: a signature, flags, and the length of nothing more.
/// Source: PostgreSQL's manual, "COPY", "Binary Format".
const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";

/// What every copy ends with, where the number of a row's columns would stand.
const END: &[u8] = &[0xff, 0xff];

/// `query` as a copy, with its arguments, `$1` and so on, written into it.
pub(crate) fn copy_out(query: &SqlStr, arguments: &[String]) -> SqlStr {
    let mut text = query.as_str().to_owned();
    for (argument, number) in arguments.iter().zip(1..) {
        text = text.replace(&format!("${number}"), argument);
    }
    AssertSqlSafe(COPY_OUT.replace("annals_query", &text)).into_sql_str()
}

/// A number as an argument.
pub(crate) fn number(number: i64) -> String {
    format!("({number})::bigint")
}

/// A text as an argument: in hexadecimal digits, so that nothing in it has to be quoted.
pub(crate) fn text(text: &str) -> String {
    let mut digits = String::with_capacity(2 * text.len());
    for byte in text.bytes() {
        // Writing to a string cannot fail.
        let _ = write!(digits, "{byte:02x}");
    }
    format!("convert_from(decode('{digits}', 'hex'), 'UTF8')")
}

/// Some texts as an argument.
pub(crate) fn texts(texts: &[String]) -> String {
    let texts: Vec<_> = texts.iter().map(|one| text(one)).collect();
    format!("ARRAY[{}]", texts.join(", "))
}

/// What a message of a copy has in it, without what copies begin and end with.
pub(crate) fn rows(message: &[u8], is_first: bool) -> Result<&[u8], StoreError> {
    let rows = match is_first {
        true => message.strip_prefix(HEADER),
        false => Some(message),
    };
    let rows = rows.ok_or_else(|| unreadable("a copy does not begin as copies do"))?;
    Ok(if rows == END { &[] } else { rows })
}

/// The number in that column of a row, of which all before it are numbers, too; `None` if it is null.
pub(crate) fn leading_number(row: &[u8], column: usize) -> Result<Option<i64>, StoreError> {
    let start = size_of::<i16>() + column * (size_of::<i32>() + size_of::<i64>());
    let mut rest = row.get(start..).unwrap_or_default();
    let number = take_column(&mut rest).ok_or_else(cut_short)?;
    number.map(|bytes| bytes.try_into().map(i64::from_be_bytes).map_err(unreadable)).transpose()
}

/// A row as it was copied out. A column is `None` if it is null.
pub(crate) struct CopiedRow<'c, const N: usize> {
    /// The first of its columns. There may be more, which nobody here wants.
    pub(crate) columns: [Option<&'c [u8]>; N],
}

impl<'c, const N: usize> CopiedRow<'c, N> {
    /// The row at the beginning of `rows`, which then begin with the next.
    pub(crate) fn take(rows: &mut &'c [u8]) -> Result<Self, StoreError> {
        let count = take_array(rows).ok_or_else(cut_short)?;
        let more = usize::try_from(i16::from_be_bytes(count)).ok().and_then(|n| n.checked_sub(N));
        let more = more.ok_or_else(|| unreadable("a row lacks columns that were asked for"))?;
        let mut columns = [None; N];
        for column in &mut columns {
            *column = take_column(rows).ok_or_else(cut_short)?;
        }
        for _ in 0..more {
            take_column(rows).ok_or_else(cut_short)?;
        }
        Ok(Self { columns })
    }
}

/// The column at the beginning of `rest`, or `Some(None)` if it is null.
#[inline]
#[expect(clippy::option_option, reason = "one is for null, the other for bytes that are missing")]
fn take_column<'c>(rest: &mut &'c [u8]) -> Option<Option<&'c [u8]>> {
    let Ok(length) = usize::try_from(i32::from_be_bytes(take_array(rest)?)) else {
        return Some(None);
    };
    let (column, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some(Some(column))
}

#[inline]
fn take_array<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (array, after) = rest.split_first_chunk()?;
    *rest = after;
    Some(*array)
}

#[cold]
fn cut_short() -> StoreError {
    unreadable("a row ends before its last column")
}

#[cfg(test)]
mod tests {
    use sqlx::SqlSafeStr;

    use super::{CopiedRow, END, HEADER, copy_out, number, rows, text, texts};

    #[test]
    fn arguments_are_written_into_the_query() {
        let query = "SELECT $1, $2 -- $3".into_sql_str();
        let copy = copy_out(&query, &[number(-7), text("a'b"), texts(&["é".into()])]);
        let a = "convert_from(decode('612762', 'hex'), 'UTF8')";
        let e = "ARRAY[convert_from(decode('c3a9', 'hex'), 'UTF8')]";
        let expected = format!("SELECT (-7)::bigint, {a} -- {e}");
        assert!(copy.as_str().contains(&expected), "{}", copy.as_str());
    }

    #[test]
    fn rows_are_cut_into_their_columns() {
        let message = [HEADER, b"\0\x02\0\0\0\x02ab\xff\xff\xff\xff", b"\0\x02\0\0\0\0\0\0\0\x01c"];
        let message = message.concat();
        let mut rest = rows(&message, true).unwrap();
        let first = CopiedRow::<2>::take(&mut rest).unwrap();
        let second = CopiedRow::<2>::take(&mut rest).unwrap();
        assert_eq!(first.columns, [Some(&b"ab"[..]), None]);
        assert_eq!(second.columns, [Some(&b""[..]), Some(&b"c"[..])]);
        assert!(rest.is_empty());
    }

    #[test]
    fn the_header_and_the_end_are_no_rows() {
        assert!(rows(HEADER, true).unwrap().is_empty());
        assert!(rows(END, false).unwrap().is_empty());
    }

    #[test]
    fn what_is_cut_short_is_an_error() {
        assert!(rows(b"PGCOPY", true).is_err());
        for row in [&b"\0\x01\0\0\0\x02a"[..], b"\0\x01\0\0", b"\0", b"\0\x02\0\0\0\0"] {
            assert!(CopiedRow::<1>::take(&mut &*row).is_err(), "{row:?}");
        }
    }
}
