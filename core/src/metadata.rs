//! What is known of an event beside its content.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::{envelope::Envelope, event::EventId};

/// Where an event came from and what it belongs to. All of it is optional.
///
/// Texts may hold any characters; a store keeps them as they are. Together they are limited to
/// [`MAX_METADATA_BYTES`](crate::MAX_METADATA_BYTES).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Metadata {
    /// Shared by everything that follows from one beginning. If there is none, the event is a
    /// beginning: see [`Envelope::correlation_id`].
    pub correlation_id: Option<Uuid>,
    /// The event that caused this one.
    pub causation_id: Option<EventId>,
    /// The program or service that wrote it.
    pub source: Option<String>,
    /// The person or process on whose behalf.
    pub actor: Option<String>,
    /// The tenant it belongs to.
    pub tenant: Option<String>,
    /// The `traceparent` of W3C Trace Context.
    pub traceparent: Option<String>,
    /// The `tracestate` of W3C Trace Context.
    pub tracestate: Option<String>,
    /// What the application adds.
    pub extra: BTreeMap<String, String>,
}

impl Metadata {
    /// These metadata, for an event caused by `cause`: it goes on with the same correlation.
    #[must_use]
    pub fn caused_by(mut self, cause: &Envelope) -> Self {
        self.correlation_id = Some(cause.correlation_id());
        self.causation_id = Some(cause.id);
        self
    }

    /// The bytes of all its texts, keys included.
    pub fn text_bytes(&self) -> usize {
        let texts = [&self.source, &self.actor, &self.tenant, &self.traceparent, &self.tracestate];
        let known: usize = texts.into_iter().flatten().map(String::len).sum();
        let extra: usize = self.extra.iter().map(|(key, value)| key.len() + value.len()).sum();
        known + extra
    }
}
