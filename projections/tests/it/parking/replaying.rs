//! Replaying what was set aside, and forgetting it.

use annals_core::EventStore;
use annals_projections::{Action, RunnerSettings, Running};

use crate::{
    ledger::{Ledger, enter, folded, mend, of, unfoldable},
    subject::{PATIENCE, Subject, of_both, parking, until},
};

of_both!(
    a_replay_after_the_fix_gives_exactly_the_fold,
    a_replay_of_one_key_leaves_the_others_parked,
    a_replay_that_still_fails_says_where_and_keeps_what_is_left_in_order,
    a_dry_run_changes_nothing_and_tells_the_truth,
    what_is_discarded_is_kept_in_history_and_later_events_of_the_key_are_projected,
    events_that_come_while_thousands_are_replayed_are_in_order_at_the_end,
    a_replay_of_as_many_as_go_on_a_page_takes_the_key_off_the_list,
);

/// Runs until the poison of these keys is set aside, each with what follows it, and `z` is through.
async fn parked(subject: &Subject, keys: &[(&str, &[u64])]) -> Running {
    let log = &*subject.place.log;
    for (key, amounts) in keys {
        enter(log, key, amounts).await;
    }
    let end = enter(log, "z", &[1]).await;
    let running = subject.start(RunnerSettings { batch_events: 7, ..parking() }).await;
    running.wait_for(end, PATIENCE).await.unwrap();
    running
}

async fn assert_folded(subject: &Subject, log: &dyn EventStore) {
    for (key, ledger) in folded::<1>(log).await {
        assert_eq!(subject.read(&key).await, Some(ledger), "{key}");
    }
}

async fn a_replay_after_the_fix_gives_exactly_the_fold(subject: Subject) {
    let poison = unfoldable();
    let many: Vec<u64> = (1..100).chain([poison]).chain(100..200).collect();
    let running = parked(&subject, &[("a", &many), ("b", &[1, poison, 3]), ("c", &[4])]).await;
    let expected = [("a".to_owned(), 101), ("b".to_owned(), 2)];
    assert_eq!(subject.parked_keys().await, expected);
    mend(poison);
    let before = subject.checkpoint().await;
    let answer = subject.replay(&[]).await;
    assert!(answer.is_done, "{answer:?}");
    assert!(answer.answer.contains("103 events"), "{answer:?}");
    assert_folded(&subject, &*subject.place.log).await;
    assert_eq!(subject.parked_keys().await, []);
    assert_eq!(subject.parked_positions().await, [0_i64; 0]);
    until(|| async { running.status().parked == 0 }).await;
    assert_eq!(subject.checkpoint().await, before, "a replay does not touch it");

    let end = enter(&*subject.place.log, "a", &[7]).await;
    running.wait_for(end, PATIENCE).await.unwrap();
    assert_folded(&subject, &*subject.place.log).await;
    running.stop().await.unwrap();
}

async fn a_replay_of_one_key_leaves_the_others_parked(subject: Subject) {
    let poison = unfoldable();
    let amounts: &[u64] = &[1, poison, 2];
    let running = parked(&subject, &[("a", amounts), ("b", amounts), ("c", amounts)]).await;
    mend(poison);
    assert!(subject.replay(&["b"]).await.is_done);
    assert_eq!(subject.read("b").await, Some(of(amounts)));
    assert_eq!((subject.read("a").await, subject.read("c").await), {
        (Some(of(&[1])), Some(of(&[1])))
    });
    assert_eq!(subject.parked_keys().await, [("a".to_owned(), 2), ("c".to_owned(), 2)]);
    assert!(subject.replay(&["a", "c", "there is none of that name"]).await.is_done);
    assert_folded(&subject, &*subject.place.log).await;
    running.stop().await.unwrap();
}

async fn a_replay_that_still_fails_says_where_and_keeps_what_is_left_in_order(subject: Subject) {
    let (first, second) = (unfoldable(), unfoldable());
    // The second is on another page.
    let amounts: Vec<u64> =
        [1, first].into_iter().chain(2..12).chain([second]).chain(12..30).collect();
    let running = parked(&subject, &[("a", &amounts), ("b", &[1, first])]).await;
    mend(first);
    let answer = subject.replay(&[]).await;
    assert!(!answer.is_done, "{answer:?}");
    for said in ["a at position 13", "this is poison", "12 events projected"] {
        assert!(answer.answer.contains(said), "{said}: {answer:?}");
    }
    assert_eq!(subject.read("a").await, Some(of(&amounts[..12])), "what came before is in");
    assert_eq!(subject.read("b").await, Some(of(&[1, first])));
    assert_eq!(subject.parked_positions().await, (13..=31).collect::<Vec<_>>());
    let infos = subject.parked().await;
    assert_eq!((infos[0].position.get(), infos[0].events), (13, 19));
    until(|| async { running.status().parked == 19 }).await;
    enter(&*subject.place.log, "a", &[30]).await;

    mend(second);
    let answer = subject.replay(&["a"]).await;
    assert!(answer.is_done, "{answer:?}");
    assert!(running.stop().await.unwrap().parked <= 1, "the last one may not have been read");
    let running = subject.start(parking()).await;
    let end = enter(&*subject.place.log, "a", &[31]).await;
    running.wait_for(end, PATIENCE).await.unwrap();
    assert_folded(&subject, &*subject.place.log).await;
    running.stop().await.unwrap();
}

