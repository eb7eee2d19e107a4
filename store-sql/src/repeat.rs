//! The answer to an append of which something is recorded already.

use annals_core::{
    Append, AppendError, Appended, Last, NewEvent, Position, Revision, StoreError, StoreErrorKind,
    StreamAppend, StreamId, Timestamp,
};

use crate::{group::Answer, words::unreadable};

/// Where an event of an append is recorded.
pub struct Recorded {
    /// Which event of the append it is, counted from 0.
    pub index: usize,
    /// The stream that has it.
    pub stream: String,
    /// Where in that stream.
    pub revision: Revision,
    /// Where in the log.
    pub position: Position,
    /// When it was recorded.
    pub recorded_at: Timestamp,
}

/// The answer that `append` got when it was recorded, if all of it was, together and in order, and
/// its expectations held just before; else which of its events is in the way.
///
/// `recorded` are its events that are recorded, in their order; `ends` what each of its streams ended
/// with where [`ends_before`] says, and nothing if that says nothing.
///
/// # Errors
///
/// [`Unreadable`](StoreErrorKind::Unreadable) if nothing is recorded, or under a name that none can have.
pub fn original_answer(
    append: &Append,
    recorded: &[Recorded],
    ends: Option<&[Option<Last>]>,
) -> Result<Answer, StoreError> {
    let Some(first) = recorded.first() else {
        let message = "an event of an append was there, and is not any more";
        return Err(StoreError::new(StoreErrorKind::Unreadable, message));
    };
    Ok(match ends.and_then(|ends| repeated(append, recorded, ends)) {
        Some(appended) => Ok(appended),
        None => Err(duplicate(append, first)?),
    })
}

/// How far each stream was just before the append, if it is recorded as it is asked: all of it, in its
/// streams, and with nothing between. A stream that is only checked is taken as it is now: it is as far
/// as can be.
pub fn ends_before(append: &Append, recorded: &[Recorded]) -> Option<Vec<i64>> {
    let streams = append.streams().iter();
    let asked = streams.flat_map(|part| part.events.iter().map(|_| part.stream.as_str()));
    let first = recorded.first()?.position;
    let is_in_place = |((event, stream), n): ((&Recorded, &str), usize)| {
        event.stream == stream && event.position == first.plus(n)
    };
    let is_whole = append.events().count() == recorded.len();
    if !is_whole || !recorded.iter().zip(asked).zip(0..).all(is_in_place) {
        return None;
    }
    let mut events = recorded.iter();
    let before = |part: &StreamAppend| {
        let first = events.by_ref().take(part.events.len()).reduce(|first, _| first);
        first.map_or(i64::MAX, |first| first.revision.minus(1).get())
    };
    Some(append.streams().iter().map(before).collect())
}

/// The original answer, if the expectations held for `ends`: what the streams ended with before.
fn repeated(append: &Append, recorded: &[Recorded], ends: &[Option<Last>]) -> Option<Appended> {
    let last = recorded.last()?;
    let revision = |(part, end): (&StreamAppend, &Option<Last>)| {
        let is_met = part.events.is_empty() || part.expected.allows(*end);
        is_met.then(|| Last::revision_of(*end).plus(part.events.len()))
    };
    let revisions: Option<_> = append.streams().iter().zip(ends).map(revision).collect();
    let (position, recorded_at) = (last.position, last.recorded_at);
    Some(Appended { revisions: revisions?, position, recorded_at, repeated: true })
}

fn duplicate(append: &Append, recorded: &Recorded) -> Result<AppendError, StoreError> {
    let event = append.events().nth(recorded.index);
    let id = event.map(NewEvent::id).expect("only its events were asked for");
    let stream = StreamId::parse(&recorded.stream).map_err(unreadable)?;
    Ok(AppendError::Duplicate { id, stream, revision: recorded.revision })
}
