//! Broken stores are caught: for each way to break, the rule that says so.

use std::{collections::HashSet, sync::Mutex};

use annals_core::{
    Append, AppendError, Appended, Clock, Envelopes, EventId, EventStore, Expected, Filter,
    NewEvent, Payload, Position, Revision, StoreError, StreamId, SystemClock,
};
use annals_testkit::conformance::event_store::{
    appending, cancelling, filtering, keeping, naming, racing, reading, repeating, waiting,
};
use async_trait::async_trait;
use futures::{StreamExt, TryStreamExt, future::ready, stream};
use tokio::task::yield_now;

use crate::{
    broken::{Flaw, assert_caught, assert_caught_by_a_history, changed, of_parts},
    model_store::ModelStore,
};

/// Of several streams it records only the first.
struct RecordsHalf;

#[async_trait]
impl Flaw for RecordsHalf {
    async fn append(&self, store: &ModelStore, append: &Append) -> Result<Appended, AppendError> {
        let answer = store.model().clone().append(append)?;
        store.append(&of_parts(append.streams()[..1].to_vec())).await?;
        Ok(answer)
    }
}

#[test]
fn a_store_that_records_half_is_caught() {
    assert_caught(RecordsHalf, appending::an_append_to_several_streams_is_recorded_whole);
}

/// It records one stream after the other.
struct RecordsPiecemeal;

#[async_trait]
impl Flaw for RecordsPiecemeal {
    async fn append(&self, store: &ModelStore, append: &Append) -> Result<Appended, AppendError> {
        let answer = store.model().clone().append(append)?;
        for part in append.streams() {
            store.append(&of_parts(vec![part.clone()])).await?;
            yield_now().await;
        }
        Ok(answer)
    }
}

#[test]
fn a_store_that_records_piecemeal_is_caught() {
    assert_caught(RecordsPiecemeal, cancelling::a_dropped_append_is_recorded_whole_or_not_at_all);
    assert_caught(RecordsPiecemeal, racing::a_reader_never_sees_a_part_of_an_append);
}

/// It takes every expectation for `Any`.
struct ExpectsNothing;

#[async_trait]
impl Flaw for ExpectsNothing {
    async fn append(&self, store: &ModelStore, append: &Append) -> Result<Appended, AppendError> {
        store.append(&changed(append, |part| part.expected = Expected::Any)).await
    }
}

#[test]
fn a_store_that_expects_nothing_is_caught() {
    assert_caught(ExpectsNothing, appending::every_expectation_is_held_against_a_live_stream);
    assert_caught(ExpectsNothing, appending::an_append_of_no_events_is_checked);
    assert_caught(
        ExpectsNothing,
        repeating::an_append_repeated_under_an_expectation_that_did_not_hold_is_a_duplicate,
    );
}

/// It checks in one transaction, and records in another.
struct ChecksApart;

#[async_trait]
impl Flaw for ChecksApart {
    async fn append(&self, store: &ModelStore, append: &Append) -> Result<Appended, AppendError> {
        store.model().clone().append(append)?;
        yield_now().await;
        store.append(&changed(append, |part| part.expected = Expected::Any)).await
    }
}

#[test]
fn a_store_that_checks_apart_is_caught() {
    assert_caught(ChecksApart, racing::of_many_appends_at_one_revision_exactly_one_wins);
    assert_caught(ChecksApart, racing::of_two_appends_that_check_each_others_streams_one_wins);
}

/// It records what is recorded already once more, under other ids.
struct RecordsTwice;

#[async_trait]
impl Flaw for RecordsTwice {
    async fn append(&self, store: &ModelStore, append: &Append) -> Result<Appended, AppendError> {
        let answer = store.append(append).await?;
        if answer.repeated {
            let anew = changed(append, |part| {
                part.expected = Expected::Any;
                part.events = part.events.iter().map(under_another_id).collect();
            });
            store.append(&anew).await?;
        }
        Ok(answer)
    }
}

#[test]
fn a_store_that_records_twice_is_caught() {
    assert_caught(RecordsTwice, repeating::an_append_repeated_is_answered_as_at_first);
    assert_caught(RecordsTwice, repeating::an_append_sent_many_times_at_once_is_recorded_once);
    assert_caught(RecordsTwice, cancelling::a_dropped_append_can_be_repeated);
}

/// It leaves out the events that are recorded already: `ON CONFLICT DO NOTHING`.
struct SkipsKnown;

#[async_trait]
impl Flaw for SkipsKnown {
    async fn append(&self, store: &ModelStore, append: &Append) -> Result<Appended, AppendError> {
        let known: HashSet<_> =
            store.model().read_log(Position::START, &Filter::All).map(|event| event.id).collect();
        let new = changed(append, |part| part.events.retain(|event| !known.contains(&event.id())));
        store.append(&new).await
    }
}

#[test]
fn a_store_that_skips_known_events_is_caught() {
    assert_caught(SkipsKnown, repeating::an_append_of_which_a_part_is_recorded_is_a_duplicate);
    assert_caught(SkipsKnown, repeating::events_repeated_in_another_order_are_a_duplicate);
}

/// It does not show every hundredth event to whoever is the first to read past it.
#[derive(Default)]
struct ShowsLate {
    hidden_once: Mutex<HashSet<Position>>,
}

