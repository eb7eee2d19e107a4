//! A new build of a read model, made beside the old one while that is read.

mod crew;
mod given_up;
mod read_meanwhile;

use std::time::Duration;

use annals_core::{EventStore, Position};
use annals_projections::{Action, Halted, Phase, RunnerSettings, WaitError};
use futures::StreamExt;

use crate::{
    ledger::{Ledger, Made, enter, folded},
    own::{self, Single},
    place::{Place, swift},
    subject::{PATIENCE, Subject, is_soon, of_both, until},
};

of_both!(
    a_raised_version_is_built_beside_the_old_one_and_takes_its_place,
    what_is_asked_for_is_built_beside_and_the_replaced_one_is_kept_for_a_while,
    an_older_program_is_told_and_does_nothing,
    progress_is_told_until_there_is_no_more_to_build,
);

crate::place::everywhere!(
    a_comparison_lists_exactly_the_keys_that_differ_over_several_pages,
    what_cannot_be_built_beside_itself_refuses,
);

/// Entries in 30 ledgers, and where the last of them stands.
async fn enter_some(log: &dyn EventStore, rounds: std::ops::Range<u64>) -> Position {
    let mut end = Position::START;
    for round in rounds {
        end = enter(log, &format!("of {:02}", round % 30), &[round, round % 3 + 1]).await;
    }
    end
}

/// Until that build is read.
async fn until_live(subject: &Subject, build: u32) {
    until(|| async {
        let shown = subject.operator().show(subject.name()).await.unwrap();
        shown.is_some_and(|it| it.live.number() == build)
    })
    .await;
}

async fn assert_folded<const V: u32>(subject: &Subject) {
    for (key, ledger) in folded::<V>(&*subject.place.log).await {
        assert_eq!(subject.read(&key).await, Some(ledger.read_as::<1>()), "{key}");
    }
}

async fn a_raised_version_is_built_beside_the_old_one_and_takes_its_place(subject: Subject) {
    let log = subject.place.log.clone();
    let end = enter_some(&*log, 0..60).await;
    let old = subject.start(swift()).await;
    old.wait_for(end, PATIENCE).await.unwrap();
    assert_folded::<1>(&subject).await;

    let its = subject.again().await;
    let new = its.runner_of::<2>(swift()).await.start();
    let end = enter_some(&*log, 60..90).await;
    until_live(&subject, 2).await;
    new.wait_for(end, PATIENCE).await.unwrap();
    assert_folded::<2>(&subject).await;
    let end = enter_some(&*log, 90..100).await;
    new.wait_for(end, PATIENCE).await.unwrap();
    assert_folded::<2>(&subject).await;
    let shown = subject.operator().show(subject.name()).await.unwrap().unwrap();
    assert_eq!((shown.live.version(), shown.building), (2, None));
    until(|| async { matches!(old.status().phase, Phase::Halted(Halted::Outdated { .. })) }).await;
    until(|| async { new.status().is_healthy() }).await;
    old.stop().await.unwrap();
    new.stop().await.unwrap();
}

async fn what_is_asked_for_is_built_beside_and_the_replaced_one_is_kept_for_a_while(
    subject: Subject,
) {
    let keep_replaced = Duration::from_secs(2);
    let log = subject.place.log.clone();
    let running = subject.start(RunnerSettings { keep_replaced, ..swift() }).await;
    let end = enter_some(&*log, 0..60).await;
    running.wait_for(end, PATIENCE).await.unwrap();
    let answer = subject.ask(Action::Rebuild).await;
    assert!(answer.is_done && answer.answer.contains("build 2"), "{answer:?}");
    until_live(&subject, 2).await;
    assert!(!given_up::left_of(&subject, 1).await.is_empty(), "it is still there");
    assert_folded::<1>(&subject).await;
    until(|| async { given_up::left_of(&subject, 1).await.is_empty() }).await;
    let end = enter_some(&*log, 60..70).await;
    running.wait_for(end, PATIENCE).await.unwrap();
    assert_folded::<1>(&subject).await;
    running.stop().await.unwrap();
}