async fn a_dry_run_changes_nothing_and_tells_the_truth(subject: Subject) {
    let (first, second) = (unfoldable(), unfoldable());
    let amounts: Vec<u64> =
        [1, first].into_iter().chain(2..12).chain([second]).chain(12..30).collect();
    let running = parked(&subject, &[("a", &amounts), ("b", &[1, first])]).await;
    mend(first);
    let positions = subject.parked_positions().await;
    let answer = subject.try_to_replay().await;
    assert!(!answer.is_done, "{answer:?}");
    for said in ["a at position 13", "this is poison", "12 events could be projected"] {
        assert!(answer.answer.contains(said), "{said}: {answer:?}");
    }
    mend(second);
    let answer = subject.try_to_replay().await;
    assert!(answer.is_done, "{answer:?}");
    assert!(answer.answer.contains("31 events could be projected"), "{answer:?}");

    assert_eq!(subject.read("a").await, Some(of(&[1])));
    assert_eq!(subject.read("b").await, Some(of(&[1])));
    assert_eq!(subject.parked_positions().await, positions);
    until(|| async { running.status().parked == 31 }).await;
    assert!(subject.replay(&[]).await.is_done, "and it told the truth");
    assert_folded(&subject, &*subject.place.log).await;
    running.stop().await.unwrap();
}

async fn what_is_discarded_is_kept_in_history_and_later_events_of_the_key_are_projected(
    subject: Subject,
) {
    let (poison, log) = (unfoldable(), subject.place.log.clone());
    let running = parked(&subject, &[("a", &[1, poison, 2, 3]), ("b", &[1, poison])]).await;
    let what = Action::Discard { keys: vec!["a".to_owned()], reason: "made by mistake".to_owned() };
    let answer = subject.ask(what.clone()).await;
    assert!(answer.is_done, "{answer:?}");
    assert!(answer.answer.contains("3 events discarded"), "{answer:?}");
    assert_eq!(subject.parked_keys().await, [("b".to_owned(), 1)]);
    until(|| async { running.status().parked == 1 }).await;

    let end = enter(&*log, "a", &[4, 5]).await;
    running.wait_for(end, PATIENCE).await.unwrap();
    let expected = of(&[1, 4, 5]);
    assert_eq!(subject.read("a").await, Some(expected.clone()));
    mend(poison);
    assert!(subject.replay(&[]).await.is_done);
    assert_eq!(subject.read("a").await, Some(expected), "what was discarded does not come back");

    let history = subject.operator().history(subject.name()).await.unwrap();
    assert_eq!(history[0], answer);
    assert_eq!((&history[0].what, history[0].by.as_str()), (&what, "ada"));
    assert!(history[0].at <= history[0].done_at);
    running.stop().await.unwrap();
}

async fn events_that_come_while_thousands_are_replayed_are_in_order_at_the_end(subject: Subject) {
    let (poison, log) = (unfoldable(), subject.place.log.clone());
    let many: Vec<u64> = [1, poison].into_iter().chain(2..2_000).collect();
    let running = parked(&subject, &[("a", &many)]).await;
    mend(poison);
    let replay = subject.clone();
    let replay = tokio::spawn(async move { replay.replay(&["a"]).await });
    let mut amount = 2_000;
    while !replay.is_finished() {
        enter(&*log, "a", &[amount]).await;
        enter(&*log, "b", &[amount]).await;
        amount += 1;
    }
    assert!(amount > 2_001, "some came meanwhile");
    replay.await.unwrap();
    // Those that came while it went on to be parked may have been set aside, or not.
    let end = enter(&*log, "b", &[1]).await;
    running.wait_for(end, PATIENCE).await.unwrap();
    assert!(subject.replay(&[]).await.is_done);
    assert_folded(&subject, &*log).await;
    assert_eq!(subject.parked_positions().await, [0_i64; 0]);
    running.stop().await.unwrap();
}

async fn a_replay_of_as_many_as_go_on_a_page_takes_the_key_off_the_list(subject: Subject) {
    let poison = unfoldable();
    let amounts = [poison, 1, 2, 3, 4, 5, 6]; // As many as a batch has.
    let running = parked(&subject, &[("a", &amounts)]).await;
    assert_eq!(subject.read("a").await, None::<Ledger>);
    mend(poison);
    assert!(subject.try_to_replay().await.is_done);
    assert!(subject.replay(&["a"]).await.is_done);
    assert_eq!(subject.read("a").await, Some(of(&amounts)));
    assert_eq!(subject.parked_keys().await, []);
    running.stop().await.unwrap();
}
