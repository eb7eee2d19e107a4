//! Bad surroundings: each is told by its error, and when it is over the store goes on.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use annals_core::{EventStore, Expected, StoreError};
use annals_sqlite::{SqliteSettings, SqliteStore};

use crate::{
    database::{Directory, open},
    sql::Sql,
    words::{
        append, assert_gapless, assert_invalid, assert_unavailable, event_of, one, record,
        store_error, stream, times_recorded, whole_log,
    },
};

async fn try_open(path: &Path) -> Result<SqliteStore, StoreError> {
    SqliteStore::open_file(path, SqliteSettings::default()).await
}

async fn refused(path: &Path) -> StoreError {
    try_open(path).await.unwrap_err()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_no_database_is_refused_and_left_as_it_is() {
    let directory = Directory::new();
    let path = directory.join("it");
    let noise: Vec<u8> =
        (0..10_000_u32).map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect();
    for content in [b"a letter to ada".to_vec(), b"x".repeat(5_000), noise] {
        fs::write(&path, &content).unwrap();
        assert_invalid(&refused(&path).await, &["not a database of SQLite"]);
        assert!(fs::read(&path).unwrap() == content);
    }
    fs::write(&path, "").unwrap();
    record(&open(&path).await, "ada", 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_cut_short_is_damaged() {
    let directory = Directory::new();
    let store = open(&directory.join("log.db")).await;
    record(&store, "ada", 2_000).await;
    let path = directory.join("copy.db");
    store.backup(&path).await.unwrap();
    let whole = fs::read(&path).unwrap();
    for (length, words) in [(whole.len() / 2, "damaged"), (4_096, "damaged"), (50, "damaged")] {
        fs::write(&path, &whole[..length]).unwrap();
        let answer = match try_open(&path).await {
            Err(error) => error,
            // Not all is looked at to open it.
            Ok(store) => store_error(store.append(&one(&stream("ada"))).await),
        };
        assert!(answer.to_string().contains(words), "{length}: {answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_another_program_is_left_as_it_is_unless_it_is_to_be_adopted() {
    let directory = Directory::new();
    let path = directory.join("theirs.db");
    let mut sql = Sql::create(&path).await;
    sql.run("CREATE TABLE song (title TEXT); INSERT INTO song VALUES ('la')").await;
    let before = fs::read(&path).unwrap();

    assert_invalid(&refused(&path).await, &["another program's", "`adopt` on"]);
    assert!(fs::read(&path).unwrap() == before);

    let url = format!("sqlite://{}?adopt=true", path.display());
    let store = SqliteStore::open(&url, SqliteSettings::default()).await.unwrap();
    record(&store, "ada", 1).await;
    assert_eq!(sql.column::<String>("SELECT title FROM song").await, ["la"]);
    record(&open(&path).await, "ada", 1).await;

    let utf16 = directory.join("utf16.db");
    Sql::create(&utf16).await.run("PRAGMA encoding = 'UTF-16le'; CREATE TABLE own (n)").await;
    assert_invalid(&refused(&utf16).await, &["UTF-16le", "UTF-8"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_that_cannot_be_a_file_is_refused() {
    let directory = Directory::new();
    fs::create_dir(directory.join("folder")).unwrap();
    fs::write(directory.join("file"), "").unwrap();
    assert_unavailable(&refused(&directory.join("folder")).await, &["cannot be opened"]);
    assert_unavailable(&refused(&directory.join("file/log.db")).await, &["directory of the log"]);
    assert_invalid(&refused(Path::new("nul\0.db")).await, &[]);
    assert_invalid(&refused(Path::new("/")).await, &["the name of a file"]);
    for url in ["sqlite://ada:secret@db/bank", "sqlite://db:5432/bank"] {
        let error = SqliteStore::open(url, SqliteSettings::default()).await.unwrap_err();
        assert_invalid(&error, &["names a server"]);
    }
    for (settings, word) in [
        (SqliteSettings { connections: 0, ..SqliteSettings::default() }, "connection"),
        (
            SqliteSettings { busy_timeout: std::time::Duration::MAX, ..Default::default() },
            "busy_timeout",
        ),
    ] {
        let path = directory.join("log.db");
        assert_invalid(&SqliteStore::open_file(path, settings).await.unwrap_err(), &[word]);
    }
    assert!(!directory.join("log.db").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_may_have_any_characters_and_the_directories_above_it_are_made() {
    let directory = Directory::new();
    for name in
        ["a b", "what?", "100%", "%41", "größe-日本", "it's", "a#b", "a&b=c", "file:x", "-", "a:b"]
    {
        let path = directory.join("new").join(name).join(format!("{name}.db"));
        record(&open(&path).await, "ada", 1).await;
        assert!(path.exists(), "{name}");

        let escaped =
            path.to_str().unwrap().replace('%', "%25").replace('?', "%3F").replace('#', "%23");
        let url = format!("sqlite://{escaped}?migrate=false");
        let store = SqliteStore::open(&url, SqliteSettings::default()).await.unwrap();
        assert_gapless(&whole_log(&store).await, 1);
        record(&store, "ada", 1).await;
    }
}

/// The working directory is the same for all tests in a process, so it is only looked at.
#[tokio::test(flavor = "multi_thread")]
async fn a_relative_path_begins_in_the_working_directory() {
    let directory = Directory::new();
    let up: PathBuf = env::current_dir().unwrap().components().skip(1).map(|_| "..").collect();
    let relative = up.join(directory.strip_prefix("/").unwrap()).join("log.db");
    assert!(relative.is_relative());
    record(&open(&relative).await, "ada", 1).await;
    let url = format!("sqlite://{}", relative.display());
    let store = SqliteStore::open(&url, SqliteSettings::default()).await.unwrap();
    assert_gapless(&whole_log(&store).await, 1);
    assert_gapless(&whole_log(&open(&directory.join("log.db")).await).await, 1);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn stores_on_one_file_under_several_names_share_its_log() {
    let directory = Directory::new();
    let path = directory.join("log.db");
    fs::create_dir(directory.join("folder")).unwrap();
    std::os::unix::fs::symlink(&path, directory.join("link.db")).unwrap();
    std::os::unix::fs::symlink("..", directory.join("folder/up")).unwrap();
    let mut stores = Vec::new();
    // The link leads nowhere yet, and the file is made where it leads.
    for name in ["link.db", "log.db", "folder/../log.db", "folder/up/link.db", ".//log.db"] {
        stores.push(open(&directory.join(name)).await);
    }
    let appends = stores.iter().map(|store| async move {
        for _ in 0..20 {
            record(store, "ada", 1).await;
        }
    });
    futures::future::join_all(appends).await;
    for store in &stores {
        assert_gapless(&whole_log(store).await, 100);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_was_removed_is_not_made_anew_behind_an_open_store() {
    let directory = Directory::new();
    let path = directory.join("log.db");
    let store = open(&path).await;
    record(&store, "ada", 1).await;
    for name in ["log.db", "log.db-wal", "log.db-shm"] {
        fs::remove_file(directory.join(name)).unwrap();
    }
    let error = store.locate(&stream("ada"), annals_core::EventId(uuid::Uuid::nil())).await;
    assert_unavailable(&error.unwrap_err(), &["cannot be opened"]);
    assert!(!path.exists());
}

/// What is seen where something is mounted: in a process of its own.
#[cfg(target_os = "linux")]
mod mounted {
    use std::process::Command;

    use annals_core::{Append, AppendError, StoreErrorKind};

    use super::*;
    use crate::processes::{Other, part};

    fn run(program: &str, arguments: &[&str], path: &Path) {
        let status = Command::new(program).args(arguments).arg(path).status().unwrap();
        assert!(status.success(), "{program} {arguments:?}: {status}");
    }

    fn play(test: &str) {
        let directory = Directory::new();
        Other::play_apart(&format!("surroundings::mounted::{test}"), "alone", &*directory).end();
    }

    fn large(kib: usize) -> Append {
        let event = event_of("large", "x".repeat(kib << 10));
        append(&stream("large"), Expected::Any, vec![event])
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_full_disk_refuses_appends_and_loses_none_and_they_go_on_when_there_is_room() {
        let Some((_, disk)) = part() else {
            return play(
                "a_full_disk_refuses_appends_and_loses_none_and_they_go_on_when_there_is_room",
            );
        };
        run("mount", &["-t", "tmpfs", "-o", "size=3m", "none"], &disk);
        let store = open(&disk.join("log.db")).await;
        for more in ["size=8m", "size=20m"] {
            let (mut kept, mut refused) = (Vec::new(), Vec::new());
            let mut kib = 64;
            while kib > 0 {
                let tried: Vec<_> = (0..4).map(|_| large(kib)).collect();
                let answers = tried.iter().map(|append| store.append(append));
                for (append, answer) in tried.iter().zip(futures::future::join_all(answers).await) {
                    match answer {
                        Ok(_) => kept.push(append.clone()),
                        Err(AppendError::Store(error)) => {
                            assert_unavailable(&error, &["disk is full"]);
                            refused.push(append.clone());
                        }
                        other => panic!("{other:?}"),
                    }
                }
                if !refused.is_empty() {
                    kib /= 2;
                }
            }
            assert!(!kept.is_empty());
            let full = store.backup(disk.join("copy.db")).await.unwrap_err();
            assert_eq!(full.kind(), StoreErrorKind::Unavailable, "{full:?}");
            assert!(!disk.join("copy.db").exists() && !disk.join("copy.db.partial").exists());
            let key = crate::words::snapshot("ada");
            let snapshots = store.snapshots();
            let state = "x".repeat(1 << 20).into();
            let snapshot = annals_core::Snapshot { state, ..key.1 };
            let saved = annals_core::Snapshots::save(&snapshots, &key.0, snapshot).await;
            assert_unavailable(&saved.unwrap_err(), &["disk is full"]);

            run("mount", &["-o", &format!("remount,{more}")], &disk);
            for append in &kept {
                assert_eq!(times_recorded(&store, append).await, 1);
            }
            let last = refused.last().unwrap();
            for append in &refused {
                assert_eq!(times_recorded(&store, append).await, 0);
            }
            store.append(last).await.unwrap();
            assert_eq!(times_recorded(&store, last).await, 1);
            let log = whole_log(&store).await;
            assert_gapless(&log, log.len());
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_disk_that_becomes_read_only_refuses_appends_and_they_go_on_when_it_is_not() {
        let Some((_, disk)) = part() else {
            return play(
                "a_disk_that_becomes_read_only_refuses_appends_and_they_go_on_when_it_is_not",
            );
        };
        run("mount", &["-t", "tmpfs", "-o", "size=3m", "none"], &disk);
        drop(open(&disk.join("log.db")).await);
        let mut sql = Sql::connect(&disk.join("log.db")).await;
        sql.run("SELECT * FROM annals_event").await;
        sql.close().await;
        crate::words::eventually(async || {
            Command::new("mount").args(["-o", "remount,ro"]).arg(&disk).status().unwrap().success()
        })
        .await;

        assert_unavailable(&refused(&disk.join("log.db")).await, &["cannot be opened"]);
        assert_unavailable(
            &refused(&disk.join("new.db")).await,
            &["cannot be opened, or not be made"],
        );
        assert_unavailable(&refused(&disk.join("new/log.db")).await, &["directory of the log"]);

        run("mount", &["-o", "remount,rw"], &disk);
        let store = open(&disk.join("log.db")).await;
        record(&store, "ada", 1).await;
        assert_gapless(&whole_log(&store).await, 1);
    }
}