/// As a worker takes one that looked before it stood still, and at the share's checkpoint after that.
#[tokio::test(flavor = "multi_thread")]
async fn a_share_that_is_taken_while_it_stands_still_delays_no_swap() {
    let subject = Subject::view(Place::in_memory());
    let end = enter_some(&*subject.place.log, 0..60).await;
    let running = subject.start(swift()).await;
    running.wait_for(end, PATIENCE).await.unwrap();
    let mut build = 1;
    let mut was_taken = false;
    while !was_taken {
        assert!(subject.ask(Action::Rebuild).await.is_done);
        let taken = async {
            loop {
                match take_what_stands_still(&subject, build).await {
                    Some(is_taken) => return is_taken,
                    None => tokio::task::yield_now().await,
                }
            }
        };
        was_taken = tokio::time::timeout(PATIENCE, taken).await.unwrap();
        build += 1;
        // Longer than this nothing stands still in one go.
        let is_live = || async {
            let shown = subject.operator().show(subject.name()).await.unwrap().unwrap();
            shown.live.number() == build
        };
        assert!(is_soon(Duration::from_secs(4), is_live).await, "build {build}");
    }
    running.stop().await.unwrap();
}

/// Takes the only share of a build, if it stands still. Whether that was so; `None` before that.
async fn take_what_stands_still(subject: &Subject, build: u32) -> Option<bool> {
    let (place, name) = (&subject.place, subject.name());
    let standing = place.models.record("projection", name).await.unwrap().unwrap();
    if !standing.contains(&format!("\"live\":{{\"build\":{build},")) {
        return Some(false);
    }
    let key = format!("{name}/{build}/0000");
    let mark = place.models.record("checkpoint", &key).await.unwrap().unwrap();
    if !mark.contains("\"owner\":null") || standing.contains("\"still_until\":null") {
        return None;
    }
    let owner = "\"owner\":\"00000000-0000-0000-0000-000000000000\"";
    let owned = mark.replace("\"owner\":null", owner);
    let mut tx = place.models.begin().await.unwrap();
    let is_taken = tx.swap("checkpoint", &key, Some(&mark), Some(&owned)).await.unwrap();
    tx.commit().await.unwrap();
    Some(is_taken)
}

async fn an_older_program_is_told_and_does_nothing(subject: Subject) {
    let log = subject.place.log.clone();
    let end = enter_some(&*log, 0..30).await;
    let new = subject.runner_of::<2>(swift()).await.start();
    new.wait_for(end, PATIENCE).await.unwrap();
    new.stop().await.unwrap();

    let end = enter_some(&*log, 30..40).await;
    let old = subject.start(swift()).await;
    match old.wait_for(end, PATIENCE).await {
        Err(WaitError::Halted { source: Halted::Outdated { live: 2, version: 1 }, .. }) => {}
        other => panic!("{other:?}"),
    }
    // Nor does it go back to what it has when it is asked to rebuild.
    let asked = subject.operator();
    let soon = Duration::from_millis(500);
    asked.ask(subject.name(), Action::Rebuild, "ada", soon).await.unwrap_err();
    let shown = subject.operator().show(subject.name()).await.unwrap().unwrap();
    assert_eq!((shown.live.version(), shown.building), (2, None));
    assert!(shown.position < end);
    old.stop().await.unwrap();

    let new = subject.runner_of::<2>(swift()).await.start();
    until_live(&subject, 2).await; // Asked for meanwhile.
    new.wait_for(end, PATIENCE).await.unwrap();
    assert_folded::<2>(&subject).await;
    new.stop().await.unwrap();
}

