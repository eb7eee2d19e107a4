//! A build that several work on.

use std::collections::BTreeSet;

use annals_projections::{Action, RunnerSettings};

use super::{assert_folded, enter_some, until_live};
use crate::{
    place::swift,
    subject::{PATIENCE, Subject, of_both, records},
};

of_both!(several_workers_build_it_together);

async fn several_workers_build_it_together(subject: Subject) {
    let log = subject.place.log.clone();
    let settings = RunnerSettings { shares: 6, batch_events: 2, ..swift() };
    let end = enter_some(&*log, 0..300).await;
    let mut workers = vec![];
    for _ in 0..3 {
        workers.push(subject.again().await.start(settings).await);
    }
    for worker in &workers {
        worker.wait_for(end, PATIENCE).await.unwrap();
    }
    assert!(subject.ask(Action::Rebuild).await.is_done);
    let mut owners = BTreeSet::new();
    let mut end = end;
    let mut round = 300;
    loop {
        for lease in records(&subject.place, "lease", &format!("{}/2/", subject.name())).await {
            let content: serde_json::Value = serde_json::from_str(&lease.content).unwrap();
            owners.insert(content["owner"].as_str().unwrap().to_owned());
        }
        let shown = subject.operator().show(subject.name()).await.unwrap().unwrap();
        if shown.live.number() == 2 {
            break;
        }
        end = end.max(enter_some(&*log, round..round + 1).await);
        round += 1;
    }
    assert!(owners.len() > 1, "{owners:?}");
    until_live(&subject, 2).await;
    for worker in &workers {
        worker.wait_for(end, PATIENCE).await.unwrap();
    }
    assert_folded::<1>(&subject).await;
    for worker in workers {
        worker.stop().await.unwrap();
    }
}
