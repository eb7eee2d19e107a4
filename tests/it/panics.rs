//! Panics in the application's code: they reach their own caller, and nobody else.

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use annals::{
    Append, EventId, EventStore, EventType, Invalid, LoadError, MemorySnapshots, NewEvent, Options,
    SchemaVersion, StoreErrorKind, Timestamp, Writer, prelude::*,
};
use annals_testkit::{Call, Fault};
use futures::future::join_all;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::bank::{faulty, log, memory, process};

#[derive(Debug, Clone, PartialEq, Event)]
enum CursedEvent {
    #[event("fine")]
    Fine,
    #[event("cursed")]
    Cursed,
    #[event("unspeakable")]
    Unspeakable {
        #[serde(serialize_with = "refuse")]
        word: String,
    },
}

fn refuse<S: Serializer>(word: &String, _: S) -> Result<S::Ok, S::Error> {
    Err(serde::ser::Error::custom(format!("{word} cannot be written")))
}

#[derive(Debug, Default, Clone)]
struct Cursed {
    fine: u64,
}

impl Fold for Cursed {
    type Event = CursedEvent;

    fn evolve(&mut self, event: &CursedEvent) {
        self.fine += 1;
        assert_ne!(*event, CursedEvent::Cursed, "cursed in evolve");
    }
}

impl Aggregate for Cursed {
    const CATEGORY: Category = Category::new("cursed");
}

#[derive(Debug, Clone, Copy)]
enum Do {
    Fine,
    PanicInDecide,
    PanicInEvolve,
    Unspeakable,
}

impl Command for Do {
    type Aggregate = Cursed;
    type Rejection = Infallible;

    fn decide(&self, _: &Cursed) -> Result<Vec<CursedEvent>, Infallible> {
        Ok(match self {
            Self::Fine => vec![CursedEvent::Fine],
            Self::PanicInDecide => panic!("cursed in decide"),
            Self::PanicInEvolve => vec![CursedEvent::Fine, CursedEvent::Cursed],
            Self::Unspeakable => vec![CursedEvent::Unspeakable { word: "it".to_owned() }],
        })
    }
}

fn stream() -> Stream<Cursed> {
    Cursed::stream(1)
}

#[tokio::test]
async fn a_panic_is_its_callers_error_and_the_pipeline_goes_on() {
    let store = faulty(|call| (call == Call::Append(1)).then_some(Fault::Held));
    let annals = process(store.clone(), Settings::default());
    let start = |what: Do| {
        let annals = annals.clone();
        tokio::spawn(async move { annals.execute(stream(), what).await })
    };
    let first = start(Do::Fine);
    store.holds(1).await;
    let group =
        [Do::Fine, Do::PanicInDecide, Do::Fine, Do::PanicInEvolve, Do::Unspeakable, Do::Fine];
    let group = group.map(start);
    tokio::task::yield_now().await;
    store.release();

    first.await.unwrap().unwrap();
    let answers: Vec<_> = join_all(group).await.into_iter().map(Result::unwrap).collect();
    let fine = |n: usize| answers[n].as_ref().unwrap().state().fine;
    assert_eq!([fine(0), fine(2), fine(5)], [2, 3, 4], "nothing of the others is in the state");
    let message = |n: usize| answers[n].as_ref().unwrap_err().to_string();
    assert_eq!(message(1), "panicked: cursed in decide");
    assert!(message(3).contains("cursed in evolve"), "{}", message(3));
    assert!(matches!(answers[4], Err(ExecuteError::Invalid(Invalid::Encode(_)))));
    assert_eq!(store.calls().append, 2, "they went out together");
    assert_eq!(log(&*store).await.len(), 4);
    assert_eq!(annals.load(stream()).await.unwrap().state().fine, 4);
}

