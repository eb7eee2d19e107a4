//! The content of an event, as the application gave it.

use std::fmt;

use bytes::Bytes;
use bytestring::ByteString;

/// What a store keeps of an event or a snapshot and never looks into. Cheap to clone.
///
/// It may be any bytes whatever. What was given as text is known to be text, so that reading it need
/// not find that out again; for a store, and in comparisons, the two are the same.
#[derive(Clone)]
pub struct Payload(Content);

#[derive(Clone)]
enum Content {
    Text(ByteString),
    Bytes(Bytes),
}

impl Payload {
    /// The number of bytes.
    pub fn len(&self) -> usize {
        self.as_bytes().len()
    }

    /// Whether there are no bytes at all.
    pub fn is_empty(&self) -> bool {
        self.as_bytes().is_empty()
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Content::Text(text) => text.as_bytes(),
            Content::Bytes(bytes) => bytes,
        }
    }

    /// The text, if it is any. Free if it was given as text.
    pub fn as_text(&self) -> Option<&str> {
        match &self.0 {
            Content::Text(text) => Some(text),
            Content::Bytes(bytes) => std::str::from_utf8(bytes).ok(),
        }
    }
}

impl Default for Payload {
    fn default() -> Self {
        Self::from("")
    }
}

impl PartialEq for Payload {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for Payload {}

impl From<String> for Payload {
    fn from(text: String) -> Self {
        Self(Content::Text(text.into()))
    }
}

impl From<&'static str> for Payload {
    fn from(text: &'static str) -> Self {
        Self(Content::Text(ByteString::from_static(text)))
    }
}

impl From<Vec<u8>> for Payload {
    fn from(bytes: Vec<u8>) -> Self {
        Self(Content::Bytes(bytes.into()))
    }
}

impl From<Bytes> for Payload {
    fn from(bytes: Bytes) -> Self {
        Self(Content::Bytes(bytes))
    }
}

impl fmt::Debug for Payload {
    /// The bytes as text, cut after 200 of them: payloads end up in the output of failed tests.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.as_bytes();
        let shown = &bytes[..bytes.len().min(200)];
        write!(f, "`{}`", shown.escape_ascii())?;
        if shown.len() < bytes.len() { write!(f, "… {} bytes", bytes.len()) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::Payload;

    #[test]
    fn text_and_bytes_with_the_same_content_are_equal() {
        assert_eq!(Payload::from("{}"), Payload::from(b"{}".to_vec()));
        assert_eq!(Payload::from(b"{}".to_vec()).as_text(), Some("{}"));
        assert_eq!(Payload::from(vec![0xff]).as_text(), None);
    }

    #[test]
    fn a_long_payload_is_shown_by_its_beginning() {
        let shown = format!("{:?}", Payload::from(vec![b'x'; 5_000]));
        assert!(shown.len() < 250 && shown.ends_with("… 5000 bytes"), "{shown}");
    }
}
