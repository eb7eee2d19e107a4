//! Builds that are given up, and those whose makers end in the middle.

use std::time::Duration;

use annals_core::{Select, Table};
use annals_projections::{Action, Halted, OnFailure, Phase, RunnerSettings, Running};

use super::{assert_folded, enter_some, until_live};
use crate::{
    ledger::{enter, mend, spoil, unfoldable},
    own,
    place::swift,
    subject::{AREAS, PATIENCE, Subject, field, of_both, records, until},
};

of_both!(
    a_build_that_is_given_up_leaves_nothing_behind,
    a_build_whose_maker_ended_goes_on_where_it_was,
    a_raised_version_that_was_given_up_is_built_only_when_somebody_asks,
);

/// Everything that there is of a build: records and tables.
pub(super) async fn left_of(subject: &Subject, build: u32) -> Vec<String> {
    let (place, name) = (&subject.place, subject.name());
    let mut left = vec![];
    for area in AREAS {
        for record in records(place, area, &format!("{name}/{build}/")).await {
            left.push(format!("{area}: {}", record.key));
        }
    }
    let table = format!("{}_{build}", subject.table());
    if subject.is_view() {
        // Whatever record is unchanged: it is about the table.
        let live = place.models.record("live", name).await.unwrap().unwrap();
        let unchanged = annals_core::RecordIn { area: "live", key: name, content: &live };
        let (its, none) = (Table::new(&table, vec![]).unwrap(), Select::Keys(vec!["a".to_owned()]));
        if place.models.rows(&its, &none, &unchanged).await.unwrap().is_some() {
            left.push(table);
        }
    } else if own::get(place, &table, "a").await.is_ok() {
        left.push(table);
    }
    left
}

async fn a_build_that_is_given_up_leaves_nothing_behind(subject: Subject) {
    let log = subject.place.log.clone();
    // Some of it is set aside, and with one event more of that share it is too much: so the build never is ready.
    let (poison, spoiled) = (unfoldable(), unfoldable());
    enter(&*log, "a", &[1, poison, 2]).await;
    mend(spoiled);
    enter_some(&*log, 0..50).await;
    enter(&*log, "j", &[1, spoiled]).await;
    let end = enter_some(&*log, 50..60).await;
    let on_failure = OnFailure::Park { limit: 2 };
    let settings = RunnerSettings { shares: 3, batch_events: 2, on_failure, ..swift() };
    let running = subject.start(settings).await;
    running.wait_for(end, PATIENCE).await.unwrap();
    assert_eq!(left_of(&subject, 2).await, [""; 0]);
    let answer = subject.ask(Action::CancelRebuild).await;
    assert!(!answer.is_done, "{answer:?}");

    spoil(spoiled);
    for build in [2, 3] {
        assert!(subject.ask(Action::Rebuild).await.is_done);
        let prefix = format!("{}/{build}/", subject.name());
        let reports = || records(&subject.place, "status", &prefix);
        until(|| async { reports().await.iter().any(|it| it.content.contains("set aside")) }).await;
        assert!(left_of(&subject, build).await.len() > 8, "it has marks, leases, a table and more");
        let answer = subject.ask(Action::CancelRebuild).await;
        assert!(answer.is_done, "{answer:?}");
        until(|| async { left_of(&subject, build).await.is_empty() }).await;
        // Also when those who worked on it have noticed, and have looked again.
        let end = enter_some(&*log, 0..1).await;
        until(|| async { running.wait_for(end, PATIENCE).await.is_ok() }).await;
        assert_quiet(&subject, build).await;
    }
    let shown = subject.operator().show(subject.name()).await.unwrap().unwrap();
    assert_eq!((shown.live.number(), shown.building), (1, None));
    assert_eq!(shown.shares.len(), 3);
    running.stop().await.unwrap();
}

async fn a_raised_version_that_was_given_up_is_built_only_when_somebody_asks(subject: Subject) {
    let log = subject.place.log.clone();
    let spoiled = unfoldable();
    mend(spoiled);
    let end = enter(&*log, "a", &[1, spoiled, 2]).await;
    let old = subject.start(swift()).await;
    old.wait_for(end, PATIENCE).await.unwrap();

    // It does not come over that, and so it is never ready.
    spoil(spoiled);
    let new = subject.again().await.runner_of::<2>(swift()).await.start();
    let shown = || async { subject.operator().show(subject.name()).await.unwrap().unwrap() };
    until(|| async { shown().await.building.is_some() }).await;
    assert!(subject.ask(Action::CancelRebuild).await.is_done);
    let is_given_up = |running: &Running| {
        matches!(running.status().phase, Phase::Halted(Halted::GivenUp { live: 1, version: 2 }))
    };
    until(|| async { is_given_up(&new) }).await;
    until(|| async { left_of(&subject, 2).await.is_empty() }).await;
    // What is read goes on, and nothing is begun anew.
    let end = enter_some(&*log, 0..1).await;
    old.wait_for(end, PATIENCE).await.unwrap();
    assert_quiet(&subject, 3).await;
    assert!(is_given_up(&new));
    old.stop().await.unwrap();

    mend(spoiled);
    assert!(subject.ask(Action::Rebuild).await.is_done);
    until_live(&subject, 3).await;
    let end = enter_some(&*log, 1..2).await;
    new.wait_for(end, PATIENCE).await.unwrap();
    assert_folded::<2>(&subject).await;
    new.stop().await.unwrap();
}

/// That nothing of a build comes back during some beats.
async fn assert_quiet(subject: &Subject, build: u32) {
    let reported = || async {
        let reports = records(&subject.place, "status", &format!("{}/1/", subject.name())).await;
        reports.first().map_or(0, |report| field(&report.content, "at"))
    };
    for _ in 0..3 {
        let before = reported().await;
        until(|| async { reported().await > before }).await;
        assert_eq!(left_of(subject, build).await, [""; 0]);
    }
}

async fn a_build_whose_maker_ended_goes_on_where_it_was(subject: Subject) {
    let log = subject.place.log.clone();
    let settings = RunnerSettings { batch_events: 4, lease: Duration::from_millis(100), ..swift() };
    let end = enter_some(&*log, 0..2_000).await;
    let running = subject.start(swift()).await;
    running.wait_for(end, PATIENCE).await.unwrap();
    running.stop().await.unwrap();
    let soon = Duration::from_millis(1);
    subject.operator().ask(subject.name(), Action::Rebuild, "ada", soon).await.unwrap_err();

    let position = |of: Subject| async move {
        let key = format!("{}/2/0000", of.name());
        let mark = of.place.models.record("checkpoint", &key).await.unwrap();
        mark.map_or(0, |mark| field(&mark, "position"))
    };
    let (mut ended, mut before, mut resumed) = (None, 0, 0);
    for _ in 0..6 {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let its = subject.again().await;
        let ran = runtime.spawn(async move {
            let running = its.start(settings).await;
            until(|| async { position(its.clone()).await > before }).await;
            running
        });
        let running = ran.await.unwrap();
        runtime.shutdown_background();
        ended = Some(running);
        let now = position(subject.clone()).await;
        if now >= end.get() || now == 0 {
            break; // It is there already, or was swapped and removed.
        }
        assert!(now > before, "it goes on where it was");
        (before, resumed) = (now, resumed + 1);
    }
    assert!(resumed >= 2, "it ended in the middle");
    drop(ended);
    let running = subject.start(settings).await;
    until_live(&subject, 2).await;
    let end = enter_some(&*log, 2_000..2_010).await;
    running.wait_for(end, PATIENCE).await.unwrap();
    assert_folded::<1>(&subject).await;
    running.stop().await.unwrap();
}