#[tokio::test]
async fn a_panic_over_what_is_recorded_reaches_whoever_needs_that_state() {
    let store = memory();
    let annals = process(store.clone(), Settings::default());
    annals.execute(stream(), Do::Fine).await.unwrap();
    let id = EventId::at(Timestamp::UNIX_EPOCH);
    let cursed = NewEvent::encode(id, &CursedEvent::Cursed, Metadata::default()).unwrap();
    record(&*store, cursed).await;

    let loaded = annals.load(stream()).await.unwrap_err();
    assert!(matches!(loaded, LoadError::Panicked(_)), "{loaded}");
    // What is remembered is from before; the store refuses it, and catching up panics. Nothing half
    // folded is kept: it is the same the second time.
    for _ in 0..2 {
        let executed = annals.execute(stream(), Do::Fine).await.unwrap_err();
        assert!(matches!(executed, ExecuteError::Panicked(_)), "{executed}");
    }
    assert_eq!(log(&*store).await.len(), 2);
    // Other streams do not know of it.
    annals.execute(Cursed::stream(2), Do::Fine).await.unwrap();
}

#[tokio::test]
async fn an_event_of_an_unknown_type_is_an_error_for_a_fold() {
    let store = memory();
    let id = EventId::at(Timestamp::UNIX_EPOCH);
    let unknown = EventType::new("from-the-future");
    let event = NewEvent::new(id, unknown, SchemaVersion::FIRST, "{}".into(), Metadata::default());
    record(&*store, event.unwrap()).await;

    let annals = process(store, Settings::default());
    let executed = annals.execute(stream(), Do::Fine).await.unwrap_err();

    let ExecuteError::Store(error) = executed else { panic!("{executed}") };
    assert_eq!(error.kind(), StoreErrorKind::Unreadable);
    assert_eq!(
        error.to_string(),
        r#"the event at revision 1 of cursed:1 is of the unknown type "from-the-future""#
    );
}

/// Records an event past every command.
async fn record(store: &dyn EventStore, event: NewEvent) {
    let id = stream().id().unwrap().clone();
    let append = Append::new(id, Expected::Any, vec![event]).unwrap();
    store.append(&append).await.unwrap();
}

static WRITING_PANICS: AtomicBool = AtomicBool::new(false);

fn write<S: Serializer>(word: &String, serializer: S) -> Result<S::Ok, S::Error> {
    assert!(word != "cursed" || !WRITING_PANICS.load(Ordering::Relaxed), "cursed in encode");
    word.serialize(serializer)
}

#[derive(Debug, Clone, PartialEq, Event)]
enum SpokenEvent {
    #[event("spoken")]
    Spoken {
        #[serde(serialize_with = "write")]
        word: String,
    },
}

#[derive(Debug, Default, Clone, Fold)]
#[fold(SpokenEvent)]
struct Spoken {
    #[fold(Spoken { .. } => self.words + 1)]
    words: u64,
}

impl Serialize for Spoken {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        assert_ne!(self.words, 2, "cursed in serialize");
        self.words.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Spoken {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let words = u64::deserialize(deserializer)?;
        assert_ne!(words, 1, "cursed in deserialize");
        Ok(Self { words })
    }
}

impl Aggregate for Spoken {
    const CATEGORY: Category = Category::new("spoken");
    const SNAPSHOTS: Snapshotting<Self> = Snapshotting::of("spoken", 1).every(1);
}

