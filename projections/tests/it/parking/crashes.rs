//! Runners that end in the middle of a replay.

use std::{collections::BTreeSet, time::Duration};

use annals_core::Position;
use annals_projections::{Action, RunnerSettings};

use crate::{
    ledger::{enter, folded, mend, unfoldable},
    subject::{PATIENCE, Subject, of_both, parking, until},
};

of_both!(a_runner_that_ends_in_the_middle_of_a_replay_loses_nothing_and_repeats_nothing);

async fn a_runner_that_ends_in_the_middle_of_a_replay_loses_nothing_and_repeats_nothing(
    subject: Subject,
) {
    let (log, poison) = (subject.place.log.clone(), unfoldable());
    let amounts: Vec<u64> = [1, poison].into_iter().chain(2..1_500).collect();
    enter(&*log, "a", &amounts).await;
    enter(&*log, "b", &amounts).await;
    let end = enter(&*log, "c", &[1]).await;
    let settings =
        RunnerSettings { batch_events: 4, lease: Duration::from_millis(100), ..parking() };
    let running = subject.start(settings).await;
    running.wait_for(end, PATIENCE).await.unwrap();
    running.stop().await.unwrap();
    mend(poison);
    let replay = Action::Replay { keys: vec![], dry_run: false };
    let nobody = Duration::from_millis(1);
    subject.operator().ask(subject.name(), replay, "ada", nobody).await.unwrap_err();

    let mut left = BTreeSet::<u64>::from([subject.parked().await.iter().map(|it| it.events).sum()]);
    let (mut checkpoint, mut ended) = (Position::START, None);
    for round in 0..25_u64 {
        enter(&*log, "a", &[round]).await;
        enter(&*log, "c", &[round]).await;
        // In a runtime of its own, which is gone from one moment to the next with all that runs in it.
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let (its, before) = (subject.again().await, *left.first().unwrap());
        let ran = runtime.spawn(async move {
            let running = its.start(settings).await;
            // Some pages more in each round.
            let enough = before.saturating_sub(4 * (round % 11));
            until(|| async { its.parked().await.iter().map(|it| it.events).sum::<u64>() < enough })
                .await;
            running
        });
        let running = ran.await.unwrap();
        runtime.shutdown_background();
        // It is not stopped, but ends; what it was asked by is let go when nothing of it runs any more.
        ended = Some(running);
        let parked: u64 = subject.parked().await.iter().map(|it| it.events).sum();
        if parked < 500 {
            break;
        }
        left.insert(parked);
        let now = subject.checkpoint().await;
        assert!(checkpoint <= now, "a replay never moves it back");
        checkpoint = now;
    }
    drop(ended);
    assert!(left.len() > 5, "it ended in the middle: {left:?}");

    let running = subject.start(settings).await;
    let end = enter(&*log, "c", &[1]).await;
    // What the one before said last may be that it was cut short.
    until(|| async { running.wait_for(end, PATIENCE).await.is_ok() }).await;
    assert!(subject.replay(&[]).await.is_done);
    for (key, ledger) in folded::<1>(&*log).await {
        assert_eq!(subject.read(&key).await, Some(ledger), "{key}");
    }
    assert_eq!(subject.parked_positions().await, [0_i64; 0]);
    running.stop().await.unwrap();
}
