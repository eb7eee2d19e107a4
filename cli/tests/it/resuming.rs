//! An export or an import that was killed, and is begun again.

use std::{fs, io::Write};

use annals::prelude::*;
use serde_json::json;
use tokio::task::block_in_place;

use crate::{
    account::{append, event},
    place::{Place, everywhere, head, until},
};

everywhere!(
    an_import_that_was_killed_goes_on_where_it_was,
    what_is_no_export_is_not_overwritten_unasked,
    an_export_that_was_cut_off_goes_on_after_its_last_whole_line,
);

/// A log of so many events in streams that alternate.
async fn fill(annals: &Annals, events: u128) {
    for first in (0..events).step_by(100) {
        let event =
            |id: u128| event(id + 1, "noted", format!("{{\"id\":{id}}}"), Metadata::default());
        let (one, other) = (first..first + 50, first + 50..first + 100);
        let (one, other) = (one.map(event).collect(), other.map(event).collect());
        append(annals, vec![("note:1", one), (&format!("note:{first}x"), other)]).await;
    }
}

async fn an_import_that_was_killed_goes_on_where_it_was(place: Place) {
    let source = Place::in_sqlite();
    fill(&source.open().await, 5_000).await;
    let export = source.run(["export"]).done();
    let lines: Vec<_> = export.split_inclusive('\n').collect();
    let annals = place.open().await;
    // Each time it is given a little more than what it is killed in the middle of.
    for round in 1..=3_u64 {
        let mut child = place.tool(["import"]).fed().start();
        let mut stdin = child.stdin.take().unwrap();
        let given: String = lines[..usize::try_from(round * 1_300).unwrap()].concat();
        block_in_place(|| stdin.write_all(given.as_bytes())).unwrap();
        stdin.flush().unwrap();
        let least = i64::try_from(round * 1_000).unwrap();
        until("the events are there", async || head(&annals).await.get() >= least).await;
        child.kill().unwrap();
        child.wait().unwrap();
        drop(stdin);
    }
    let there = head(&annals).await.get();
    assert!((3_000..5_000).contains(&there), "{there}");
    let file = place.file("export");
    fs::write(&file, &export).unwrap();
    let said = place.run(["import", &file, "--json"]).json().remove(0);
    let expected =
        json!({ "imported": 5_000 - there, "skipped": there, "head": 5_000, "is_dry_run": false });
    assert_eq!(said, expected);
    assert_eq!(place.run(["export"]).done(), export);
    // Once more there is nothing to do.
    let said = place.run(["import", &file]).done();
    assert_eq!(said, "0 events imported, after 5,000 that were there\n");
}

async fn an_export_that_was_cut_off_goes_on_after_its_last_whole_line(place: Place) {
    let annals = place.open().await;
    fill(&annals, 300).await;
    let whole = place.run(["export"]).done();
    let file = place.file("export");
    let end_of_200 = whole.match_indices('\n').nth(199).unwrap().0 + 1;
    for end in [0, 10, end_of_200, end_of_200 + 1, whole.len() - 1, whole.len()] {
        fs::write(&file, &whole[..end]).unwrap();
        place.run(["export", &file, "--resume"]).done();
        assert!(fs::read_to_string(&file).unwrap() == whole, "cut after {end} bytes");
    }
    // What was recorded since is added.
    append(&annals, vec![("note:2", vec![event(9_999, "noted", "1", Metadata::default())])]).await;
    let said = place.run(["export", &file, "--resume"]).done();
    assert_eq!(said, "1 events exported, after the 300 that were there\n");
    // A file of another log is left as it is.
    let other = Place::in_sqlite();
    append(
        &other.open().await,
        vec![("note:1", vec![event(7, "noted", "1", Metadata::default())])],
    )
    .await;
    let before = fs::read(&file).unwrap();
    let said = other.run(["export", &file, "--resume"]).failed(1);
    assert!(said.contains("another event at position 301"), "{said}");
    assert!(fs::read(&file).unwrap() == before);
}

async fn what_is_no_export_is_not_overwritten_unasked(place: Place) {
    let annals = place.open().await;
    fill(&annals, 100).await;
    let whole = place.run(["export"]).done();
    let file = place.file("export");
    let first = whole.split_inclusive('\n').next().unwrap();
    let another = first.replace("note:1", "note:2");
    let long = "x".repeat(200_000);
    for text in [
        "my notes",
        "{\"position\":2,",
        "{\"positions",
        &*long,
        another.trim_end(),
        &format!("{first}my notes"),
        &format!("{first}{}", &first[..30]),
        &format!("{whole}{{\"position\":101,"),
    ] {
        fs::write(&file, text).unwrap();
        let said = place.run(["export", &file, "--resume"]).failed(1);
        assert!(said.contains("Overwrite them?") && said.contains("export"), "{said}");
        assert!(fs::read_to_string(&file).unwrap() == text, "it is as it was: {text}");
        place.run(["export", &file, "--resume", "--yes"]).done();
        assert!(fs::read_to_string(&file).unwrap() == whole, "{text}");
    }
}
