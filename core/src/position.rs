//! The two numbers that order events: within a stream, and over the whole log.

use std::fmt;

macro_rules! count {
    ($(#[$doc:meta])* $name:ident, $noun:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name(i64); // Never negative.

        impl $name {
            /// Before the first event.
            pub const START: Self = Self(0);

            #[doc = concat!("The ", $noun, " that a database or a user gave; `None` if negative.")]
            pub const fn new(number: i64) -> Option<Self> {
                if number < 0 { None } else { Some(Self(number)) }
            }

            /// The number as a database holds it: 0 is before the first event.
            pub const fn get(self) -> i64 {
                self.0
            }

            #[doc = concat!("The ", $noun, " after `events` more.")]
            ///
            /// # Panics
            ///
            /// If there were ever more events than an `i64` can count.
            #[must_use]
            pub fn plus(self, events: usize) -> Self {
                let sum = i64::try_from(events).ok().and_then(|events| self.0.checked_add(events));
                Self(sum.expect("a log never has more events than an i64 can count"))
            }

            #[doc = concat!("The ", $noun, " `events` earlier, at least [`START`](Self::START).")]
            #[must_use]
            pub fn minus(self, events: usize) -> Self {
                let events = i64::try_from(events).unwrap_or(i64::MAX);
                Self(self.0.saturating_sub(events).max(0))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

count! {
    /// How far a stream has come: the number of its events. [`START`](Self::START) is before the
    /// first. As a bound it is exclusive: reading `after` a revision gives what came later.
    Revision, "revision"
}

count! {
    /// A place in the log. Positions have no gaps and appear in order: once a reader has seen one,
    /// nothing ever appears at or below it. [`START`](Self::START) is before the first. As a bound
    /// it is exclusive: resuming is handing back what you last saw.
    Position, "position"
}

#[cfg(test)]
mod tests {
    use super::{Position, Revision};

    #[test]
    fn a_negative_number_is_no_revision() {
        assert_eq!(Revision::new(-1), None);
        assert_eq!(Revision::new(0), Some(Revision::START));
    }

    #[test]
    fn counting_back_ends_at_the_start() {
        assert_eq!(Position::START.plus(5).minus(2).get(), 3);
        assert_eq!(Position::START.plus(5).minus(9), Position::START);
    }
}
