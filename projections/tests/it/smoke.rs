//! Smoke.

use std::time::Duration;

use annals_projections::{Action, OnFailure, WaitError};

use crate::{
    account::deposit,
    place::{Place, swift},
    statement::{POISON, Statement, folded, mend},
};

crate::place::everywhere!(poison_is_set_aside_and_replayed, shares_and_rebuild);

const PATIENCE: Duration = Duration::from_secs(20);

async fn poison_is_set_aside_and_replayed(place: Place) {
    let runner = || place.runner::<Statement>().on_failure(OnFailure::PARK);
    let running = runner().start();
    deposit(&*place.log, 1, &[1, POISON, 2]).await;
    let parked = deposit(&*place.log, 1, &[5]).await;
    let end = deposit(&*place.log, 2, &[1, 2]).await;
    let rows = place.rows::<Statement>();
    running.wait_for(end, PATIENCE).await.unwrap();
    assert_eq!(rows.get("1").await.unwrap().unwrap().deposits, 1);
    assert_eq!(rows.get("2").await.unwrap().unwrap().deposits, 2);
    assert!(matches!(running.wait_for(parked, PATIENCE).await, Err(WaitError::Parked { .. })));
    assert!(matches!(rows.wait_for(parked, PATIENCE).await, Err(WaitError::Parked { .. })));
    let operator = place.operator();
    let infos = operator.parked("statement", "", 10).await.unwrap();
    assert_eq!((infos.len(), infos[0].events, infos[0].key.as_str()), (1, 3, "1"));
    let replay = |dry_run| Action::Replay { keys: vec![], dry_run };
    let answer = operator.ask("statement", replay(false), "me", PATIENCE).await.unwrap();
    assert!(!answer.is_done, "{answer:?}");
    mend();
    let answer = operator.ask("statement", replay(true), "me", PATIENCE).await.unwrap();
    assert!(answer.is_done, "{answer:?}");
    assert_eq!(rows.get("1").await.unwrap().unwrap().deposits, 1);
    let answer = operator.ask("statement", replay(false), "me", PATIENCE).await.unwrap();
    assert!(answer.is_done, "{answer:?}");
    assert_eq!(rows.get("1").await.unwrap().as_ref(), folded(&*place.log).await.get("1"));
    assert_eq!(operator.parked("statement", "", 10).await.unwrap(), vec![]);
    running.wait_for(parked, PATIENCE).await.unwrap();
    println!("{:?}", operator.list().await.unwrap());
}

async fn shares_and_rebuild(place: Place) {
    let mut end = deposit(&*place.log, 1, &[1]).await;
    let mut workers = vec![];
    for _ in 0..3 {
        workers.push(place.again().await.runner::<Statement>().shares(8).start());
    }
    for round in 0..300 {
        end = deposit(&*place.log, round % 31, &[round, 3]).await;
    }
    workers[0].wait_for(end, PATIENCE).await.unwrap();
    let rows = place.rows::<Statement>();
    let expected = folded(&*place.log).await;
    assert_eq!(rows.get_many(expected.keys().cloned()).await.unwrap(), expected);
    let operator = place.operator();
    let answer = operator.ask("statement", Action::Rebuild, "me", PATIENCE).await.unwrap();
    assert!(answer.is_done, "{answer:?}");
    loop {
        let view = operator.show("statement").await.unwrap().unwrap();
        if view.live.number() == 2 {
            break;
        }
        tokio::task::yield_now().await;
    }
    assert_eq!(rows.get_many(expected.keys().cloned()).await.unwrap(), expected);
    let (differences, _) = operator.compare("statement", "", 100).await.unwrap();
    assert_eq!(differences, vec![]);
    end = deposit(&*place.log, 3, &[1, 3]).await;
    rows.wait_for(end, PATIENCE).await.unwrap();
    let expected = folded(&*place.log).await;
    assert_eq!(rows.get_many(expected.keys().cloned()).await.unwrap(), expected);
    let _ = swift();
    let answer = operator.ask("statement", Action::Pause, "me", PATIENCE).await.unwrap();
    assert!(answer.is_done, "{answer:?}");
    assert!(matches!(rows.wait_for(end.plus(1), PATIENCE).await, Err(WaitError::Paused { .. })));
    for worker in workers {
        worker.stop().await.unwrap();
    }
}
