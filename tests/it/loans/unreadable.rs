//! Rows that cannot be read: each is told by file and line, and the others are imported.

use std::{fs, io::Write, path::Path};

use flate2::{Compression, write::GzEncoder};

use super::{
    example::{
        import::{How, Tally, import},
        source::{HEADER, Source},
    },
    places::{fresh_folder, open, program},
    refused::file,
};

const GOOD: &str = "2012-01-01T10:00:00.000+01:00,7,1,5000,2012-01-01T10:00:00.000+01:00,\
                    A_SUBMITTED,COMPLETE,112";

async fn imported(path: &Path, how: How) -> Tally {
    import(&open("memory:").await, &Source::File(path.into()), how).await.unwrap()
}

fn told(tally: &Tally) -> Vec<(u64, String)> {
    tally.bad.iter().map(|bad| (bad.line, bad.why.clone())).collect()
}

/// A good row with something else in place of a part.
fn with(part: &str, other: &str) -> String {
    assert!(GOOD.contains(part));
    GOOD.replacen(part, other, 1)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_bad_row_is_told_by_its_line_and_the_others_are_imported() {
    let path = fresh_folder().join("bad.csv");
    let rows = [
        HEADER.join(","),
        with("A_SUBMITTED", "A_FORGOTTEN"),
        with("2012-01-01T", "2012-02-30T"),
        with(",112", ""),
        with(",7,1,", ",7,first,"),
        with("COMPLETE", "ABORT"),
        with(",7,", ",,"),
        with(",5000,", ",184467440737095517,"),
        GOOD.to_owned(),
        String::new(),
    ];
    fs::write(&path, rows.join("\n")).unwrap();
    let tally = imported(&path, How::default()).await;
    assert_eq!(
        told(&tally),
        [
            (2, "the activity \"A_FORGOTTEN\" with the lifecycle \"COMPLETE\" is not known"),
            (
                3,
                "timestamp: \"2012-02-30T10:00:00.000+01:00\" is no date with a time and an offset"
            ),
            (4, "it has 7 of 8 columns"),
            (5, "event_in_case is \"first\", no number"),
            (6, "the lifecycle \"ABORT\" is not known"),
            (7, "there is no case_id"),
            (8, "amount_requested is too large"),
        ]
        .map(|(line, why)| (line, why.to_owned()))
    );
    assert_eq!((tally.rows, tally.recorded, tally.bad_rows), (8, 1, 7));

    let strict = imported(&path, How { is_strict: true, ..How::default() }).await;
    assert_eq!((strict.recorded, strict.bad_rows), (0, 1));

    let path = path.to_str().unwrap();
    let output = program(&["import", "--store", "memory:", "--log", path]).output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(printed.contains(&format!("{path}:4: it has 7 of 8 columns\n")), "{printed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_with_a_resource_that_is_no_key_is_bad_and_nothing_halts_over_it() {
    let path = fresh_folder().join("odd.csv");
    let long = "1".repeat(2_000);
    let odd = [",\"11\n2\"", ",11\0", &format!(",{long}")].map(|odd| with(",112", odd));
    let unknown = with("A_SUBMITTED", &long);
    fs::write(&path, [&HEADER.join(","), &*odd.join("\n"), &unknown, GOOD].join("\n")).unwrap();
    let tally = imported(&path, How::default()).await;
    let begin = "1".repeat(40);
    assert_eq!(
        told(&tally),
        [
            (2, "resource is \"11\\n2\", which names nobody".to_owned()),
            (4, "resource is \"11\\0\", which names nobody".to_owned()),
            (5, format!("resource is \"{begin}…\", which names nobody")),
            (6, format!("the activity \"{begin}…\" with the lifecycle \"COMPLETE\" is not known")),
        ]
    );
    assert_eq!((tally.recorded, tally.bad_rows), (1, 4));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_text_is_told() {
    let path = fresh_folder().join("bad.csv");
    let mut bytes = [HEADER.join(","), with("112", "11?"), GOOD.to_owned()].join("\n").into_bytes();
    let place = bytes.iter().position(|byte| *byte == b'?').unwrap();
    bytes[place] = 0xff;
    fs::write(&path, bytes).unwrap();
    let tally = imported(&path, How::default()).await;
    assert_eq!(told(&tally), [(2, "it is not UTF-8".to_owned())]);
    assert_eq!(tally.recorded, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_packed_log_that_was_cut_off_is_imported_up_to_there_and_told() {
    let rows: Vec<_> = (1..=2_000).map(|case| with(",7,", &format!(",{case},"))).collect();
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    let text = HEADER.join(",") + "\n" + &rows.join("\n") + "\n";
    packed.write_all(text.as_bytes()).unwrap();
    let packed = packed.finish().unwrap();
    let path = fresh_folder().join("log.csv.gz");

    fs::write(&path, &packed).unwrap();
    let whole = imported(&path, How::default()).await;
    assert_eq!((whole.recorded, whole.failed()), (2_000, 0));

    fs::write(&path, &packed[..packed.len() / 2]).unwrap();
    let cut = imported(&path, How::default()).await;
    let told = told(&cut);
    let [(line, why)] = &told[..] else { panic!("{told:?}") };
    assert_eq!(why, "the file ends in the middle: it was cut off");
    assert!((500..1_500).contains(&cut.recorded) && *line == cut.recorded + 2, "{line}: {cut}");

    let path = path.to_str().unwrap();
    let output = program(&["import", "--store", "memory:", "--log", path]).output().unwrap();
    let (printed, told) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(printed.contains(&format!("recorded    {:>9}", cut.recorded)), "{printed}");
    assert!(told.contains("the import could not go on"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_row_under_the_same_number_is_bad_and_the_same_one_is_nothing_new() {
    let submitted = ("A_SUBMITTED", "COMPLETE");
    let source = |activities: &[(&str, &str)]| Source::File(file("1", activities));
    let annals = open("memory:").await;
    import(&annals, &source(&[submitted]), How::default()).await.unwrap();
    let again = import(&annals, &source(&[submitted]), How::default()).await.unwrap();
    assert_eq!((again.recorded, again.repeated, again.failed()), (0, 1, 0));

    let path = fresh_folder().join("other.csv");
    let other = [HEADER.join(","), with(",7,", ",1,").replace("5000", "6000")].join("\n");
    fs::write(&path, other).unwrap();
    let tally = import(&annals, &Source::File(path), How::default()).await.unwrap();
    assert_eq!((tally.recorded, tally.bad_rows), (0, 1), "{tally}");
    assert!(tally.bad[0].why.contains("by another command"), "{tally}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_that_has_another_history_does_not_go_on_with_this_one() {
    let rows = |amount: &str| {
        let partly = with(",7,1,", ",7,2,").replace("A_SUBMITTED", "A_PARTLYSUBMITTED");
        let rows = [GOOD.to_owned(), partly.clone(), with(",7,1,", ",8,1,")];
        let declined = partly.replace(",7,2,", ",7,3,").replace("A_PARTLYSUBMITTED", "A_DECLINED");
        let rows = rows.into_iter().chain((amount != "5000").then_some(declined));
        let path = fresh_folder().join("rows.csv");
        let text = rows.collect::<Vec<_>>().join("\n").replacen("5000", amount, 1);
        fs::write(&path, [HEADER.join(","), text].join("\n")).unwrap();
        Source::File(path)
    };
    let annals = open("memory:").await;
    let first = import(&annals, &rows("5000"), How::default()).await.unwrap();
    assert_eq!((first.recorded, first.failed()), (3, 0));
    let other = import(&annals, &rows("6000"), How::default()).await.unwrap();
    assert_eq!((other.recorded, other.repeated, other.bad_rows), (0, 1, 3), "{other}");
    let [bad] = &other.bad[..] else { panic!("{other}") };
    assert!(bad.line == 2 && bad.why.ends_with("no more rows of 7 are sent"), "{bad}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_without_an_end_is_bad_and_no_more_of_it_is_read() {
    let path = fresh_folder().join("long.csv");
    let later = (10..4_000).map(|case| with(",7,", &format!(",{case},")));
    let later = later.collect::<Vec<_>>().join("\n");
    let why = "it cannot be read further: a row is longer than 64 KiB, \
               or a quote has no end";
    let longest = with(",112", &format!(",{}", "1".repeat(60_000)));
    for endless in [with(",112", ",\"112"), with(",112", &format!(",{}", "1".repeat(100_000)))] {
        let rows = [&HEADER.join(","), GOOD, &longest, &endless, &later].map(str::to_owned);
        fs::write(&path, rows.join("\n")).unwrap();
        let tally = imported(&path, How::default()).await;
        let told = told(&tally);
        assert_eq!(told.last(), Some(&(4, why.to_owned())), "{told:?}");
        assert_eq!((tally.recorded, tally.bad_rows, tally.is_cut), (1, 2, true));
    }
}
