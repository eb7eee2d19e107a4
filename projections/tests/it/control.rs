//! What operators ask for from elsewhere is done by whoever runs, and is kept.

use std::time::Duration;

use annals_projections::{Action, AskError, RunnerSettings, WaitError};

use crate::{
    ledger::{enter, folded, mend, of, unfoldable},
    place::swift,
    subject::{PATIENCE, Subject, halted, of_both, parking, until},
};

of_both!(
    what_is_asked_for_from_elsewhere_is_done_and_kept_with_who_and_when,
    what_has_halted_goes_on_when_it_is_resumed,
    a_request_that_nobody_answers_is_done_by_whoever_runs_next,
    what_nobody_has_done_is_listed_and_can_be_withdrawn,
    a_request_is_done_or_withdrawn_and_never_both,
    several_requests_are_done_in_the_order_in_which_they_were_made,
);

async fn what_is_asked_for_from_elsewhere_is_done_and_kept_with_who_and_when(subject: Subject) {
    let (log, poison) = (subject.place.log.clone(), unfoldable());
    let running = subject.start(parking()).await;
    enter(&*log, "a", &[1, poison]).await;
    enter(&*log, "b", &[poison]).await;
    let end = enter(&*log, "c", &[1]).await;
    running.wait_for(end, PATIENCE).await.unwrap();

    let elsewhere = subject.again().await.operator();
    let keys = |key: &str| vec![key.to_owned()];
    let discard = Action::Discard { keys: keys("b"), reason: "a mistake".to_owned() };
    let replay = |dry_run| Action::Replay { keys: keys("a"), dry_run };
    mend(poison);
    let asked = [
        ("ada", Action::Pause, true),
        ("bob", Action::Pause, false),
        ("bob", Action::Resume, true),
        ("eve", replay(true), true),
        ("eve", replay(false), true),
        ("eve", discard, true),
        ("ada", Action::CancelRebuild, false),
        ("ada", Action::Rebuild, true),
    ];
    let mut answers = vec![];
    for (by, what, is_done) in asked {
        let is_pause = what == Action::Pause;
        let answer = elsewhere.ask(subject.name(), what.clone(), by, PATIENCE).await.unwrap();
        assert_eq!((answer.is_done, &answer.what, answer.by.as_str()), (is_done, &what, by));
        assert!(answer.at <= answer.done_at, "{answer:?}");
        answers.push(answer);
        if is_pause {
            let end = enter(&*log, "c", &[2]).await;
            for waited in [
                running.wait_for(end, PATIENCE).await,
                subject.place.rows::<crate::ledger::Ledger>().wait_for(end, PATIENCE).await,
            ]
            .into_iter()
            .take(if subject.is_view() { 2 } else { 1 })
            {
                assert!(matches!(waited, Err(WaitError::Paused { .. })), "{waited:?}");
            }
            assert_eq!(subject.read("c").await, Some(of(&[1])));
            let shown = elsewhere.show(subject.name()).await.unwrap().unwrap();
            assert!(shown.is_paused);
        }
    }
    assert!(answers[1].answer.contains("paused already"), "{:?}", answers[1]);
    assert_eq!(elsewhere.history(subject.name()).await.unwrap(), answers);
    assert!(answers.is_sorted_by_key(|answer| answer.done_at));
    assert_eq!(subject.read("a").await, Some(of(&[1, poison])));
    running.stop().await.unwrap();
}

