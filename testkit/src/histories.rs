//! Arbitrary histories of a log, and whether a store agrees with the [`Model`] on them.

mod content;
mod step;

use std::{iter::once, sync::Arc};

use annals_core::{
    Appended, Envelope, Envelopes, EventStore, EventType, Filter, Position, Revision, Timestamp,
};
use futures::TryStreamExt;
use proptest::{
    collection::vec,
    prelude::{Strategy, TestCaseError},
    prop_assert_eq,
};

use crate::Model;

pub use step::Step;

/// Histories of some dozen appends to a few streams, accepted and refused, new and repeated.
pub fn histories() -> impl Strategy<Value = Vec<Step>> {
    vec(step::step(), 1..30)
}

/// Runs `history` on `store`, which must be empty, and on a [`Model`]. They have to give the same
/// answers after every step, and to hold the same in the end, wherever one begins to read.
///
/// # Errors
///
/// The first difference.
pub async fn agrees(store: &dyn EventStore, history: &[Step]) -> Result<(), TestCaseError> {
    let mut model = Model::default();
    let mut former = Vec::new();
    for step in history {
        let append = step.append(&model, &former);
        let expected = format!("{:?}", model.append(&append)); // Errors cannot be compared.
        let got = store.append(&append).await.map(|answer| Appended {
            recorded_at: Timestamp::UNIX_EPOCH, // The model knows no time.
            ..answer
        });
        let got = format!("{got:?}");
        prop_assert_eq!(expected, got, "the answer to {:#?}", append);
        former.push(append);
    }
    agree_on_streams(store, &model).await?;
    agree_on_log(store, &model).await
}

async fn agree_on_streams(store: &dyn EventStore, model: &Model) -> Result<(), TestCaseError> {
    for stream in &step::streams() {
        let end = model.revision(stream);
        for after in bounds(end.get()).map(|events| Revision::START.plus(events)) {
            let expected = model.read_stream(stream, after);
            agree(expected, store.read_stream(stream, after)).await?;
        }
        for event in model.read_log(Position::START, &Filter::All) {
            let located = store.locate(stream, event.id).await.map_err(failed)?;
            prop_assert_eq!(model.locate(stream, event.id), located);
        }
    }
    Ok(())
}

async fn agree_on_log(store: &dyn EventStore, model: &Model) -> Result<(), TestCaseError> {
    let one = |name| once(EventType::new(name)).collect();
    let all = content::TYPES.map(EventType::new).into_iter().collect();
    for filter in [Filter::All, one(content::TYPES[0]), all, one("missing")] {
        for after in bounds(model.head().get()).map(|events| Position::START.plus(events)) {
            let expected = model.read_log(after, &filter);
            agree(expected, store.read_log(after, filter.clone())).await?;
        }
    }
    Ok(())
}

/// Every bound from the start to one past the end.
fn bounds(end: i64) -> impl Iterator<Item = usize> {
    0..=usize::try_from(end).map_or(0, |end| end + 1)
}

async fn agree(
    expected: impl Iterator<Item = &Arc<Envelope>>,
    got: Envelopes<'_>,
) -> Result<(), TestCaseError> {
    let expected: Vec<Envelope> = expected.map(|event| timeless(event)).collect();
    let got: Vec<Envelope> =
        got.map_ok(|event| timeless(&event)).try_collect().await.map_err(failed)?;
    prop_assert_eq!(expected, got);
    Ok(())
}

/// An envelope as the model has it, which knows no time.
fn timeless(envelope: &Envelope) -> Envelope {
    Envelope { recorded_at: Timestamp::UNIX_EPOCH, ..envelope.clone() }
}

fn failed(error: impl std::error::Error) -> TestCaseError {
    TestCaseError::fail(format!("the store failed: {error}"))
}
