//! Names that were read lately, so that they are not checked and allocated anew for each event.

use std::sync::Arc;

use annals_core::{EventType, Metadata, StoreError, StreamId};

use crate::words::unreadable;

/// How many event types are remembered.
const MOST_TYPES: usize = 64;

/// What a reading remembers of the events that it has read. A name that is known is not even looked at as
/// text.
#[derive(Default)]
pub struct Names {
    types: Vec<EventType>,
    stream: Option<StreamId>,
    no_metadata: Arc<Metadata>,
}

impl Names {
    /// The type of that name.
    ///
    /// # Errors
    ///
    /// [`Unreadable`](annals_core::StoreErrorKind::Unreadable) if none can have it. So for the others.
    pub fn event_type(&mut self, name: &[u8]) -> Result<EventType, StoreError> {
        if let Some(known) = self.types.iter().find(|known| known.as_str().as_bytes() == name) {
            return Ok(known.clone());
        }
        let event_type = EventType::parse(text(name)?).map_err(unreadable)?;
        if self.types.len() < MOST_TYPES {
            self.types.push(event_type.clone());
        }
        Ok(event_type)
    }

    /// The stream of that name.
    pub fn stream(&mut self, name: &[u8]) -> Result<StreamId, StoreError> {
        match &self.stream {
            Some(stream) if stream.as_str().as_bytes() == name => Ok(stream.clone()),
            _ => {
                let stream = StreamId::parse(text(name)?).map_err(unreadable)?;
                self.stream = Some(stream.clone());
                Ok(stream)
            }
        }
    }

    /// The metadata in that JSON; `None` stands for none.
    pub fn metadata(&self, json: Option<&[u8]>) -> Result<Arc<Metadata>, StoreError> {
        match json {
            None => Ok(Arc::clone(&self.no_metadata)),
            Some(json) => Ok(Arc::new(Metadata::from_json(text(json)?).map_err(unreadable)?)),
        }
    }
}

fn text(bytes: &[u8]) -> Result<&str, StoreError> {
    str::from_utf8(bytes).map_err(unreadable)
}