async fn progress_is_told_until_there_is_no_more_to_build(subject: Subject) {
    let log = subject.place.log.clone();
    enter_some(&*log, 0..300).await;
    let settings = RunnerSettings { batch_events: 3, ..swift() };
    let running = subject.start(settings).await;
    let end = enter_some(&*log, 300..301).await;
    running.wait_for(end, PATIENCE).await.unwrap();
    assert!(subject.ask(Action::Rebuild).await.is_done);
    let operator = subject.operator();
    let told: Vec<_> = operator.progress(subject.name()).collect().await;
    let told: Vec<_> = told.into_iter().map(Result::unwrap).collect();
    for progress in &told {
        assert_eq!(progress.build.number(), 2);
        assert!(progress.events <= progress.total && progress.total == end.get(), "{progress:?}");
        assert!((0.0..=100.0).contains(&progress.percent()), "{progress:?}");
    }
    assert!(told.is_sorted_by_key(|progress| progress.events), "{told:?}");
    until_live(&subject, 2).await;
    assert_eq!(operator.progress(subject.name()).count().await, 0);
    running.stop().await.unwrap();
}

async fn a_comparison_lists_exactly_the_keys_that_differ_over_several_pages(place: Place) {
    let end = enter_some(&*place.log, 0..60).await;
    let running = place.runner::<Ledger>().start();
    running.wait_for(end, PATIENCE).await.unwrap();
    let operator = place.operator();
    operator.compare("ledger", "", 10).await.unwrap_err();
    let answer = operator.ask("ledger", Action::Rebuild, "ada", PATIENCE).await.unwrap();
    assert!(answer.is_done, "{answer:?}");
    until_live(&Subject::view(place.clone()), 2).await;
    assert_eq!(operator.compare("ledger", "", 100).await.unwrap(), (vec![], None));

    // Only the new one goes on.
    for key in ["of 03", "of 17", "zoe", "aaron"] {
        let end = enter(&*place.log, key, &[5]).await;
        running.wait_for(end, PATIENCE).await.unwrap();
    }
    for limit in [1, 2, 7, 1_000] {
        let (mut differing, mut after) = (vec![], String::new());
        loop {
            let (some, next) = operator.compare("ledger", &after, limit).await.unwrap();
            differing.extend(some);
            let Some(next) = next else { break };
            assert!(next > after, "it goes on");
            after = next;
        }
        let keys: Vec<_> = differing.iter().map(|it| it.key.as_str()).collect();
        assert_eq!(keys, ["aaron", "of 03", "of 17", "zoe"], "by {limit}");
        assert_eq!(differing[0].older, None);
        let newer = differing[1].newer.as_deref().unwrap();
        let ledger: Made<1> = serde_json::from_str(newer).unwrap();
        assert_eq!(folded::<1>(&*place.log).await["of 03"], ledger);
        assert_ne!(differing[1].older.as_deref(), Some(newer));
    }
    running.stop().await.unwrap();
}

async fn what_cannot_be_built_beside_itself_refuses(place: Place) {
    let end = enter_some(&*place.log, 0..3).await;
    let running = own::runner_of(&place, Single::<1>).await.with_settings(swift()).start();
    running.wait_for(end, PATIENCE).await.unwrap();
    let operator = place.operator();
    let answer = operator.ask("single", Action::Rebuild, "ada", PATIENCE).await.unwrap();
    assert!(!answer.is_done && answer.answer.contains("beside"), "{answer:?}");
    running.stop().await.unwrap();

    let raised = own::runner_of(&place, Single::<2>).await.with_settings(swift()).start();
    let end = enter_some(&*place.log, 3..4).await;
    match raised.wait_for(end, PATIENCE).await {
        Err(WaitError::Halted { source: Halted::NotBeside { live: 1, version: 2 }, .. }) => {}
        other => panic!("{other:?}"),
    }
    let shown = operator.show("single").await.unwrap().unwrap();
    assert_eq!((shown.live.number(), shown.building), (1, None));
    raised.stop().await.unwrap();
}
