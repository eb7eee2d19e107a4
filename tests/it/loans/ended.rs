//! With what the program ends, and what it leaves.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Output, Stdio},
};

use super::{
    example::{
        import::{How, import},
        source::Source,
    },
    places::{fresh_folder, open, program},
};

fn run(arguments: &[&str]) -> Output {
    program(arguments).output().unwrap()
}

fn store(folder: &std::path::Path) -> (PathBuf, String) {
    let path = folder.join("loans.db");
    let url = format!("sqlite://{}", path.display());
    (path, url)
}

#[test]
fn a_log_that_cannot_be_read_ends_with_2_and_makes_no_store() {
    let folder = fresh_folder();
    let (path, url) = store(&folder);
    fs::write(folder.join("empty.csv"), "").unwrap();
    fs::write(folder.join("short.csv"), "timestamp,case_id\n").unwrap();
    let sources = [
        ("no-such.csv", "No such file"),
        ("", "directory"),
        ("empty.csv", "there is no column timestamp"),
        ("short.csv", "there is no column event_in_case"),
    ];
    for (source, why) in sources {
        let source = folder.join(source);
        let output = run(&["import", "--store", &url, "--log", source.to_str().unwrap()]);
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert!(told.contains(why), "{told}");
        assert!(!path.exists(), "{told}");
    }
}

#[test]
fn who_only_reads_makes_no_store() {
    let folder = fresh_folder();
    let (path, url) = store(&folder);
    for url in [url.clone(), format!("{url}?busy_timeout=20")] {
        let readers: [&[&str]; 4] = [&["report"], &["show", "7"], &["rebuild"], &["verify"]];
        for reader in readers {
            let output = run(&[reader, &["--store", &url]].concat());
            let told = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(2), "{output:?}");
            assert!(told.contains("there is no log"), "{told}");
            assert!(!path.exists(), "{told}");
        }
    }
}

#[cfg(feature = "postgres")]
#[tokio::test(flavor = "multi_thread")]
async fn who_only_reads_makes_no_schema() {
    let url = format!("{}?schema=nobody", super::places::fresh_database().await);
    for _ in 0..2 {
        let output = run(&["verify", "--store", &url]);
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert!(told.contains("the schema nobody lacks"), "{told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn when_nobody_reads_what_is_printed_the_page_is_written_all_the_same() {
    let folder = fresh_folder();
    let (_, url) = store(&folder);
    let source = Source::Generated { cases: 20, seed: 1 };
    import(&open(&url).await, &source, How::default()).await.unwrap();
    let page = folder.join("report.html");
    let verbs: [&[&str]; 3] = [
        &["report", "--html", page.to_str().unwrap(), "--store", &url],
        &["show", "G000001", "--store", &url],
        &["generate", "--cases", "200"],
    ];
    for verb in verbs {
        let mut process = program(verb);
        let mut process = process.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // What the tests' own harness prints comes first.
        let mut output = BufReader::new(process.stdout.take().unwrap()).lines();
        while !output.next().unwrap().unwrap().starts_with("running") {}
        drop(output);
        let output = process.wait_with_output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), &*told), (Some(0), ""), "{verb:?}");
    }
    assert!(page.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_cannot_be_written_is_named() {
    let folder = fresh_folder();
    let (_, url) = store(&folder);
    drop(open(&url).await);
    let output = run(&["report", "--html", folder.to_str().unwrap(), "--store", &url]);
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(told.starts_with(&format!("{} cannot be written: ", folder.display())), "{told}");
}
