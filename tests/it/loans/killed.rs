//! Imports that are killed, and run again.

use std::{collections::BTreeMap, process::Stdio};

use annals::{Annals, Filter, Position};
use futures::{StreamExt, TryStreamExt};

use super::{
    example::{
        import::{How, import},
        report::Figures,
        source::Source,
        verify::verify,
    },
    places::{fresh_lasting_stores, open, program},
};

const CASES: u64 = 200;

/// How often an import is killed before one may come to its end.
const KILLS: usize = 20;

/// What each application's stream says, event by event. Only between applications order is left open.
async fn streams(annals: &Annals) -> BTreeMap<String, Vec<(String, Vec<u8>)>> {
    let mut streams: BTreeMap<_, Vec<_>> = BTreeMap::new();
    let mut log = annals.store().read_log(Position::START, Filter::All);
    while let Some(event) = log.try_next().await.unwrap() {
        let said = (event.event_type.to_string(), event.payload.as_bytes().to_vec());
        streams.entry(event.stream.to_string()).or_default().push(said);
    }
    streams
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_was_killed_20_times_equals_one_that_was_run_once() {
    let source = Source::Generated { cases: CASES, seed: 1 };
    let undisturbed = open("memory:").await;
    let tally = import(&undisturbed, &source, How::default()).await.unwrap();
    let (expected, figures) =
        (streams(&undisturbed).await, Figures::read(&undisturbed).await.unwrap());
    let all = usize::try_from(tally.recorded).unwrap();

    for url in fresh_lasting_stores().await {
        // The first of these makes the store.
        let annals = open(&url).await;
        // At any event, and where the earlier ones have come farther, while it only begins.
        let mut moments: Vec<usize> = (0..KILLS).map(|_| rand::random_range(1..all)).collect();
        moments.sort_unstable();
        for &kill_at in &moments {
            let cases = CASES.to_string();
            let mut process = program(&["import", "--store", &url, "--cases", &cases]);
            let mut process = process.stdout(Stdio::null()).spawn().unwrap();
            let seen = annals.subscribe(Position::START, Filter::All).take(kill_at);
            assert_eq!(seen.try_collect::<Vec<_>>().await.unwrap().len(), kill_at);
            process.kill().unwrap();
            process.wait().unwrap();
        }
        let tally = import(&annals, &source, How::default()).await.unwrap();
        assert_eq!(tally.failed(), 0, "{tally}");
        let told = format!("{url}, killed at {moments:?}");
        assert!(tally.repeated > 0, "{told}: {tally}");
        assert_eq!(usize::try_from(tally.recorded + tally.repeated), Ok(all), "{told}: {tally}");
        assert_eq!(streams(&annals).await, expected, "{told}");
        assert_eq!(Figures::read(&annals).await.unwrap(), figures, "{told}");
        let verdict = verify(&annals, Some(&source)).await.unwrap();
        assert!(verdict.is_good(), "{told}: {verdict}");
    }
}