async fn what_has_halted_goes_on_when_it_is_resumed(subject: Subject) {
    let (log, poison) = (subject.place.log.clone(), unfoldable());
    let running = subject.start(RunnerSettings { shares: 2, ..swift() }).await;
    enter(&*log, "a", &[1, poison, 2]).await;
    let end = enter(&*log, "b", &[1]).await;
    let why = halted(running.wait_for(end.minus(1), PATIENCE).await);
    assert!(why.contains("position 2"), "{why}");
    // Nothing is mended: it halts again.
    let elsewhere = subject.again().await.operator();
    elsewhere.ask(subject.name(), Action::Resume, "ada", PATIENCE).await.unwrap();
    until(|| async { !running.status().is_healthy() }).await;
    until(|| async {
        let shown = elsewhere.show(subject.name()).await.unwrap().unwrap();
        shown
            .shares
            .iter()
            .any(|share| share.why.as_deref().is_some_and(|why| why.contains("position 2")))
    })
    .await;
    mend(poison);
    elsewhere.ask(subject.name(), Action::Resume, "ada", PATIENCE).await.unwrap();
    until(|| async { running.wait_for(end, PATIENCE).await.is_ok() }).await;
    until(|| async { running.status().is_healthy() }).await;
    for (key, ledger) in folded::<1>(&*log).await {
        assert_eq!(subject.read(&key).await, Some(ledger), "{key}");
    }
    running.stop().await.unwrap();
}

