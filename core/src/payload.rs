//! The bytes of an event, as the application gave them.

use std::fmt;

use bytes::Bytes;

/// What a store keeps of an event or a snapshot and never looks into. Cheap to clone.
///
/// The derived [`Event`](crate::Event) writes JSON; a store must keep any bytes whatever.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Payload(Bytes);

impl Payload {
    /// The number of bytes.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no bytes at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl From<Vec<u8>> for Payload {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes.into())
    }
}

impl From<&'static str> for Payload {
    fn from(text: &'static str) -> Self {
        Self(Bytes::from_static(text.as_bytes()))
    }
}

impl From<Bytes> for Payload {
    fn from(bytes: Bytes) -> Self {
        Self(bytes)
    }
}

impl fmt::Debug for Payload {
    /// The bytes as text, cut after 200 of them: payloads end up in the output of failed tests.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = &self.0[..self.0.len().min(200)];
        write!(f, "`{}`", shown.escape_ascii())?;
        if shown.len() < self.0.len() { write!(f, "… {} bytes", self.0.len()) } else { Ok(()) }
    }
}
