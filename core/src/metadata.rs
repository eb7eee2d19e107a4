//! What is known of an event beside its content.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{envelope::Envelope, event::EventId};

/// Where an event came from and what it belongs to. All of it is optional.
///
/// Texts may hold any characters; a store keeps them as they are. Together they are limited to
/// [`MAX_METADATA_BYTES`](crate::MAX_METADATA_BYTES).
///
/// Its stored form is a JSON object with those of the fields that are there, under their names.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Metadata {
    /// Shared by everything that follows from one beginning. If there is none, the event is a
    /// beginning: see [`Envelope::correlation_id`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub correlation_id: Option<Uuid>,
    /// The event that caused this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub causation_id: Option<EventId>,
    /// The program or service that wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The person or process on whose behalf.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// The tenant it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// The `traceparent` of W3C Trace Context.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
    /// The `tracestate` of W3C Trace Context.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tracestate: Option<String>,
    /// What the application adds.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
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

    /// Its stored form, for a store; `None` if there is nothing to store.
    pub fn to_json(&self) -> Option<String> {
        // What is compared first is what is nearly always there.
        let is_empty = self.correlation_id.is_none() && *self == Self::default();
        let json = || serde_json::to_string(self).expect("texts and ids can always be written");
        (!is_empty).then(json)
    }

    /// The metadata that were stored in that form.
    ///
    /// # Errors
    ///
    /// [`serde_json::Error`] if it is none. What a newer program added to it is left out.
    pub fn from_json(json: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(json)
    }

    /// The bytes of all its texts, keys included.
    pub fn text_bytes(&self) -> usize {
        let texts = [&self.source, &self.actor, &self.tenant, &self.traceparent, &self.tracestate];
        let known: usize = texts.into_iter().flatten().map(String::len).sum();
        let extra: usize = self.extra.iter().map(|(key, value)| key.len() + value.len()).sum();
        known + extra
    }
}
