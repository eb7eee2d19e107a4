//! Streams and how they are named.

use std::{fmt, marker::PhantomData, sync::Arc};

use crate::name::{Flaw, InvalidName, flaw};

/// Stands between the category and the id in the name of a stream.
const SEPARATOR: char = ':';

/// What streams of a kind share: `account` in `account:ada`.
///
/// ```
/// # use annals_core::Category;
/// const ACCOUNT: Category = Category::new("account");
/// ```
///
/// A name that could not be stored does not compile:
///
/// ```compile_fail
/// # use annals_core::Category;
/// const ACCOUNT: Category = Category::new("account:eu");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Category(&'static str);

impl Category {
    /// A category of that name: not empty, at most 255 bytes together with the id and the
    /// separator, no control characters and no `:`.
    ///
    /// # Panics
    ///
    /// If the name is none of that. In a `const` this is an error of the compiler.
    pub const fn new(name: &'static str) -> Self {
        match category_flaw(name) {
            None => Self(name),
            Some(flaw) => panic!("{}", flaw.sentence()),
        }
    }

    /// The name as it is stored.
    pub const fn as_str(&self) -> &'static str {
        self.0
    }
}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

const fn category_flaw(name: &str) -> Option<Flaw> {
    if let Some(flaw) = flaw(name) {
        return Some(flaw);
    }
    let bytes = name.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] == b':' {
            return Some(Flaw::Separator);
        }
        at += 1;
    }
    None
}

/// The name of a stream: a category, `:`, and an id, at most 255 bytes in all.
///
/// The first `:` ends the category, so an id may contain more of them. Cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId(Arc<str>);

impl StreamId {
    /// The stream of `category` with that id.
    ///
    /// # Errors
    ///
    /// [`InvalidName`] if the id is empty, has control characters, or makes the whole longer than
    /// 255 bytes.
    pub fn new(category: Category, id: impl fmt::Display) -> Result<Self, InvalidName> {
        Self::parse(&format!("{category}{SEPARATOR}{id}"))
    }

    /// The stream of that full name, as [`as_str`](Self::as_str) gives it.
    ///
    /// # Errors
    ///
    /// [`InvalidName`] if the name has no `:`, nothing before or after it, control characters, or
    /// more than 255 bytes.
    pub fn parse(name: &str) -> Result<Self, InvalidName> {
        let invalid = |flaw| Err(InvalidName::new("stream", name, flaw));
        if let Some(flaw) = flaw(name) {
            return invalid(flaw);
        }
        match name.split_once(SEPARATOR) {
            None => invalid(Flaw::NoSeparator),
            Some(("", _) | (_, "")) => invalid(Flaw::Empty),
            Some(_) => Ok(Self(name.into())),
        }
    }

    /// The full name as it is stored: `account:ada`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands before the first `:`.
    pub fn category(&self) -> &str {
        self.halves().0
    }

    /// What stands after the first `:`.
    pub fn id(&self) -> &str {
        self.halves().1
    }

    fn halves(&self) -> (&str, &str) {
        self.0.split_once(SEPARATOR).expect("a stream id is made with a separator in it")
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// A stream that is known to be about an `A`: what [`Aggregate::stream`](crate::Aggregate::stream)
/// gives.
///
/// It carries its aggregate's type, so a command for another kind of stream does not compile. The id
/// may have come from a user, so a name that no store would keep is remembered here and reported by
/// whatever uses the stream, before the store is asked for anything.
pub struct Stream<A> {
    id: Result<StreamId, InvalidName>,
    aggregate: PhantomData<fn() -> A>,
}

impl<A> Stream<A> {
    pub(crate) fn new(category: Category, id: impl fmt::Display) -> Self {
        Self { id: StreamId::new(category, id), aggregate: PhantomData }
    }

    /// The stream's name.
    ///
    /// # Errors
    ///
    /// [`InvalidName`] if the id it was made from makes no name that a store would keep.
    pub fn id(&self) -> Result<&StreamId, InvalidName> {
        self.id.as_ref().map_err(InvalidName::clone)
    }
}

// Derived, these would ask the same of `A`, of which there is none in here.
impl<A> Clone for Stream<A> {
    fn clone(&self) -> Self {
        Self { id: self.id.clone(), aggregate: PhantomData }
    }
}

impl<A> fmt::Debug for Stream<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Stream").field(&self.id).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::{Category, StreamId};

    #[test]
    fn the_first_separator_ends_the_category() {
        let stream = StreamId::parse("account:eu:ada").unwrap();
        assert_eq!((stream.category(), stream.id()), ("account", "eu:ada"));
    }

    #[test]
    fn half_a_name_is_refused() {
        for name in ["", "account", ":", "account:", ":ada"] {
            assert!(StreamId::parse(name).is_err(), "{name:?}");
        }
    }

    #[test]
    fn an_id_from_a_user_is_checked_and_the_error_names_it() {
        let error = StreamId::new(Category::new("account"), "ada\nbob").unwrap_err();
        assert_eq!(
            error.to_string(),
            r#"stream "account:ada\nbob" must not contain control characters"#
        );
    }

    #[test]
    #[should_panic(expected = "must not contain ':'")]
    fn a_category_with_the_separator_in_it_is_refused() {
        let _ = Category::new("account:eu");
    }
}
