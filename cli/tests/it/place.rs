//! Where a test takes place: a log of its own in a file, or in a schema of the server that tests are given.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use annals::{Annals, Filter, Position, ReadModels};
use futures::TryStreamExt;
use tokio::time::{interval, timeout};

use crate::tool::{Ran, Tool};

/// After so long, what a test waits for never comes.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A store that nobody else uses.
pub(crate) struct Place {
    pub(crate) url: String,
    /// For whatever files there are.
    pub(crate) folder: PathBuf,
}

impl Place {
    /// In a file that is not there yet.
    pub(crate) fn in_sqlite() -> Self {
        let folder = folder();
        Self { url: format!("sqlite://{}/log.db", folder.display()), folder }
    }

    /// In a schema that is not there yet.
    pub(crate) fn in_postgres() -> Self {
        let folder = folder();
        let advice =
            "no server to test on: run `cargo xtask test`, or give ANNALS_TEST_POSTGRES_URL";
        let url = env::var("ANNALS_TEST_POSTGRES_URL").expect(advice);
        let separator = if url.contains('?') { '&' } else { '?' };
        let schema = folder.file_name().unwrap().to_str().unwrap();
        Self { url: format!("{url}{separator}schema={schema}"), folder }
    }

    /// The same log, as an application has it.
    pub(crate) async fn open(&self) -> Annals {
        Annals::open(&self.url).await.unwrap()
    }

    /// Runs the tool on this log to its end.
    pub(crate) fn run<const N: usize>(&self, args: [&str; N]) -> Ran {
        self.tool(args).run()
    }

    pub(crate) fn tool<const N: usize>(&self, args: [&str; N]) -> Tool {
        Tool::new(&args).env("ANNALS_STORE", &self.url)
    }

    /// A file in this place, as an argument.
    pub(crate) fn file(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }
}

/// A new folder.
fn folder() -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let name = format!("cli_{}_{}", process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder); // Of an earlier process of that number.
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// How far a log is.
pub(crate) async fn head(annals: &Annals) -> Position {
    let mut events = annals.store().read_log(Position::START, Filter::All);
    let mut head = Position::START;
    while let Some(event) = events.try_next().await.unwrap() {
        head = event.position;
    }
    head
}

/// Waits until it is so.
pub(crate) async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let mut looks = interval(Duration::from_millis(20));
    let looking = async {
        while !is_so().await {
            looks.tick().await;
        }
    };
    assert!(timeout(PATIENCE, looking).await.is_ok(), "never: {what}");
}

/// Writes a record in place of one, as if something had gone wrong with it.
pub(crate) async fn tamper(models: &dyn ReadModels, area: &str, key: &str, from: &str, to: &str) {
    let before = models.record(area, key).await.unwrap().unwrap();
    let after = before.replace(from, to);
    assert_ne!(before, after);
    let mut tx = models.begin().await.unwrap();
    assert!(tx.swap(area, key, Some(&before), Some(&after)).await.unwrap());
    tx.commit().await.unwrap();
}

/// Runs each of these tests on SQLite and on PostgreSQL.
macro_rules! everywhere {
    ($($test:ident),+ $(,)?) => {
        mod in_sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $test() {
                super::$test(crate::place::Place::in_sqlite()).await;
            })+
        }
        mod in_postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $test() {
                super::$test(crate::place::Place::in_postgres()).await;
            })+
        }
    };
}
pub(crate) use everywhere;
