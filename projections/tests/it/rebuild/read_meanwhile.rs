//! Whoever reads while something is rebuilt sees all of the old build or all of the new one.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use super::{assert_folded, enter_some, until_live};
use crate::{
    ledger::{Ledger, Made, folded},
    place::{Place, swift},
    subject::{PATIENCE, Subject},
};

crate::place::everywhere!(readers_see_the_whole_old_build_or_the_whole_new_one_and_no_error);

/// Which of the two made these states: all of them.
fn made_by<'s, const V: u32>(states: impl Iterator<Item = &'s Made<V>>, number: usize) -> u32 {
    let (mut count, mut makers) = (0, BTreeSet::new());
    for state in states {
        count += 1;
        makers.insert(state.made_by);
    }
    assert_eq!((count, makers.len()), (number, 1), "made by {makers:?}");
    makers.pop_first().unwrap()
}

/// Reads on and on, as a program of version `V` does. Once it has seen the new build it never sees the old one.
async fn read<const V: u32>(place: Place, keys: Vec<String>, is_over: Arc<AtomicBool>) -> usize {
    let rows = place.rows::<Made<V>>();
    let (mut seen, mut reads) = (1, 0);
    while !is_over.load(Ordering::Acquire) {
        let page = rows.query().limit(1_000).page().await.unwrap();
        let made = made_by(page.rows.iter().map(|(_, state)| state), keys.len());
        assert!(made >= seen, "it went back");
        seen = made;
        let order = Made::<V>::ENTRIES;
        let page = rows.query().order_by(order).descending().limit(1_000).page().await.unwrap();
        let made = made_by(page.rows.iter().map(|(_, state)| state), keys.len());
        assert!(made >= seen, "it went back");
        seen = made;
        let many = rows.get_many(keys.clone()).await.unwrap();
        let made = made_by(many.values(), keys.len());
        assert!(made >= seen, "it went back");
        (seen, reads) = (made, reads + 1);
        tokio::task::yield_now().await;
    }
    reads
}

async fn readers_see_the_whole_old_build_or_the_whole_new_one_and_no_error(place: Place) {
    let subject = Subject::view(place.clone());
    let end = enter_some(&*place.log, 0..300).await;
    let keys: Vec<_> = folded::<1>(&*place.log).await.into_keys().collect();
    let old = place.runner::<Ledger>().start();
    old.wait_for(end, PATIENCE).await.unwrap();

    let is_over = Arc::<AtomicBool>::default();
    let mut readers = vec![];
    for number in 0..100 {
        let (place, keys, is_over) = (place.clone(), keys.clone(), Arc::clone(&is_over));
        readers.push(match number % 2 {
            0 => tokio::spawn(read::<1>(place, keys, is_over)),
            _ => tokio::spawn(read::<2>(place, keys, is_over)),
        });
    }
    let settings = annals_projections::RunnerSettings { batch_events: 10, ..swift() };
    let its = subject.again().await;
    let new = its.runner_of::<2>(settings).await.start();
    let written = AtomicUsize::new(0);
    let writing = async {
        loop {
            let round = 300 + u64::try_from(written.fetch_add(1, Ordering::AcqRel)).unwrap();
            enter_some(&*place.log, round..round + 1).await;
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        () = until_live(&subject, 2) => {}
        () = writing => {}
    }
    let end = enter_some(&*place.log, 0..1).await;
    new.wait_for(end, PATIENCE).await.unwrap();
    is_over.store(true, Ordering::Release);
    let mut reads = 0;
    for reader in readers {
        reads += reader.await.unwrap();
    }
    assert!(reads > 100, "{reads}");
    assert_folded::<2>(&subject).await;
    old.stop().await.unwrap();
    new.stop().await.unwrap();
}
