//! What every stored name must be like, checked the same way for streams, categories and events.

use std::fmt;

/// The longest a name may be, in bytes of UTF-8: 255, as file names and most brokers have it.
pub const MAX_NAME_BYTES: usize = 255;

/// A name that no store would keep. Fix the caller: nothing was asked of the store.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} {name:?} {flaw}")]
pub struct InvalidName {
    what: &'static str,
    name: String,
    flaw: Flaw,
}

impl InvalidName {
    pub(crate) fn new(what: &'static str, name: &str, flaw: Flaw) -> Self {
        Self { what, name: excerpt(name), flaw }
    }

    /// The name that was refused; only its beginning, if it was too long.
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// What can be wrong with a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flaw {
    Empty,
    TooLong { bytes: usize },
    ControlCharacter,
    Separator,
    NoSeparator,
}

impl Flaw {
    /// The sentence a `const fn` can panic with: it has no other way to say what is wrong.
    pub(crate) const fn sentence(self) -> &'static str {
        match self {
            Self::Empty => "must not be empty",
            Self::TooLong { .. } => "must not be longer than 255 bytes",
            Self::ControlCharacter => "must not contain control characters",
            Self::Separator => "must not contain ':', which separates a category from an id",
            Self::NoSeparator => "must be a category and an id with ':' between them",
        }
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.sentence())?;
        match self {
            Self::TooLong { bytes } => write!(f, " (it has {bytes})"),
            _ => Ok(()),
        }
    }
}

/// What is wrong with `name`, if anything. `const`, so that names in code are checked when compiled.
pub(crate) const fn flaw(name: &str) -> Option<Flaw> {
    let bytes = name.as_bytes();
    if bytes.is_empty() {
        return Some(Flaw::Empty);
    }
    if bytes.len() > MAX_NAME_BYTES {
        return Some(Flaw::TooLong { bytes: bytes.len() });
    }
    let mut at = 0;
    while at < bytes.len() {
        let ascii_control = bytes[at] < 0x20 || bytes[at] == 0x7f;
        // U+0080 to U+009F, the other control characters, are 0xC2 0x80 to 0xC2 0x9F in UTF-8.
        let c1_control = at > 0 && bytes[at - 1] == 0xc2 && bytes[at] < 0xa0;
        if ascii_control || c1_control {
            return Some(Flaw::ControlCharacter);
        }
        at += 1;
    }
    None
}

/// Enough of a name to recognise it by.
fn excerpt(name: &str) -> String {
    match name.char_indices().nth(80) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Flaw, InvalidName, MAX_NAME_BYTES, flaw};

    #[test]
    fn names_that_look_like_patterns_or_sql_are_fine() {
        for name in ["%", "_", "*", "'; drop table event; --", "a b", "naïve", "🦀", "\\", "\u{a0}"]
        {
            assert_eq!(flaw(name), None, "{name}");
        }
    }

    #[test]
    fn control_characters_are_refused_wherever_they_stand() {
        for name in ["\0", "a\n", "\u{7f}b", "a\u{80}", "\u{9f}", "a\u{85}b"] {
            assert_eq!(flaw(name), Some(Flaw::ControlCharacter), "{name:?}");
        }
    }

    #[test]
    fn a_name_may_be_255_bytes_long_and_no_longer() {
        assert_eq!(flaw(&"x".repeat(MAX_NAME_BYTES)), None);
        assert_eq!(flaw(&"x".repeat(256)), Some(Flaw::TooLong { bytes: 256 }));
    }

    #[test]
    fn an_error_shows_only_the_beginning_of_an_endless_name() {
        let name = "ä".repeat(5000);
        let error = InvalidName::new("stream", &name, Flaw::TooLong { bytes: 10_000 });
        assert!(error.to_string().len() < 300, "{error}");
        assert!(error.to_string().ends_with("(it has 10000)"), "{error}");
    }
}