struct Say(&'static str);

impl Command for Say {
    type Aggregate = Spoken;
    type Rejection = Infallible;

    fn decide(&self, _: &Spoken) -> Result<Vec<SpokenEvent>, Infallible> {
        Ok(vec![SpokenEvent::Spoken { word: self.0.to_owned() }])
    }
}

#[tokio::test]
async fn a_panic_in_the_writing_of_an_event_reaches_nobody_else() {
    let annals = process(memory(), Settings::default());
    let say = |word| annals.execute(Spoken::stream(1), Say(word));
    WRITING_PANICS.store(false, Ordering::Relaxed);
    say("cursed").idempotency_key("once").await.unwrap();
    WRITING_PANICS.store(true, Ordering::Relaxed);

    // Also when it is written only to be compared with what was recorded under its key.
    for key in ["once", "another"] {
        let (cursed, fine) = tokio::join!(
            say("cursed").idempotency_key(key).into_future(),
            say("fine").into_future(),
        );
        assert!(matches!(cursed, Err(ExecuteError::Panicked(_))), "{key}: {cursed:?}");
        assert!(fine.is_ok(), "{key}: {fine:?}");
    }
}

#[tokio::test]
async fn a_panic_in_the_writing_or_reading_of_a_snapshot_is_counted_and_fails_nothing() {
    let writer = Writer::new(memory()).with_snapshots(Arc::new(MemorySnapshots::default()));
    let stream = Spoken::stream(1);
    let say = async || {
        writer.execute(&stream, Say("fine"), Options::default()).await.unwrap();
    };
    say().await;
    let mut folded = writer.load(&stream).await.unwrap();
    writer.take_snapshot(stream.id().unwrap(), &mut folded).unwrap().await;

    let mut folded = writer.load(&stream).await.unwrap();
    assert_eq!((folded.state().words, writer.counts().snapshots_ignored), (1, 1));

    say().await;
    folded = writer.load(&stream).await.unwrap();
    writer.take_snapshot(stream.id().unwrap(), &mut folded).unwrap().await;
    assert_eq!(writer.counts().snapshots_failed, 1);
}

/// Goes off when it is dropped, once it was decided.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        assert!(std::thread::panicking(), "cursed in drop");
    }
}

impl Command for Bomb {
    type Aggregate = Cursed;
    type Rejection = Infallible;

    fn decide(&self, _: &Cursed) -> Result<Vec<CursedEvent>, Infallible> {
        Ok(vec![CursedEvent::Fine])
    }
}

/// Panics with something that panics when it is dropped.
struct PanicTwice;

impl Command for PanicTwice {
    type Aggregate = Cursed;
    type Rejection = Infallible;

    fn decide(&self, _: &Cursed) -> Result<Vec<CursedEvent>, Infallible> {
        std::panic::panic_any(Bomb)
    }
}

#[tokio::test]
async fn a_panic_in_a_destructor_reaches_nobody_else() {
    let store = memory();
    let annals = process(store.clone(), Settings::default());
    let (bomb, twice, fine) = tokio::join!(
        annals.execute(stream(), Bomb).into_future(),
        annals.execute(stream(), PanicTwice).into_future(),
        annals.execute(stream(), Do::Fine).into_future(),
    );
    assert!(bomb.is_ok() && fine.is_ok(), "{bomb:?} {fine:?}");
    assert!(matches!(twice, Err(ExecuteError::Panicked(_))), "{twice:?}");
    assert_eq!(log(&*store).await.len(), 2);
}

/// A state that cannot even begin.
#[derive(Debug, Clone)]
struct Stillborn;

impl Default for Stillborn {
    fn default() -> Self {
        panic!("cursed in default")
    }
}

impl Fold for Stillborn {
    type Event = CursedEvent;

    fn evolve(&mut self, _: &CursedEvent) {}
}

impl Aggregate for Stillborn {
    const CATEGORY: Category = Category::new("stillborn");
}

impl Command for Stillborn {
    type Aggregate = Self;
    type Rejection = Infallible;

    fn decide(&self, _: &Self) -> Result<Vec<CursedEvent>, Infallible> {
        Ok(vec![])
    }
}

#[tokio::test]
async fn a_panic_in_the_default_of_a_state_is_its_callers_error() {
    let annals = process(memory(), Settings::default());
    let executed = annals.execute(Stillborn::stream(1), Stillborn).await;
    assert!(matches!(executed, Err(ExecuteError::Panicked(_))), "{executed:?}");
}
