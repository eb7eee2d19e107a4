//! Snapshots: shortcuts that change nothing but the number of events that are read.

use std::{
    convert::Infallible,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use annals::{
    MemorySnapshots, Options, Payload, Settings, Snapshot, SnapshotKey, Snapshots, Snapshotting,
    StoreError, StoreErrorKind, Writer, prelude::*,
};
use async_trait::async_trait;
use futures::TryStreamExt;
use proptest::{collection::vec, prelude::any, proptest};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use tokio::sync::Notify;

use crate::bank::{AccountEvent, counting, memory, memory_of_day};

/// An aggregate of the same streams, with snapshots of that policy, and those fields beside the two
/// that all have.
macro_rules! account {
    ($name:ident, $snapshots:expr $(, $field:ident)*) => {
        #[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize, Fold)]
        #[fold(AccountEvent)]
        struct $name {
            #[fold(
                Deposited { cents, .. } => self.balance + cents,
                Withdrawn { cents } => self.balance - cents,
            )]
            balance: u64,
            #[fold(Deposited | Withdrawn => self.events + 1)]
            events: u64,
            $(#[fold(Deposited { cents, .. } => self.$field.max(*cents))] $field: u64,)*
        }

        impl Aggregate for $name {
            const CATEGORY: Category = Category::new("account");
            const SNAPSHOTS: Snapshotting<Self> = $snapshots;
        }

        impl From<&$name> for (u64, u64) {
            fn from(account: &$name) -> Self {
                (account.balance, account.events)
            }
        }
    };
}

account!(Plain, Snapshotting::NEVER);
account!(Kept, Snapshotting::of("account", 1).every(3));
account!(KeptOften, Snapshotting::of("account", 1).every(1));
account!(Raised, Snapshotting::of("account", 2).every(2), largest);
// The mistake of a changed type whose version was not raised.
account!(Forgotten, Snapshotting::of("account", 1).every(2), highest);

struct Deposit(u64);

impl Command for Deposit {
    type Aggregate = Kept;
    type Rejection = Infallible;

    fn decide(&self, _: &Kept) -> Result<Vec<AccountEvent>, Infallible> {
        Ok(vec![AccountEvent::Deposited { cents: self.0, reference: String::new() }])
    }
}

/// Loads as one aggregate would, and keeps a snapshot if one is due.
async fn load<A: Aggregate>(writer: &Writer) -> (u64, u64)
where
    for<'a> (u64, u64): From<&'a A>,
{
    let stream = A::stream("ada");
    let mut folded = writer.load(&stream).await.unwrap();
    if let Some(keeping) = writer.take_snapshot(stream.id().unwrap(), &mut folded) {
        keeping.await;
    }
    folded.state().into()
}

async fn deposit(writer: &Writer, cents: u64) {
    let stream = Kept::stream("ada");
    writer.execute(&stream, Deposit(cents), Options::default()).await.unwrap();
}

proptest! {
    /// Whatever is recorded, and whoever keeps and loads which shape in between.
    #[test]
    fn loading_with_snapshots_equals_loading_without(
        steps in vec((0..1_000_u64, any::<[bool; 4]>()), 1..40),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let writer = Writer::new(memory()).with_snapshots(Arc::new(MemorySnapshots::default()));
            for (cents, [kept, kept_often, raised, forgotten]) in steps {
                deposit(&writer, cents).await;
                let plain = load::<Plain>(&writer).await;
                if kept { assert_eq!(load::<Kept>(&writer).await, plain); }
                if kept_often { assert_eq!(load::<KeptOften>(&writer).await, plain); }
                if raised { assert_eq!(load::<Raised>(&writer).await, plain); }
                if forgotten { assert_eq!(load::<Forgotten>(&writer).await, plain); }
            }
        });
    }
}

