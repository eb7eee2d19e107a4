//! Several logs in one database do not touch each other.

use annals_core::{Checkpoint, Checkpoints, EventStore, Expected, Snapshots};
use tokio::spawn;

use crate::{
    database::{connect, fresh_settings, open},
    words::{append, events, ids_in, one, position, record, snapshot, soon, stream, whole_log},
};

#[tokio::test(flavor = "multi_thread")]
async fn logs_in_two_schemas_count_and_keep_apart() {
    let (here, there) = (open(&fresh_settings()).await, open(&fresh_settings()).await);
    let same = append(&stream("ada"), Expected::NoStream, events(2));
    for store in [&here, &there] {
        let answer = store.append(&same).await.unwrap();
        assert_eq!((answer.position, answer.repeated), (position(2), false));
    }
    record(&here, "bob", 1).await;
    assert_eq!((whole_log(&here).await.len(), whole_log(&there).await.len()), (3, 2));
    assert_eq!(there.wait_past(position(1)).await.unwrap(), position(2));

    let (key, kept) = snapshot("ada");
    here.snapshots().save(&key, kept).await.unwrap();
    assert_eq!(there.snapshots().load(&key).await.unwrap(), None);
    let to = Checkpoint { position: position(1), last: ids_in(&whole_log(&here).await).pop() };
    let tx = here.checkpoints().begin().await.unwrap();
    here.checkpoints().advance(tx, "it", Checkpoint::default(), to).await.unwrap();
    assert_eq!(there.checkpoints().load("it").await.unwrap(), Checkpoint::default());
}

#[tokio::test(flavor = "multi_thread")]
async fn appends_to_one_log_go_on_while_the_lock_of_another_is_held() {
    let (settings, there) = (fresh_settings(), open(&fresh_settings()).await);
    let here = open(&settings).await;
    let mut held = connect(&settings).await;
    held.run("BEGIN").await;
    here.append_in(held.connection(), &one(&stream("ada"))).await.unwrap();
    let waiting = spawn({
        let here = here.clone();
        async move { record(&here, "bob", 1).await }
    });

    for _ in 0..20 {
        soon(record(&there, "ada", 1)).await;
    }
    assert!(!waiting.is_finished(), "the lock was not held");
    held.run("COMMIT").await;
    assert_eq!(soon(waiting).await.unwrap().position, position(2));
    assert_eq!(whole_log(&there).await.len(), 20);
}
