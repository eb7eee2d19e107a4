//! Rows that break a rule: counted and listed, and the same ones when an import is run again.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{
    example::{
        domain::{OfferState, Refused, State, Work},
        import::{How, import},
        source::{HEADER, Source},
        verify::verify,
    },
    places::{fresh_file, fresh_folder, open, program},
};

/// Rows of one application, a minute apart.
pub(super) fn file(case: &str, activities: &[(&str, &str)]) -> PathBuf {
    let mut text = HEADER.join(",") + "\n";
    for (place, (activity, lifecycle)) in activities.iter().enumerate() {
        let (minute, entry) = (10 + place, place + 1);
        text += &format!(
            "2012-01-01T10:{minute}:00.000+01:00,{case},{entry},5000,\
             2012-01-01T10:00:00.000+01:00,{activity},{lifecycle},112\n"
        );
    }
    let path = fresh_folder().join("rows.csv");
    fs::write(&path, text).unwrap();
    path
}

const MISTAKEN: [(&str, &str); 8] = [
    ("A_SUBMITTED", "COMPLETE"),
    ("A_ACCEPTED", "COMPLETE"),
    ("A_PARTLYSUBMITTED", "COMPLETE"),
    ("W_Afhandelen leads", "START"),
    ("W_Afhandelen leads", "SCHEDULE"),
    ("O_SENT", "COMPLETE"),
    ("A_DECLINED", "COMPLETE"),
    ("A_PREACCEPTED", "COMPLETE"),
];

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_break_a_rule_are_the_same_ones_when_they_are_imported_again() {
    let source = Source::File(file("1", &MISTAKEN));
    let annals = open(&fresh_file()).await;
    let first = import(&annals, &source, How::default()).await.unwrap();
    let (submitted, partly) = (Some(State::Submitted), Some(State::PartlySubmitted));
    let why: Vec<_> = first.rejected.iter().map(|it| (it.line, it.why.clone())).collect();
    assert_eq!(
        why,
        [
            (3, Refused::State { from: submitted, to: State::Accepted }),
            (5, Refused::NotScheduled(Work::HandleLeads)),
            (7, Refused::OfferWhile { state: partly, to: OfferState::Sent }),
            (9, Refused::State { from: Some(State::Declined), to: State::Preaccepted }),
        ]
    );
    assert_eq!((first.rows, first.recorded, first.rejections), (8, 4, 4));

    // By now the work is scheduled; in its turn, it was not.
    let second = import(&annals, &source, How::default()).await.unwrap();
    assert_eq!(second.rejected, first.rejected);
    assert_eq!((second.recorded, second.repeated), (0, 4));
    assert!(verify(&annals, Some(&source)).await.unwrap().is_good());
}

/// The same rows in another order.
fn reordered(path: &Path, places: &[usize]) -> PathBuf {
    let text = fs::read_to_string(path).unwrap();
    let rows: Vec<_> = text.lines().collect();
    let rows: Vec<_> = [0].iter().chain(places).map(|place| rows[*place]).collect();
    let path = fresh_folder().join("reordered.csv");
    fs::write(&path, rows.join("\n")).unwrap();
    path
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_out_of_their_order_are_bad_each_time_and_change_nothing() {
    let right = file("1", &MISTAKEN);
    let cases = [([8, 7, 6, 5, 4, 3, 2, 1], 0, 7), ([1, 3, 2, 5, 4, 7, 7, 8], 4, 3)];
    for (places, recorded, bad_rows) in cases {
        let source = Source::File(reordered(&right, &places));
        let annals = open(&fresh_file()).await;
        let first = import(&annals, &source, How::default()).await.unwrap();
        assert_eq!((first.recorded, first.bad_rows), (recorded, bad_rows), "{first}");
        for _ in 0..2 {
            let again = import(&annals, &source, How::default()).await.unwrap();
            assert_eq!((again.recorded, again.repeated), (0, recorded), "{again}");
            assert_eq!(again.bad, first.bad);
            assert_eq!(again.rejected, first.rejected);
        }
    }
}

#[test]
fn rejections_are_listed_and_the_program_ends_with_a_code_that_is_not_0() {
    let path = file("1", &MISTAKEN);
    let path = path.to_str().unwrap();
    let output = program(&["import", "--store", "memory:", "--log", path]).output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let wanted = "line 5: 1/4 rejected: handle-leads was never scheduled\n";
    assert!(printed.contains(wanted), "{printed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_strict_import_stops_at_the_first_row_that_breaks_a_rule() {
    let source = Source::File(file("1", &MISTAKEN));
    let annals = open("memory:").await;
    let how = How { is_strict: true, ..How::default() };
    let tally = import(&annals, &source, how).await.unwrap();
    assert_eq!((tally.recorded, tally.rejections), (1, 1));
}