#[tokio::test]
async fn what_a_snapshot_covers_is_not_read_again() {
    let store = counting();
    let snapshots = Arc::new(MemorySnapshots::default());
    let writer = Writer::new(store.clone()).with_snapshots(snapshots.clone());
    for cents in 1..=7 {
        deposit(&writer, cents).await;
    }
    load::<Kept>(&writer).await;
    deposit(&writer, 8).await;
    // If the first event were read, the state would not be what the snapshot says.
    let key = key("account", 1);
    let mut snapshot = snapshots.load(&key).await.unwrap().unwrap();
    snapshot.state = Payload::from(r#"{"balance":1000,"events":7}"#);
    snapshots.save(&key, snapshot).await.unwrap();

    assert_eq!(load::<Kept>(&writer).await, (1_008, 8));
    assert_eq!(writer.counts().snapshots_used, 2, "by the deposit, and by the last load");
}

#[tokio::test]
async fn a_snapshot_is_due_every_so_many_events() {
    let writer = Writer::new(memory()).with_snapshots(Arc::new(MemorySnapshots::default()));
    let mut kept_at = Vec::new();
    for cents in 1..=10 {
        deposit(&writer, cents).await;
        let before = writer.counts().snapshots_saved;
        load::<Kept>(&writer).await;
        if writer.counts().snapshots_saved > before {
            kept_at.push(cents);
        }
    }
    assert_eq!(kept_at, [3, 6, 9]);
}

#[tokio::test]
async fn a_snapshot_that_cannot_be_decoded_is_ignored_counted_and_replaced() {
    let snapshots = Arc::new(MemorySnapshots::default());
    let writer = Writer::new(memory()).with_snapshots(snapshots.clone());
    for cents in 1..=3 {
        deposit(&writer, cents).await;
    }
    let broken = Snapshot { state: "{".into(), ..taken(&writer).await };
    snapshots.save(&key("account", 1), broken).await.unwrap();

    assert_eq!(load::<Kept>(&writer).await, (6, 3), "not an empty state");
    assert_eq!(writer.counts().snapshots_ignored, 1);
    load::<Kept>(&writer).await;
    assert_eq!((writer.counts().snapshots_ignored, writer.counts().snapshots_used), (1, 1));
}

#[tokio::test]
async fn a_snapshot_ahead_of_its_stream_or_of_another_history_is_ignored_and_counted() {
    let snapshots = Arc::new(MemorySnapshots::default());
    let ahead = Writer::new(memory()).with_snapshots(snapshots.clone());
    for cents in [100, 200, 300, 400] {
        deposit(&ahead, cents).await;
    }
    load::<Kept>(&ahead).await;

    // The log as it is after a backup was restored: shorter at first, and then another.
    let writer = Writer::new(memory()).with_snapshots(snapshots);
    let mut balance = 0;
    for ignored in 1..=6 {
        deposit(&writer, 1).await;
        balance += 1;
        let plain = load::<Plain>(&writer).await;
        assert_eq!(plain, (balance, balance));
        let loaded = writer.load(&Kept::stream("ada")).await.unwrap();
        assert_eq!((loaded.state().balance, loaded.state().events), plain);
        assert_eq!(writer.counts().snapshots_ignored, 2 * ignored, "by deposit and by load");
    }
}

#[tokio::test]
async fn a_snapshot_of_another_history_is_ignored_also_when_a_key_was_sent_again() {
    let snapshots = Arc::new(MemorySnapshots::default());
    let keyed = || Options { idempotency_key: Some("bonus".into()), ..Options::default() };
    let stream = Kept::stream("ada");
    let lost = Writer::new(memory_of_day(1)).with_snapshots(snapshots.clone());
    deposit(&lost, 1_000).await;
    deposit(&lost, 1_000).await;
    lost.execute(&stream, Deposit(1), keyed()).await.unwrap();
    load::<Kept>(&lost).await;

    // After a backup was restored, who had no answer sends the command again. Its id is the same.
    let writer = Writer::new(memory_of_day(2)).with_snapshots(snapshots);
    deposit(&writer, 5).await;
    deposit(&writer, 5).await;
    writer.execute(&stream, Deposit(1), keyed()).await.unwrap();

    assert_eq!(load::<Kept>(&writer).await, (11, 3));
}

#[tokio::test]
async fn a_snapshot_that_contradicts_itself_is_ignored() {
    let snapshots = Arc::new(MemorySnapshots::default());
    let writer = Writer::new(memory()).with_snapshots(snapshots.clone());
    deposit(&writer, 5).await;
    let state = Payload::from(r#"{"balance":1000,"events":1000}"#);
    let sound = Snapshot { state, ..taken(&writer).await };
    let far = Revision::new(i64::MAX).unwrap();
    for broken in [
        Snapshot { revision: Revision::START, ..sound.clone() },
        Snapshot { revision: far, ..sound.clone() },
        Snapshot { position: Position::START, ..sound.clone() },
    ] {
        snapshots.save(&key("account", 1), broken).await.unwrap();
        assert_eq!(load::<Kept>(&writer).await, (5, 1));
    }
}

#[tokio::test]
async fn a_snapshot_so_seldom_that_it_never_comes_harms_nobody() {
    account!(Hardly, Snapshotting::of("hardly", 1).every(usize::MAX));
    let writer = Writer::new(memory()).with_snapshots(Arc::new(MemorySnapshots::default()));
    deposit(&writer, 5).await;
    assert_eq!(load::<Hardly>(&writer).await, (5, 1));
    assert_eq!(writer.counts().snapshots_saved, 0);
}

#[tokio::test]
async fn a_state_that_is_never_kept_is_not_asked_for() {
    let broken = Arc::new(Broken::default());
    let writer = Writer::new(memory()).with_snapshots(broken);
    assert_eq!(load::<Plain>(&writer).await, (0, 0));
    assert_eq!(writer.counts().snapshots_failed, 0);
}

/// Snapshots that can neither be kept nor asked for, and that say so.
#[derive(Default)]
struct Broken {
    asked_to_save: Notify,
}

#[async_trait]
impl Snapshots for Broken {
    async fn load(&self, _: &SnapshotKey) -> Result<Option<Snapshot>, StoreError> {
        Err(StoreError::new(StoreErrorKind::Unavailable, "no snapshots today"))
    }

    async fn save(&self, _: &SnapshotKey, _: Snapshot) -> Result<(), StoreError> {
        self.asked_to_save.notify_one();
        Err(StoreError::new(StoreErrorKind::Unavailable, "no snapshots today"))
    }
}

#[tokio::test]
async fn snapshots_that_fail_are_counted_and_fail_nothing() {
    let broken = Arc::new(Broken::default());
    let writer = Writer::new(memory()).with_snapshots(broken.clone());
    let annals = Annals::on(writer, Settings::default());
    for cents in 1..=3 {
        annals.execute(Kept::stream("ada"), Deposit(cents)).await.unwrap();
    }
    broken.asked_to_save.notified().await;
    // The task that was asked ends before another one can be done.
    tokio::task::yield_now().await;
    assert_eq!(annals.counts().snapshots_failed, 2, "once to load, once to save");
}

/// Snapshots that take as long as they are let.
#[derive(Default)]
struct Slow {
    kept: Mutex<Vec<(SnapshotKey, Revision)>>,
    begun: AtomicUsize,
    is_open: AtomicBool,
    opened: Notify,
    saved: Notify,
}

#[async_trait]
impl Snapshots for Slow {
    async fn load(&self, _: &SnapshotKey) -> Result<Option<Snapshot>, StoreError> {
        Ok(None)
    }

    async fn save(&self, key: &SnapshotKey, snapshot: Snapshot) -> Result<(), StoreError> {
        self.begun.fetch_add(1, Ordering::Relaxed);
        if !self.is_open.load(Ordering::Relaxed) {
            self.opened.notified().await;
        }
        self.kept.lock().unwrap().push((key.clone(), snapshot.revision));
        self.saved.notify_one();
        Ok(())
    }
}

#[tokio::test]
async fn commands_do_not_wait_for_snapshots() {
    let slow = Arc::new(Slow::default());
    let annals =
        Annals::on(Writer::new(memory()).with_snapshots(slow.clone()), Settings::default());
    for cents in 1..=5 {
        annals.execute(Kept::stream("ada"), Deposit(cents)).await.unwrap();
    }
    assert_eq!(*slow.kept.lock().unwrap(), [], "it is still being kept");

    slow.opened.notify_one();
    slow.saved.notified().await;

    // As it was when it was taken, though the stream has gone on since.
    assert_eq!(*slow.kept.lock().unwrap(), [(key("account", 1), Revision::START.plus(3))]);
}

#[tokio::test]
async fn of_one_stream_one_snapshot_is_saved_at_a_time() {
    let slow = Arc::new(Slow::default());
    let annals =
        Annals::on(Writer::new(memory()).with_snapshots(slow.clone()), Settings::default());
    for cents in 1..=10 {
        annals.execute(Kept::stream("ada"), Deposit(cents)).await.unwrap();
        tokio::task::yield_now().await;
    }
    assert_eq!(slow.begun.load(Ordering::Relaxed), 1, "three are due, and one is under way");

    slow.opened.notify_one();
    slow.saved.notified().await;
    tokio::task::yield_now().await;
    slow.is_open.store(true, Ordering::Relaxed);
    annals.execute(Kept::stream("ada"), Deposit(11)).await.unwrap();
    slow.saved.notified().await;

    let revisions: Vec<_> = slow.kept.lock().unwrap().iter().map(|(_, at)| at.get()).collect();
    assert_eq!(revisions, [3, 11], "what was due in between was taken later");
}

#[tokio::test]
async fn no_more_snapshots_are_saved_at_once_than_was_set() {
    let slow = Arc::new(Slow::default());
    let writer = Writer::new(memory()).with_snapshots(slow.clone());
    let annals = Annals::on(writer, Settings { saving: 2, ..Settings::default() });
    for id in 0..5 {
        for cents in 1..=3 {
            annals.execute(Kept::stream(id), Deposit(cents)).await.unwrap();
        }
        tokio::task::yield_now().await;
    }
    assert_eq!(slow.begun.load(Ordering::Relaxed), 2);
}

fn key(shape: &'static str, version: u32) -> SnapshotKey {
    SnapshotKey { stream: StreamId::parse("account:ada").unwrap(), shape, version }
}

/// A snapshot of nothing in particular, up to the end of the stream.
async fn taken(writer: &Writer) -> Snapshot {
    let stream = StreamId::parse("account:ada").unwrap();
    let events: Vec<_> =
        writer.store().read_stream(&stream, Revision::START).try_collect().await.unwrap();
    let last = events.last().unwrap();
    Snapshot {
        revision: last.revision,
        position: last.position,
        last: last.id,
        recorded_at: last.recorded_at,
        state: Payload::default(),
    }
}

#[tokio::test]
async fn a_snapshot_that_was_not_kept_is_not_due_with_every_command() {
    let writer = Writer::new(memory()).with_snapshots(Arc::new(MemorySnapshots::default()));
    let annals = Annals::on(writer, Settings::default());
    #[derive(Debug, Default, Clone)]
    struct Unspeakable;
    impl Fold for Unspeakable {
        type Event = AccountEvent;
        fn evolve(&mut self, _: &AccountEvent) {}
    }
    impl Serialize for Unspeakable {
        fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("not this"))
        }
    }
    impl<'de> Deserialize<'de> for Unspeakable {
        fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
            Ok(Self)
        }
    }
    impl Aggregate for Unspeakable {
        const CATEGORY: Category = Category::new("unspeakable");
        const SNAPSHOTS: Snapshotting<Self> = Snapshotting::of("unspeakable", 1).every(3);
    }
    struct Note;
    impl Command for Note {
        type Aggregate = Unspeakable;
        type Rejection = Infallible;
        fn decide(&self, _: &Unspeakable) -> Result<Vec<AccountEvent>, Infallible> {
            Ok(vec![AccountEvent::Withdrawn { cents: 0 }])
        }
    }
    for _ in 0..8 {
        annals.execute(Unspeakable::stream(1), Note).await.unwrap();
        tokio::task::yield_now().await;
    }
    assert_eq!(annals.counts().snapshots_failed, 2, "at 3 and at 6");
}
