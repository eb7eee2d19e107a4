//! An event with all that is known about it: before it is recorded, and after.

use std::sync::Arc;

use uuid::Uuid;

use crate::{
    clock::Timestamp,
    event::{DecodeError, Event, EventId, EventType, SchemaVersion},
    invalid::{Invalid, MAX_METADATA_BYTES, MAX_PAYLOAD_BYTES},
    metadata::Metadata,
    payload::Payload,
    position::{Position, Revision},
    stream::StreamId,
};

/// An event on its way into a store. Whatever exists as one, a store can keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    id: EventId,
    event_type: EventType,
    schema_version: SchemaVersion,
    payload: Payload,
    metadata: Arc<Metadata>,
}

impl NewEvent {
    /// An event of those parts.
    ///
    /// # Errors
    ///
    /// [`Invalid`] if the payload is larger than [`MAX_PAYLOAD_BYTES`] or the metadata than
    /// [`MAX_METADATA_BYTES`].
    pub fn new(
        id: EventId,
        event_type: EventType,
        schema_version: SchemaVersion,
        payload: Payload,
        metadata: impl Into<Arc<Metadata>>,
    ) -> Result<Self, Invalid> {
        let metadata = metadata.into();
        if payload.len() > MAX_PAYLOAD_BYTES {
            return Err(Invalid::PayloadTooLarge { event_type, bytes: payload.len() });
        }
        let bytes = metadata.text_bytes();
        if bytes > MAX_METADATA_BYTES {
            return Err(Invalid::MetadataTooLarge { event_type, bytes });
        }
        Ok(Self { id, event_type, schema_version, payload, metadata })
    }

    /// `event`, written down.
    ///
    /// # Errors
    ///
    /// [`Invalid`] if its content cannot be written, or is too large.
    pub fn encode<E: Event>(
        id: EventId,
        event: &E,
        metadata: impl Into<Arc<Metadata>>,
    ) -> Result<Self, Invalid> {
        Self::new(id, event.event_type(), event.schema_version(), event.encode()?, metadata)
    }

    /// The event as it will be read back.
    ///
    /// # Errors
    ///
    /// [`Invalid::Unreadable`] if it will not be.
    pub fn read_back<E: Event>(&self) -> Result<E, Invalid> {
        let unreadable =
            |source| Invalid::Unreadable { event_type: self.event_type.clone(), source };
        match E::decode(self.event_type.as_str(), self.schema_version, &self.payload) {
            Ok(Some(event)) => Ok(event),
            Ok(None) => Err(unreadable(None)),
            Err(error) => Err(unreadable(Some(error))),
        }
    }

    /// What tells it from every other event.
    pub fn id(&self) -> EventId {
        self.id
    }

    /// The stored name of what happened.
    pub fn event_type(&self) -> &EventType {
        &self.event_type
    }

    /// The shape of the payload.
    pub fn schema_version(&self) -> SchemaVersion {
        self.schema_version
    }

    /// The content.
    pub fn payload(&self) -> &Payload {
        &self.payload
    }

    /// What is known beside the content.
    pub fn metadata(&self) -> &Arc<Metadata> {
        &self.metadata
    }

    /// What it takes of [`MAX_APPEND_BYTES`](crate::MAX_APPEND_BYTES): the bytes of its payload and
    /// of the texts in its metadata.
    pub fn bytes(&self) -> usize {
        self.payload.len() + self.metadata.text_bytes()
    }
}

/// An event as it was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// What tells it from every other event.
    pub id: EventId,
    /// The stream it is part of.
    pub stream: StreamId,
    /// How far that stream was with it.
    pub revision: Revision,
    /// Its place in the log.
    pub position: Position,
    /// The stored name of what happened.
    pub event_type: EventType,
    /// The shape of the payload.
    pub schema_version: SchemaVersion,
    /// The content.
    pub payload: Payload,
    /// When the store recorded it, by the store's clock. No order follows from it.
    pub recorded_at: Timestamp,
    /// What is known beside the content.
    pub metadata: Arc<Metadata>,
}

impl Envelope {
    /// The event inside, if `E` knows events of that name.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] if `E` knows the name and cannot read the content.
    pub fn decode<E: Event>(&self) -> Result<Option<E>, DecodeError> {
        E::decode(self.event_type.as_str(), self.schema_version, &self.payload)
    }

    /// What it shares with everything that followed from the same beginning: the correlation id in
    /// its metadata, or its own id, if it is the beginning.
    pub fn correlation_id(&self) -> Uuid {
        self.metadata.correlation_id.unwrap_or(self.id.0)
    }
}
