//! Logs that are imported: the same figures on every store, and those that are in the file.

use std::{
    collections::BTreeMap,
    env,
    fs::File,
    io::{BufWriter, Write},
    path::PathBuf,
};

use super::{
    counted::{Counted, count, within},
    example::{
        domain::State,
        import::{How, import},
        models::{Models, all_rows},
        report::Figures,
        source::{HEADER, Source},
        verify::verify,
    },
    places::{fresh_folder, fresh_stores, open},
};

/// The real log, where it is there, and else a generated one.
fn log() -> PathBuf {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let usual = root.join("../shared/data/loan-applications-2012.csv.gz");
    let real = env::var_os("ANNALS_LOANS_LOG").map_or(usual, PathBuf::from);
    if real.exists() {
        return real;
    }
    let path = fresh_folder().join("generated.csv");
    let mut output = BufWriter::new(File::create(&path).unwrap());
    writeln!(output, "{}", HEADER.join(",")).unwrap();
    for row in (Source::Generated { cases: 350, seed: 2012 }).open().unwrap().rows {
        writeln!(output, "{}", row.unwrap().fields().join(",")).unwrap();
    }
    output.flush().unwrap();
    path
}

#[tokio::test(flavor = "multi_thread")]
async fn an_imported_log_counts_on_every_store_as_it_does_in_its_file() {
    let log = log();
    let expected = count(&log);

    for url in fresh_stores().await {
        let annals = open(&url).await;
        let tally = import(&annals, &Source::File(log.clone()), How::default()).await.unwrap();
        assert_eq!((tally.rejections, tally.bad_rows), (0, 0), "{url}: {tally}");
        assert_eq!(usize::try_from(tally.recorded), Ok(expected.rows), "{url}");
        assert_figures(&Figures::read(&annals).await.unwrap(), &expected);
        let verdict = verify(&annals, Some(&Source::File(log.clone()))).await.unwrap();
        assert!(verdict.is_good(), "{url}: {verdict}");
    }
}

fn assert_figures(figures: &Figures, expected: &Counted) {
    let place = |state: &str| State::ALL.iter().position(|it| it.logged() == state).unwrap();
    for (state, reached) in &figures.reached {
        let expected = expected.reached.get(state.logged()).copied().unwrap_or_default();
        assert_eq!(*reached, expected, "{state:?}");
    }

    let mut standing: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
    let mut now = vec![0; State::ALL.len()];
    for ((day, state), change) in &expected.changes {
        now[place(state)] += change;
        standing.insert(day, now.clone());
    }
    let found: BTreeMap<&str, Vec<i64>> =
        figures.days.iter().map(|(day, counts)| (&**day, counts.clone())).collect();
    assert_eq!(found, standing);

    for (band, found) in figures.bands.iter().enumerate() {
        let took = expected.took.get(&band).cloned().unwrap_or_default();
        let figures = (found.ended, found.median, found.p90);
        assert_eq!(figures, (took.len(), within(&took, 0.5), within(&took, 0.9)), "{}", found.name);
    }
    let found: BTreeMap<String, (usize, u32, i64, i64)> = figures
        .resources
        .iter()
        .map(|it| (it.name.clone(), (it.days, it.completed, it.shift.present, it.shift.busy)))
        .collect();
    assert_eq!(found, expected.resources);
}

#[tokio::test(flavor = "multi_thread")]
async fn read_models_are_the_same_row_for_row_on_every_store_inline_or_not() {
    let source = Source::Generated { cases: 60, seed: 3 };
    let mut first = None;
    for is_inline in [false, true] {
        for url in fresh_stores().await {
            let annals = open(&url).await;
            let how = How { is_inline, ..How::default() };
            let tally = import(&annals, &source, how).await.unwrap();
            assert_eq!(tally.failed(), 0, "{url}: {tally}");
            let models = Models::new(&annals);
            let rows = (
                all_rows(&models.funnel).await.unwrap(),
                all_rows(&models.throughput).await.unwrap(),
                all_rows(&models.workload).await.unwrap(),
                all_rows(&models.present).await.unwrap(),
                Figures::read(&annals).await.unwrap(),
            );
            assert!(!rows.0.is_empty() && rows.3.len() == 60 && rows.1.len() == 60);
            let expected = first.get_or_insert_with(|| rows.clone());
            assert_eq!(rows, *expected, "{url}");
        }
    }
}

#[cfg(feature = "postgres")]
#[tokio::test(flavor = "multi_thread")]
async fn two_logs_in_one_database_have_each_their_own_tables() {
    let database = super::places::fresh_database().await;
    for (schema, seed) in [("first", 1), ("table", 2)] {
        let annals = open(&format!("{database}?schema={schema}")).await;
        let source = Source::Generated { cases: 20, seed };
        let tally = import(&annals, &source, How::default()).await.unwrap();
        assert_eq!(tally.failed(), 0, "{tally}");
        let verdict = verify(&annals, Some(&source)).await.unwrap();
        assert!(verdict.is_good(), "{schema}: {verdict}");
    }
}