impl Flaw for ShowsLate {
    fn read_log<'s>(
        &'s self,
        store: &'s ModelStore,
        after: Position,
        filter: Filter,
    ) -> Envelopes<'s> {
        let shown = |position: Position| {
            position.get() % 100 != 0 || !self.hidden_once.lock().unwrap().insert(position)
        };
        let events = store.read_log(after, filter);
        events.try_filter(move |event| ready(shown(event.position))).boxed()
    }
}

#[test]
fn a_store_that_shows_events_late_is_caught() {
    assert_caught(ShowsLate::default(), racing::a_reader_never_sees_a_position_appear_behind_it);
}

/// It reads all but the last event.
struct LosesTheLast;

impl Flaw for LosesTheLast {
    fn read_stream<'s>(
        &'s self,
        store: &'s ModelStore,
        stream: &StreamId,
        after: Revision,
    ) -> Envelopes<'s> {
        let end = store.model().revision(stream);
        let events = store.read_stream(stream, after);
        events.try_filter(move |event| ready(event.revision < end)).boxed()
    }
}

#[test]
fn a_store_that_loses_the_last_event_is_caught() {
    assert_caught(LosesTheLast, keeping::an_append_is_read_back_as_given);
    assert_caught(LosesTheLast, reading::reading_in_pages_gives_everything_once);
}

/// It reads from a bound, and not after it.
struct IncludesTheBound;

impl Flaw for IncludesTheBound {
    fn read_log<'s>(
        &'s self,
        store: &'s ModelStore,
        after: Position,
        filter: Filter,
    ) -> Envelopes<'s> {
        store.read_log(after.minus(1), filter)
    }
}

#[test]
fn a_store_that_includes_the_bound_is_caught() {
    assert_caught(IncludesTheBound, reading::the_log_is_read_after_any_position);
    assert_caught(IncludesTheBound, filtering::a_filtered_log_is_read_after_any_position);
}

/// It reads on as long as there is more.
struct NeverEnds;

impl Flaw for NeverEnds {
    fn read_log<'s>(
        &'s self,
        store: &'s ModelStore,
        after: Position,
        filter: Filter,
    ) -> Envelopes<'s> {
        let next = move |after| {
            let event = store.model().read_log(after, &filter).next().cloned();
            ready(event.map(|event| (Ok(event.clone()), event.position)))
        };
        stream::unfold(after, next).take(100).boxed()
    }
}

#[test]
fn a_store_whose_readings_never_end_is_caught() {
    assert_caught(NeverEnds, reading::a_reading_ends_where_the_log_ended_when_it_began);
}

/// It keeps payloads as text.
struct KeepsText;

#[async_trait]
impl Flaw for KeepsText {
    async fn append(&self, store: &ModelStore, append: &Append) -> Result<Appended, AppendError> {
        let text = |event: &NewEvent| {
            let text = String::from_utf8_lossy(event.payload().as_bytes()).into_owned();
            with(event, event.id(), text.into_bytes())
        };
        let as_text = changed(append, |part| part.events = part.events.iter().map(text).collect());
        store.append(&as_text).await
    }
}

#[test]
fn a_store_that_keeps_text_is_caught() {
    assert_caught(KeepsText, keeping::payloads_are_kept_byte_for_byte);
}

/// It takes streams for the same whose names differ only by case.
struct IgnoresCase;

#[async_trait]
impl Flaw for IgnoresCase {
    async fn append(&self, store: &ModelStore, append: &Append) -> Result<Appended, AppendError> {
        let lower = |name: &StreamId| StreamId::parse(&name.as_str().to_lowercase()).unwrap();
        store.append(&changed(append, |part| part.stream = lower(&part.stream))).await
    }
}

#[test]
fn a_store_that_ignores_case_is_caught() {
    assert_caught(IgnoresCase, naming::streams_with_names_that_look_alike_are_kept_apart);
}

/// It does not wait.
struct AnswersAtOnce;

#[async_trait]
impl Flaw for AnswersAtOnce {
    async fn wait_past(&self, store: &ModelStore, _: Position) -> Result<Position, StoreError> {
        Ok(store.model().head())
    }
}

#[test]
fn a_store_that_does_not_wait_is_caught() {
    assert_caught(AnswersAtOnce, waiting::waiting_at_the_head_waits);
}

#[test]
fn whatever_a_single_task_can_see_is_caught_by_a_history() {
    assert_caught_by_a_history(|| RecordsHalf);
    assert_caught_by_a_history(|| ExpectsNothing);
    assert_caught_by_a_history(|| RecordsTwice);
    assert_caught_by_a_history(|| SkipsKnown);
    assert_caught_by_a_history(|| LosesTheLast);
    assert_caught_by_a_history(|| IncludesTheBound);
    assert_caught_by_a_history(|| KeepsText);
    assert_caught_by_a_history(|| IgnoresCase);
}

fn under_another_id(event: &NewEvent) -> NewEvent {
    with(event, EventId::at(SystemClock.now()), event.payload().clone())
}

fn with(event: &NewEvent, id: EventId, payload: impl Into<Payload>) -> NewEvent {
    let (event_type, version) = (event.event_type().clone(), event.schema_version());
    NewEvent::new(id, event_type, version, payload.into(), event.metadata().clone()).unwrap()
}
