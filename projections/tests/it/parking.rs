//! Events that cannot be projected are set aside with all later ones of their keys, and replayed or forgotten.

mod crashes;
mod interrupted;
mod keys;
mod limits;
mod replaying;

use annals_projections::WaitError;

use crate::{
    ledger::{enter, folded, mend, of, unfoldable},
    place::swift,
    subject::{PATIENCE, Subject, halted, of_both, parking, until},
};

of_both!(
    a_key_that_fails_is_set_aside_with_all_its_later_events_while_other_keys_go_on,
    a_restart_keeps_the_parked_keys_parked,
    by_default_an_event_that_cannot_be_projected_halts_it_and_nothing_is_set_aside,
);

async fn a_key_that_fails_is_set_aside_with_all_its_later_events_while_other_keys_go_on(
    subject: Subject,
) {
    let (log, poison) = (subject.place.log.clone(), unfoldable());
    let running = subject.start(parking()).await;
    enter(&*log, "a", &[1, 2, poison, 3]).await;
    enter(&*log, "b", &[1]).await;
    let parked = enter(&*log, "a", &[4]).await;
    let end = enter(&*log, "b", &[2, 3]).await;
    running.wait_for(end, PATIENCE).await.unwrap();
    // Once more, now that it is set aside already.
    enter(&*log, "a", &[5, poison]).await;
    let end = enter(&*log, "c", &[7]).await;
    running.wait_for(end, PATIENCE).await.unwrap();

    assert_eq!(subject.read("a").await, Some(of(&[1, 2])));
    assert_eq!(subject.read("b").await, Some(of(&[1, 2, 3])));
    assert_eq!(subject.read("c").await, Some(of(&[7])));
    assert_eq!(subject.parked_positions().await, [3, 4, 6, 9, 10]);
    let infos = subject.parked().await;
    assert_eq!(infos.len(), 1, "{infos:?}");
    assert_eq!((infos[0].key.as_str(), infos[0].events, infos[0].position.get()), ("a", 5, 3));
    assert!(infos[0].error.contains("this is poison"), "{}", infos[0].error);
    assert!(infos[0].age < PATIENCE, "{:?}", infos[0].age);
    until(|| async { running.status().parked == 5 && running.status().is_healthy() }).await;
    match running.wait_for(parked, PATIENCE).await {
        Err(WaitError::Parked { key, .. }) => assert_eq!(key, "a"),
        other => panic!("{other:?}"),
    }
    running.stop().await.unwrap();
}

async fn a_restart_keeps_the_parked_keys_parked(subject: Subject) {
    let (log, poison) = (subject.place.log.clone(), unfoldable());
    enter(&*log, "a", &[1, poison, 2]).await;
    for round in 3..6 {
        let subject = subject.again().await;
        let running = subject.start(parking()).await;
        enter(&*log, "a", &[round]).await;
        let end = enter(&*log, "b", &[round]).await;
        running.wait_for(end, PATIENCE).await.unwrap();
        assert_eq!(subject.read("a").await, Some(of(&[1])));
        assert_eq!(subject.parked_keys().await, [("a".to_owned(), round)]);
        until(|| async { running.status().parked == round }).await;
        running.stop().await.unwrap();
    }
    // Also where it would not fail any more: the later ones must not go before it.
    mend(poison);
    let running = subject.start(parking()).await;
    let end = enter(&*log, "a", &[6]).await;
    assert!(matches!(running.wait_for(end, PATIENCE).await, Err(WaitError::Parked { .. })));
    assert_eq!(subject.read("a").await, Some(of(&[1])));
    assert!(subject.replay(&[]).await.is_done);
    assert_eq!(subject.read("a").await.as_ref(), folded::<1>(&*log).await.get("a"));
    running.stop().await.unwrap();
}

async fn by_default_an_event_that_cannot_be_projected_halts_it_and_nothing_is_set_aside(
    subject: Subject,
) {
    let (log, poison) = (subject.place.log.clone(), unfoldable());
    enter(&*log, "a", &[1, 2]).await;
    enter(&*log, "b", &[1]).await;
    enter(&*log, "a", &[poison]).await;
    let end = enter(&*log, "b", &[2]).await;
    let running = subject.start(swift()).await;
    let why = halted(running.wait_for(end, PATIENCE).await);
    assert!(why.contains("position 4") && why.contains("this is poison"), "{why}");
    until(|| async { !running.status().is_healthy() }).await;
    assert_eq!(subject.read("a").await, Some(of(&[1, 2])));
    assert_eq!(subject.read("b").await, Some(of(&[1])));
    assert_eq!(subject.parked_positions().await, [0_i64; 0]);
    assert_eq!(subject.checkpoint().await.get(), 3);
    running.stop().await.unwrap();
}
