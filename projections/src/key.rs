//! Which part of a read model an event concerns.

use std::fmt;

use annals_core::{Envelope, MAX_NAME_BYTES};

use crate::projection::Recorded;

/// Into how many slices the keys of a read model fall.
pub const SLICES: u16 = 1_024;

/// What an event of a projection is for: order is kept among the events of one key, so that keys can be worked
/// on side by side, and one can be set aside without the others.
///
/// A key is 1 to 255 bytes without control characters; an event with another one cannot be projected.
pub enum Keyed<E> {
    /// For its stream: the key is the whole name, such as `account:ada`.
    ByStream,
    /// For the thing that its stream is about: the key is the id alone, such as `ada`. Streams of several
    /// categories with one id have one key.
    ById,
    /// For what the event says: several keys, one, or none, in which case it concerns nobody. The function may
    /// depend on nothing else. An event that cannot be read then has no key that is known, and so it is never
    /// set aside: the projection halts.
    By(fn(&Recorded<E>) -> Vec<String>),
}

impl<E> Clone for Keyed<E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E> Copy for Keyed<E> {}

impl<E> fmt::Debug for Keyed<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ByStream => "ByStream",
            Self::ById => "ById",
            Self::By(_) => "By(..)",
        })
    }
}

/// An event is for a key that no read model can have.
#[derive(Debug, thiserror::Error)]
#[error("it is for the key {key:?}; a key has 1 to 255 bytes and no control characters")]
pub(crate) struct InvalidKey {
    key: String,
}

impl<E> Keyed<E> {
    /// The key of an event of which nothing but its envelope is known, if that is enough.
    pub(crate) fn of_envelope(&self, envelope: &Envelope) -> Option<String> {
        match self {
            Self::ByStream => Some(envelope.stream.as_str().to_owned()),
            Self::ById => Some(envelope.stream.id().to_owned()),
            Self::By(_) => None,
        }
    }

    /// The keys of an event, each once.
    pub(crate) fn of(&self, recorded: &Recorded<E>) -> Result<Vec<String>, InvalidKey> {
        let Self::By(keys) = self else {
            return Ok(self.of_envelope(&recorded.envelope).into_iter().collect());
        };
        let mut keys = keys(recorded);
        if keys.len() > 1 {
            keys.sort_unstable();
            keys.dedup();
        }
        match keys.iter().find(|key| !is_key(key)) {
            Some(key) => Err(InvalidKey { key: key.chars().take(80).collect() }),
            None => Ok(keys),
        }
    }
}

/// Whether it can be the key of anything.
pub(crate) fn is_key(key: &str) -> bool {
    (1..=MAX_NAME_BYTES).contains(&key.len()) && !key.chars().any(char::is_control)
}

/// The slice that a key falls into: by its FNV-1a hash of 64 bits (draft-eastlake-fnv), folded. It is never
/// changed: what is stored depends on it.
pub(crate) fn slice_of(key: &str) -> u16 {
    let hash = key.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    let folded = (hash ^ (hash >> 32)) % u64::from(SLICES);
    u16::try_from(folded).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{SLICES, slice_of};

    #[test]
    fn the_slice_of_a_key_is_for_ever_the_same() {
        assert_eq!(["", "ada", "account:ada", "Ä"].map(slice_of), [961, 290, 101, 293]);
    }

    #[test]
    fn keys_fall_into_all_slices_evenly() {
        let mut keys = vec![0_u32; usize::from(SLICES)];
        for n in 0..102_400 {
            keys[usize::from(slice_of(&format!("account:{n}")))] += 1;
        }
        let (least, most) = (keys.iter().min(), keys.iter().max());
        assert!(least > Some(&50) && most < Some(&160), "{least:?} to {most:?} of 100");
    }
}
