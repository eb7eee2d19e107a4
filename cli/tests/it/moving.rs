//! `export` and `import`: what comes out is what went in, byte for byte.

use std::fs;

use annals::{Filter, MAX_METADATA_BYTES, Metadata, Position, prelude::Annals};
use futures::TryStreamExt;
use serde_json::json;

use crate::{
    account::{append, deposit, event},
    place::{Place, everywhere},
};

everywhere!(
    what_is_there_already_is_compared_line_by_line,
    an_import_is_refused_where_the_log_has_another_history,
    a_line_that_is_wrong_is_named_and_what_is_before_it_stays,
    what_no_store_would_keep_is_refused_by_its_line,
);

/// What stands in the way of those who take payloads for something else than bytes.
fn odd() -> Vec<Vec<u8>> {
    let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
    let texts = [
        "",
        " ",
        "null",
        "\"\"",
        "{\"a\": 1.0, \"a\" : 2}",
        "{}\n",
        "\r\n",
        "[1,\r2]",
        "1e400",
        "123456789012345678901234567890.10",
        "\"\\ud800\"",
        "\"\\u0041\"",
        "a\0b",
        "🦀",
        "\"🦀\"",
        "\u{feff}{}",
        "\u{2028}",
        "\\",
        "{\"payload\":{\"payload_text\":1}}",
        "not {json",
    ];
    let texts = texts.iter().map(|text| text.as_bytes().to_vec());
    let bytes = [vec![0xff, 0xfe, 0], (0..=255).collect(), deep.into_bytes(), vec![b'x'; 200_000]];
    texts.chain(bytes).collect()
}

/// A log with all that, in streams that alternate.
async fn fill(annals: &Annals) {
    for (number, payload) in (1..).zip(odd()) {
        let mut metadata = Metadata { source: Some("\"\n\u{7f}é".into()), ..Metadata::default() };
        metadata.extra.insert("odd \"key\"\t".into(), "\0 value".into());
        let odd = event(number, "odd \"type\" 🦀", payload, metadata);
        let stream = format!("odd:\"{}\" 🦀", number % 3);
        let other = event(1_000 + number, "other", "{}", Metadata::default());
        append(annals, vec![(stream.as_str(), vec![odd]), ("other:1", vec![other])]).await;
    }
    deposit(annals, "ada", &[1, 2, 3]).await;
}

/// All events but what their store says of when they were recorded.
async fn contents(annals: &Annals) -> Vec<annals::Envelope> {
    let mut events = annals.store().read_log(Position::START, Filter::All);
    let mut contents = vec![];
    while let Some(event) = events.try_next().await.unwrap() {
        let mut event = (*event).clone();
        event.recorded_at = annals::Timestamp::UNIX_EPOCH;
        let mut metadata = (*event.metadata).clone();
        metadata.extra.remove("annals.recorded_at");
        event.metadata = metadata.into();
        contents.push(event);
    }
    contents
}

#[tokio::test(flavor = "multi_thread")]
async fn a_round_trip_over_two_stores_changes_no_byte() {
    let (first, second, third) = (Place::in_sqlite(), Place::in_postgres(), Place::in_sqlite());
    fill(&first.open().await).await;
    let files = [first.file("1"), first.file("2"), first.file("3")];
    first.run(["export", &files[0]]).done();
    let said = second.run(["import", &files[0], "--json"]).json().remove(0);
    assert_eq!(said, json!({ "imported": 51, "skipped": 0, "head": 51, "is_dry_run": false }));
    second.run(["export", &files[1]]).done();
    third.run(["import", &files[1]]).done();
    third.run(["export", &files[2]]).done();
    let [one, two, three] = files.map(|file| fs::read(file).unwrap());
    assert!(one == two && two == three);
    let expected = contents(&first.open().await).await;
    assert_eq!(contents(&second.open().await).await, expected);
    assert_eq!(contents(&third.open().await).await, expected);
    // What is printed is what stands in the file.
    assert_eq!(third.run(["export"]).done().into_bytes(), one);
    assert!(second.run(["verify"]).done().contains("as it should be"));
}

async fn an_import_is_refused_where_the_log_has_another_history(place: Place) {
    let other = Place::in_sqlite();
    let file = place.file("export");
    deposit(&other.open().await, "ada", &[1, 2, 3]).await;
    other.run(["export", &file]).done();
    let annals = place.open().await;
    deposit(&annals, "ada", &[1]).await;
    let said = place.run(["import", &file]).failed(1);
    assert!(said.contains("line 1") && said.contains("another history"), "{said}");
    // Also where the file is the shorter one.
    deposit(&annals, "ada", &[2, 3, 4]).await;
    let said = place.run(["import", &file]).failed(1);
    assert!(said.contains("line 1") && said.contains("another history"), "{said}");
    // And where there is nothing to compare.
    let rest: Vec<_> =
        fs::read_to_string(&file).unwrap().lines().skip(1).map(String::from).collect();
    fs::write(&file, rest.join("\n") + "\n").unwrap();
    let empty = Place::in_sqlite();
    let said = empty.run(["import", &file]).failed(1);
    assert!(said.contains("it is at position 2, and 1 is due"), "{said}");
    let one = Place::in_sqlite();
    deposit(&one.open().await, "ada", &[1]).await;
    assert!(one.run(["import", &file]).failed(1).contains("not empty"));
    assert_eq!(crate::place::head(&annals).await.get(), 4);
}

