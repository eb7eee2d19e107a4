//! What runs when nothing is said: everything, once, from nothing.

use std::{fs, io::ErrorKind, path::Path};

use annals::Annals;

use super::{
    Failure,
    import::{How, import},
    report::report,
    screen::print,
    source::Source,
    verify::verify,
};

/// What it writes, beside what others have imported: the files of its store, and a page.
const FILES: [&str; 4] = ["tour.db", "tour.db-wal", "tour.db-shm", "tour.html"];

/// Makes up so many applications and does everything with them once, in a folder.
pub(crate) async fn tour(folder: &Path, cases: u64) -> Result<bool, Failure> {
    for file in FILES.map(|file| folder.join(file)) {
        match fs::remove_file(&file) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(format!("{} cannot be removed: {error}", file.display()).into());
            }
            _ => {}
        }
    }
    let store = format!("sqlite://{}", folder.join("tour.db").display());
    let annals = Annals::open(&store).await?;
    let source = Source::Generated { cases, seed: 1 };

    print(&format!("{cases} made-up applications, imported into {store}\n\n"))?;
    let tally = import(&annals, &source, How::default()).await?;
    print(&format!("{tally}\n"))?;
    report(&annals, &folder.join("tour.html")).await?;
    let verdict = verify(&annals, Some(&source)).await?;
    print(&format!("{verdict}\n{}", next(&store)))?;
    Ok(tally.failed() == 0 && verdict.is_good())
}

/// What one may type then.
fn next(store: &str) -> String {
    format!(
        "next, after `cargo run --release --example loans --`:

one application, from its first day to its last, or to a moment
  show G000042 --store {store}
  show G000042 --as-of 2011-10-05T00:00Z --store {store}
a read model, built anew beside itself
  rebuild throughput --store {store}
the real log (docs/loans.md says where it is), and what it comes to
  import --log FILE
  report
"
    )
}
