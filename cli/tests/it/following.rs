//! What goes on until somebody ends it: `tail --follow`, a pipe whose reader leaves, Ctrl-C.

use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, Command},
};

use annals::prelude::*;
use tokio::task::block_in_place;

use crate::{
    account::{append, deposit, event},
    place::{Place, everywhere},
    tool::{Ran, Tool},
};

everywhere!(
    what_is_recorded_later_is_followed_until_interrupted,
    a_reader_that_leaves_ends_it_quietly,
    who_waits_to_write_can_be_interrupted,
);

fn interrupt(child: &Child) {
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
}

async fn what_is_recorded_later_is_followed_until_interrupted(place: Place) {
    let annals = place.open().await;
    deposit(&annals, "ada", &[1]).await;
    let mut child = place.tool(["tail", "--follow", "--type", "money-deposited"]).start();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = || {
        let mut line = String::new();
        block_in_place(|| out.read_line(&mut line)).unwrap();
        line
    };
    assert!(line().contains("account:ada@1"));
    deposit(&annals, "bob", &[2]).await;
    assert!(line().contains("account:bob@1"));
    deposit(&annals, "ada", &[3]).await;
    assert!(line().contains("account:ada@2"));
    interrupt(&child);
    let ran = block_in_place(|| Ran::of(child));
    assert_eq!((ran.code, &*ran.err), (130, ""));
}

async fn a_reader_that_leaves_ends_it_quietly(place: Place) {
    let annals = place.open().await;
    // More than a pipe holds.
    let long = "x".repeat(10_000);
    let events = (0..200).map(|id| event(id, "noted", long.clone(), Metadata::default()));
    append(&annals, vec![("note:1", events.collect())]).await;
    for args in [&["tail", "--json", "-n", "200"][..], &["export"]] {
        let mut child = Tool::new(args).env("ANNALS_STORE", &place.url).start();
        let mut out = child.stdout.take().unwrap();
        out.read_exact(&mut [0; 100]).unwrap();
        drop(out);
        let ran = block_in_place(|| Ran::of(child));
        assert_eq!((ran.code, &*ran.err), (0, ""), "{args:?}");
    }
}

async fn who_waits_to_write_can_be_interrupted(place: Place) {
    let annals = place.open().await;
    let long = "x".repeat(10_000);
    let events = (0..200).map(|id| event(id, "noted", long.clone(), Metadata::default()));
    append(&annals, vec![("note:1", events.collect())]).await;
    let mut child = place.tool(["export"]).start();
    // It has begun, and then nobody reads on.
    let mut out = child.stdout.take().unwrap();
    out.read_exact(&mut [0; 100]).unwrap();
    interrupt(&child);
    let status = block_in_place(|| child.wait()).unwrap();
    assert_eq!(status.code(), Some(130));
    drop(out);
}
