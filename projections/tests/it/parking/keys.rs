//! What is set aside is known by its key: odd ones, and none.

use annals_projections::WaitError;

use crate::{
    ledger::{Entry, Tagged, enter, enter_all, folded, mend, of, unfoldable, unreadable},
    place::Place,
    subject::{PATIENCE, Subject, halted, of_both, parking},
};

of_both!(
    a_key_may_be_written_in_any_way,
    an_event_that_cannot_be_decoded_is_set_aside_where_the_key_is_that_of_the_stream,
);

crate::place::everywhere!(
    an_event_that_cannot_be_decoded_halts_what_is_keyed_by_what_it_says,
    of_an_event_for_several_keys_only_the_one_that_fails_is_set_aside,
);

async fn a_key_may_be_written_in_any_way(subject: Subject) {
    // The stream's name has 255 bytes at most, and so has a key.
    let (long, percents) = ("ü".repeat(124), "%".repeat(248));
    let odd = [
        "a/b",
        "a%2Fb",
        "a%b",
        "%",
        "/",
        "//",
        "a",
        "a/",
        "Zoë Müller",
        "0001",
        "%25",
        "_",
        "it's \"so\"",
        &long,
        &percents,
    ];
    let (log, poison) = (subject.place.log.clone(), unfoldable());
    for (amount, key) in odd.iter().enumerate() {
        enter(&*log, key, &[u64::try_from(amount).unwrap(), poison, 5]).await;
    }
    let end = enter(&*log, "z", &[1]).await;
    let running = subject.start(parking()).await;
    running.wait_for(end, PATIENCE).await.unwrap();

    let mut keys: Vec<_> = subject.parked_keys().await;
    keys.sort_unstable();
    let mut expected: Vec<_> = odd.iter().map(|key| ((*key).to_owned(), 2)).collect();
    expected.sort_unstable();
    assert_eq!(keys, expected);
    // By pages of them, as a console would.
    let (mut paged, mut after) = (vec![], String::new());
    while let Some(info) = subject.operator().parked(subject.name(), &after, 1).await.unwrap().pop()
    {
        after.clone_from(&info.key);
        paged.push((info.key, info.events));
    }
    paged.sort_unstable();
    assert_eq!(paged, expected);
    mend(poison);
    assert!(subject.replay(&["a/b"]).await.is_done);
    for (amount, key) in odd.iter().enumerate() {
        let amount = u64::try_from(amount).unwrap();
        let amounts = [amount, poison, 5];
        let expected = if *key == "a/b" { of(&amounts) } else { of(&amounts[..1]) };
        assert_eq!(subject.read(key).await, Some(expected), "{key}");
    }
    for key in odd {
        assert!(subject.replay(&[key]).await.is_done, "{key}");
    }
    assert_eq!(subject.parked_keys().await, []);
    for (key, ledger) in folded::<1>(&*log).await {
        assert_eq!(subject.read(&key).await, Some(ledger), "{key}");
    }
    running.stop().await.unwrap();
}

async fn an_event_that_cannot_be_decoded_is_set_aside_where_the_key_is_that_of_the_stream(
    subject: Subject,
) {
    let (log, rotten, later) = (subject.place.log.clone(), unreadable(), unreadable());
    enter(&*log, "a", &[1, rotten, 2, later, 3]).await;
    let end = enter(&*log, "b", &[1]).await;
    let running = subject.start(parking()).await;
    running.wait_for(end, PATIENCE).await.unwrap();
    assert_eq!(subject.read("a").await, Some(of(&[1])));
    assert_eq!(subject.read("b").await, Some(of(&[1])));
    assert_eq!(subject.parked_positions().await, [2, 3, 4, 5]);

    mend(rotten);
    let answer = subject.try_to_replay().await;
    assert!(!answer.is_done, "{answer:?}");
    assert!(answer.answer.contains("2 events could be projected"), "{answer:?}");
    assert!(answer.answer.contains("a at position 4"), "{answer:?}");
    let answer = subject.replay(&[]).await;
    assert!(!answer.is_done && answer.answer.contains("a at position 4"), "{answer:?}");
    assert_eq!(subject.read("a").await, Some(of(&[1, rotten, 2])));
    assert_eq!(subject.parked_positions().await, [4, 5]);
    mend(later);
    assert!(subject.replay(&[]).await.is_done);
    assert_eq!(subject.read("a").await, Some(of(&[1, rotten, 2, later, 3])));
    running.stop().await.unwrap();
}

async fn an_event_that_cannot_be_decoded_halts_what_is_keyed_by_what_it_says(place: Place) {
    let rotten = unreadable();
    let running = place.rows::<Tagged>().runner().with_settings(parking()).start();
    enter(&*place.log, "a", &[1, rotten]).await;
    let end = enter(&*place.log, "b", &[1]).await;
    let why = halted(running.wait_for(end, PATIENCE).await);
    assert!(why.contains("position 2") && why.contains("nobody can read this"), "{why}");
    assert_eq!(place.operator().parked("tagged", "", 10).await.unwrap(), vec![]);
    assert_eq!(place.rows::<Tagged>().get("b").await.unwrap(), None);
    running.stop().await.unwrap();
}

async fn of_an_event_for_several_keys_only_the_one_that_fails_is_set_aside(place: Place) {
    let poison = unfoldable();
    let in_both = |amount| Entry { amount, also_in: vec!["both".to_owned()] };
    let running = place.rows::<Tagged>().runner().with_settings(parking()).start();
    enter(&*place.log, "both", &[1, poison]).await;
    let end = enter_all(&*place.log, "a", vec![in_both(2), in_both(3)]).await;
    let waited = running.wait_for(end, PATIENCE).await;
    assert!(matches!(&waited, Err(WaitError::Parked { key, .. }) if key == "both"), "{waited:?}");
    let rows = place.rows::<Tagged>();
    assert_eq!(rows.get("both").await.unwrap().map(|it| it.0), Some(of(&[1])));
    assert_eq!(rows.get("a").await.unwrap().map(|it| it.0), Some(of(&[2, 3])));

    mend(poison);
    let replay = annals_projections::Action::Replay { keys: vec![], dry_run: false };
    let answer = place.operator().ask("tagged", replay, "ada", PATIENCE).await.unwrap();
    assert!(answer.is_done, "{answer:?}");
    assert_eq!(rows.get("both").await.unwrap().map(|it| it.0), Some(of(&[1, poison, 2, 3])));
    assert_eq!(rows.get("a").await.unwrap().map(|it| it.0), Some(of(&[2, 3])), "not once more");
    running.stop().await.unwrap();
}
