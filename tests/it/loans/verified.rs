//! What is found out about a log when it is verified.

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use annals::Position;

use super::{
    example::{
        import::{How, import},
        source::Source,
        verify::verify,
    },
    places::{fresh_lasting_stores, open},
    refused::file,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_grows_is_not_verified() {
    for url in fresh_lasting_stores().await {
        let annals = open(&url).await;
        let stop = Arc::new(AtomicBool::new(false));
        let rows = Source::Generated { cases: 1_000_000, seed: 1 }.open().unwrap().rows;
        let appending = tokio::spawn({
            let (annals, stop) = (annals.clone(), Arc::clone(&stop));
            async move {
                for row in rows.map(Result::unwrap).take_while(|_| !stop.load(Ordering::Relaxed)) {
                    annals.execute(row.stream(), row.intent()).await.unwrap();
                }
            }
        });
        annals.store().wait_past(Position::START).await.unwrap();
        let verdict = verify(&annals, None).await.unwrap();
        stop.store(true, Ordering::Relaxed);
        appending.await.unwrap();
        assert!(!verdict.is_good(), "{url}: {verdict}");
        let told = "the log is growing: verify it when it stands still\n";
        assert_eq!(verdict.to_string(), told, "{url}");
        assert!(verify(&annals, None).await.unwrap().is_good(), "{url}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_rows_of_a_source_are_listed_and_are_not_good() {
    let path = file("1", &[("A_SUBMITTED", "COMPLETE"), ("A_PARTLYSUBMITTED", "COMPLETE")]);
    let annals = open("memory:").await;
    let source = Source::File(path.clone());
    import(&annals, &source, How::default()).await.unwrap();
    assert!(verify(&annals, Some(&source)).await.unwrap().is_good());

    let text = fs::read_to_string(&path).unwrap();
    let again = text.lines().last().unwrap().replace(",112", ",113");
    fs::write(&path, format!("{text}{again}\nnothing\n")).unwrap();
    let imported = import(&annals, &source, How::default()).await.unwrap();
    let verdict = verify(&annals, Some(&source)).await.unwrap();
    let told = verdict.to_string();
    assert!(!verdict.is_good(), "{told}");
    for bad in &imported.bad {
        assert!(told.contains(&format!("{bad}\n")), "{told}");
    }
    assert!(told.contains("  bad                                    2         2\n"), "{told}");
    assert!(told.contains("  refused by a rule                      0         0\n"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_under_whose_number_is_another_differs_even_if_a_rule_refuses_it() {
    let rows = |second| Source::File(file("1", &[("A_SUBMITTED", "COMPLETE"), second]));
    let annals = open("memory:").await;
    let recorded = rows(("A_PARTLYSUBMITTED", "COMPLETE"));
    import(&annals, &recorded, How::default()).await.unwrap();
    let refused = rows(("A_ACTIVATED", "COMPLETE"));
    let told = verify(&annals, Some(&refused)).await.unwrap().to_string();
    assert!(told.contains("the log: rows of its source              2         1\n"), "{told}");
    assert!(told.contains("  refused by a rule                      0         0\n"), "{told}");
}