async fn what_is_there_already_is_compared_line_by_line(place: Place) {
    let annals = place.open().await;
    for account in ["ada", "bob", "eve"] {
        deposit(&annals, account, &[1, 2]).await;
    }
    let export = place.run(["export"]).done();
    let lines: Vec<_> = export.lines().collect();
    let next = lines[5]
        .replace("\"position\":6", "\"position\":7")
        .replace("\"revision\":2", "\"revision\":3")
        .replace("\"id\":\"0", "\"id\":\"1");
    let other = Place::in_sqlite();
    deposit(&other.open().await, "ada", &[1]).await;
    let foreign = other.run(["export"]).done();
    let edited = lines[2].replace("\"cents\":1", "\"cents\":9");
    let (one, six) = (lines[0], lines[5]);
    let file = place.file("file");
    for (lines, expected) in [
        (vec![foreign.trim_end(), &next], "line 1: the log has another event at position 1"),
        (vec![one, &next], "line 2: it is at position 7, and 2 is due"),
        (vec![&next], "line 1: the log is not empty: the line of position 6 is needed"),
        (vec![lines[4], &next], "line 2: it is at position 7, and 6 is due"),
        (vec![one, one], "line 2: it is at position 1, and 2 is due"),
        (vec![one, lines[2], lines[1]], "line 2: it is at position 3, and 2 is due"),
        (vec![one, lines[1], &edited], "line 3: the log has another event at position 3"),
        (vec![&*one.replace("account:ada", "account:eve")], "line 1: the log has another event"),
        (vec![&*one.replace("\"metadata\":{}", "\"metadata\":{\"actor\":\"eve\"}")], "line 1: "),
        (vec![six, &next, &next], "line 3: it is at position 7, and 8 is due"),
    ] {
        fs::write(&file, lines.join("\n") + "\n").unwrap();
        for is_dry_run in [true, false] {
            let tool = place.tool(["import", &file]);
            let tool = if is_dry_run { tool.with("--dry-run") } else { tool };
            let said = tool.run().failed(1);
            assert!(said.contains(expected), "{expected}: {said}");
        }
        assert_eq!(crate::place::head(&annals).await.get(), 6, "{expected}");
    }
    // The line of the last event is enough, and so is what ends before it.
    fs::write(&file, format!("{}\n", lines[1..4].join("\n"))).unwrap();
    assert_eq!(place.run(["import", &file]).done(), "0 events imported, after 3 that were there\n");
    fs::write(&file, format!("{six}\n{next}\n")).unwrap();
    assert_eq!(place.run(["import", &file]).done(), "1 events imported, after 1 that were there\n");
}

async fn a_line_that_is_wrong_is_named_and_what_is_before_it_stays(place: Place) {
    let other = Place::in_sqlite();
    deposit(&other.open().await, "ada", &[1, 2, 3]).await;
    let export = other.run(["export"]).done();
    let lines: Vec<_> = export.lines().collect();
    let file = place.file("export");
    let twice = lines[1].replace(r#""revision":2"#, r#""revision":3"#);
    for (wrong, expected) in [
        ("{}", "missing field"),
        ("", "EOF"),
        ("\u{0}", "expected value"),
        (&lines[1][..50], "EOF"),
        (lines[2], "position 3, and 2 is due"),
        (&*lines[1].replace("account:ada", "account"), "must be a category and an id"),
        (&*lines[1].replace("\"position\":2", "\"position\":-2"), "`position` is a number"),
        (&*lines[1].replace("recorded_at\":\"", "recorded_at\":\"x"), "`recorded_at` is no time"),
        (&*lines[1].replace("\"payload\"", "\"payload_base64\""), "invalid type"),
        (&*lines[1].replace("\"payload\":", "\"payload_text\":\"\",\"payload\":"), "has one of"),
        (&*twice, "account:ada is at another revision than 3"),
    ] {
        fs::write(&file, format!("{}\n{wrong}\n{}\n", lines[0], lines[2])).unwrap();
        let said = place.run(["import", &file]).failed(1);
        assert!(said.contains("line 2: ") && said.contains(expected), "{wrong}: {said}");
    }
    fs::write(&file, format!("{}\n{}", lines[0], lines[1])).unwrap();
    assert!(place.run(["import", &file]).failed(1).contains("line 2: it is cut off"));
    fs::write(&file, format!("{}\n", lines.join("\n"))).unwrap();
    let dry = place.run(["import", "--dry-run", "--json", &file]);
    // The log was made, and nothing is in it.
    assert_eq!(dry.json()[0]["imported"], json!(3));
    assert!(place.run(["import", &file]).done().contains("3 events imported"));
    assert_eq!(place.run(["export"]).done(), export);
}

async fn what_no_store_would_keep_is_refused_by_its_line(place: Place) {
    let other = Place::in_sqlite();
    // With the time at which it was recorded it is too much.
    let source = Some("x".repeat(MAX_METADATA_BYTES));
    let full = event(1, "noted", "{}", Metadata { source, ..Metadata::default() });
    append(&other.open().await, vec![("note:1", vec![full])]).await;
    let file = place.file("export");
    other.run(["export", &file]).done();
    let said = place.run(["import", &file]).failed(1);
    assert!(said.contains("line 1: the metadata of noted have"), "{said}");
    // A time of the name that is reserved is taken for one of an import; anything else is refused.
    let export = other
        .run(["export"])
        .done()
        .replace("\"source\"", "\"extra\":{\"annals.recorded_at\":\"\"},\"actor\"");
    fs::write(&file, export).unwrap();
    assert!(place.run(["import", &file]).failed(1).contains("reserved"));
}