async fn a_request_that_nobody_answers_is_done_by_whoever_runs_next(subject: Subject) {
    let (log, poison) = (subject.place.log.clone(), unfoldable());
    let (operator, soon) = (subject.operator(), Duration::from_millis(100));
    match operator.ask(subject.name(), Action::Pause, "ada", soon).await {
        Err(AskError::Unknown { name }) => assert_eq!(name, subject.name()),
        other => panic!("{other:?}"),
    }
    assert!(operator.show(subject.name()).await.unwrap().is_none());
    let running = subject.start(parking()).await;
    let end = enter(&*log, "b", &[1]).await;
    enter(&*log, "a", &[1, poison]).await;
    running.wait_for(end, PATIENCE).await.unwrap();
    until(|| async { subject.parked_keys().await.len() == 1 }).await;
    running.stop().await.unwrap();

    mend(poison);
    let replay = Action::Replay { keys: vec![], dry_run: false };
    for what in [replay.clone(), Action::Pause] {
        match operator.ask(subject.name(), what, "ada", soon).await {
            Err(AskError::Unanswered { name, patience }) => {
                assert_eq!((name.as_str(), patience), (subject.name(), soon));
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(operator.history(subject.name()).await.unwrap(), vec![]);
    match operator.ask("nobody's", Action::Pause, "ada", soon).await {
        Err(AskError::Unknown { name }) => assert_eq!(name, "nobody's"),
        other => panic!("{other:?}"),
    }

    let running = subject.start(parking()).await;
    until(|| async { operator.history(subject.name()).await.unwrap().len() == 1 }).await;
    assert!(subject.ask(Action::Resume).await.is_done);
    until(|| async { operator.history(subject.name()).await.unwrap().len() == 3 }).await;
    assert_eq!(subject.read("a").await, Some(of(&[1, poison])));
    running.stop().await.unwrap();
}

async fn what_nobody_has_done_is_listed_and_can_be_withdrawn(subject: Subject) {
    let running = subject.start(swift()).await;
    let end = enter(&*subject.place.log, "a", &[1]).await;
    running.wait_for(end, PATIENCE).await.unwrap();
    running.stop().await.unwrap();
    let (operator, name, soon) = (subject.operator(), subject.name(), Duration::from_millis(2));
    let asked = [Action::Pause, Action::Rebuild];
    for what in &asked {
        operator.ask(name, what.clone(), "ada", soon).await.unwrap_err();
    }
    let pending = operator.pending(name).await.unwrap();
    let listed: Vec<_> = pending.iter().map(|it| (it.what.clone(), it.by.as_str())).collect();
    assert_eq!(listed, asked.clone().map(|what| (what, "ada")));
    assert_eq!(operator.history(name).await.unwrap(), vec![]);

    let withdrawn = subject.again().await.operator().withdraw(name, "bob").await.unwrap();
    assert_eq!(operator.history(name).await.unwrap(), withdrawn);
    assert_eq!(operator.pending(name).await.unwrap(), vec![]);
    assert_eq!(operator.withdraw(name, "bob").await.unwrap(), vec![]);
    for ((answer, asked), pending) in withdrawn.iter().zip(&asked).zip(&pending) {
        assert_eq!((&answer.what, &*answer.by, answer.at), (asked, "ada", pending.at));
        assert_eq!((answer.is_done, answer.withdrawn_by.as_deref()), (false, Some("bob")));
        assert!(answer.at <= answer.done_at && answer.answer == "withdrawn by bob", "{answer:?}");
    }
    match operator.withdraw("nobody's", "bob").await {
        Err(AskError::Unknown { name }) => assert_eq!(name, "nobody's"),
        other => panic!("{other:?}"),
    }
    // Whoever runs next does nothing of it.
    let running = subject.start(swift()).await;
    let end = enter(&*subject.place.log, "a", &[2]).await;
    running.wait_for(end, PATIENCE).await.unwrap();
    let shown = operator.show(name).await.unwrap().unwrap();
    assert!(!shown.is_paused && shown.building.is_none() && shown.live.number() == 1, "{shown:?}");
    assert_eq!(operator.history(name).await.unwrap(), withdrawn);
    running.stop().await.unwrap();
}

async fn a_request_is_done_or_withdrawn_and_never_both(subject: Subject) {
    let running = subject.start(swift()).await;
    let end = enter(&*subject.place.log, "a", &[1]).await;
    running.wait_for(end, PATIENCE).await.unwrap();
    let (operator, other) = (subject.operator(), subject.again().await.operator());
    let name = subject.name();
    let stands = async || {
        let shown = operator.show(name).await.unwrap().unwrap();
        (shown.is_paused, shown.building.unwrap_or(shown.live).number())
    };
    let mut asked = 0;
    for round in 0..16_u64 {
        let what = if round % 2 == 0 { Action::Pause } else { Action::Rebuild };
        let (was_paused, build) = stands().await;
        let take_back = async {
            // Sooner and later, so that now the one is first and now the other.
            for _ in 0..round * 8 {
                other.pending(name).await.unwrap();
                tokio::task::yield_now().await;
            }
            other.withdraw(name, "bob").await.unwrap()
        };
        let (answer, withdrawn) =
            tokio::join!(operator.ask(name, what.clone(), "ada", PATIENCE), take_back);
        let answer = answer.unwrap();
        asked += 1;
        let is_withdrawn = answer.withdrawn_by.is_some();
        assert_eq!(withdrawn, if is_withdrawn { vec![answer.clone()] } else { vec![] });
        let expected = match &what {
            Action::Pause => (answer.is_done || was_paused, build),
            _ => (was_paused, build + u32::from(answer.is_done)),
        };
        assert_eq!(stands().await, expected, "{answer:?}");
        if stands().await.0 {
            assert!(subject.ask(Action::Resume).await.is_done);
            asked += 1;
        }
    }
    assert_eq!(operator.history(name).await.unwrap().len(), asked);
    running.stop().await.unwrap();
}

async fn several_requests_are_done_in_the_order_in_which_they_were_made(subject: Subject) {
    let running = subject.start(swift()).await;
    let end = enter(&*subject.place.log, "a", &[1]).await;
    running.wait_for(end, PATIENCE).await.unwrap();
    running.stop().await.unwrap();
    let (operator, soon) = (subject.operator(), Duration::from_millis(2));
    let asked = [Action::Pause, Action::Resume, Action::Pause, Action::Resume, Action::Resume];
    for what in &asked {
        operator.ask(subject.name(), what.clone(), "ada", soon).await.unwrap_err();
    }
    let running = subject.start(swift()).await;
    until(|| async { operator.history(subject.name()).await.unwrap().len() == asked.len() }).await;
    let history = operator.history(subject.name()).await.unwrap();
    assert!(history.iter().all(|answer| answer.is_done), "{history:?}");
    let done: Vec<_> = history.into_iter().map(|answer| answer.what).collect();
    assert_eq!(done, asked);
    let end = enter(&*subject.place.log, "a", &[2]).await;
    running.wait_for(end, PATIENCE).await.unwrap();
    running.stop().await.unwrap();
}
