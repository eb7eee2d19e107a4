//! What areas, keys and texts of read models can be: seen to before anything is asked.

use annals_core::{StoreError, StoreErrorKind};

/// An area has 1 to 255 bytes, and so has the key of a row.
const LONGEST_NAME: usize = 255;

/// The key of a record has 1 to 1,500 bytes.
const LONGEST_KEY: usize = 1_500;

/// Whether there can be a record of that area and key.
pub(crate) fn check_record(area: &str, key: &str) -> Result<(), StoreError> {
    check_area(area)?;
    check_record_key(key)
}

pub(crate) fn check_area(area: &str) -> Result<(), StoreError> {
    check(area, LONGEST_NAME, "an area of records has 1 to 255 bytes and no control characters")
}

pub(crate) fn check_record_key(key: &str) -> Result<(), StoreError> {
    let message = "the key of a record has 1 to 1,500 bytes and no control characters";
    check(key, LONGEST_KEY, message)
}

pub(crate) fn check_row_key(key: &str) -> Result<(), StoreError> {
    let message = "the key of a row has 1 to 255 bytes and no control characters";
    check(key, LONGEST_NAME, message)
}

fn check(name: &str, longest: usize, message: &str) -> Result<(), StoreError> {
    let is_name = (1..=longest).contains(&name.len()) && !name.contains(char::is_control);
    is_name.then_some(()).ok_or_else(|| invalid(message))
}

/// Whether a text can be kept.
pub(crate) fn check_text(text: &str) -> Result<(), StoreError> {
    let message = "a text that is kept has no NUL in it";
    (!text.contains('\0')).then_some(()).ok_or_else(|| invalid(message))
}

pub(crate) fn invalid(message: &str) -> StoreError {
    StoreError::new(StoreErrorKind::Invalid, message)
}
