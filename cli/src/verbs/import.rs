//! `annals import`: appends what another log has exported, at the same positions, after what is there.
//!
//! What is in the log already has to be what stands in the lines: each of those is compared with the event at its
//! position, and the import goes on after the last. So one that was killed is begun again and loses nothing.

mod batch;
mod beside;

use annals::Position;
use indicatif::ProgressBar;
use serde_json::json;

use crate::{
    args::ImportArgs,
    events::Exported,
    failure::Failure,
    screen::{Screen, number},
    store::Store,
    verbs::lines::{Line, Lines, lines},
};

use batch::Batch;
use beside::Beside;

/// An import on its way.
struct Import<'s> {
    /// `None` if there is none yet, and nothing is to be made.
    store: Option<&'s Store>,
    lines: Lines,
    bar: ProgressBar,
    is_dry_run: bool,
    /// How far the log was before.
    head: Position,
    /// How far it is now.
    position: Position,
    /// Where the next line has to stand. The first may be anywhere in what is there already.
    due: Option<Position>,
    skipped: u64,
    imported: u64,
}

pub(super) async fn run(
    store: Option<&Store>,
    args: &ImportArgs,
    screen: &Screen,
) -> Result<(), Failure> {
    let (lines, bytes) = lines(args.file.as_deref())?;
    let bar = screen.bar("importing", bytes.unwrap_or(0), true);
    let head = match store {
        Some(store) => store.head().await?,
        None => Position::START,
    };
    let mut import = Import {
        store,
        lines,
        bar,
        is_dry_run: args.dry_run,
        head,
        position: head,
        due: None,
        skipped: 0,
        imported: 0,
    };
    let ended = import.run().await;
    import.bar.finish_and_clear();
    let Import { skipped, imported, position, .. } = import;
    if let Err(failure) = ended {
        if imported > 0 && !args.dry_run {
            let imported = number(imported);
            screen.remark(&format!(
                "{imported} events were imported before that; begin again to go on"
            ));
        }
        return Err(failure);
    }
    if screen.is_json {
        return screen.json(&json!({
            "imported": imported, "skipped": skipped, "head": position.get(), "is_dry_run": args.dry_run,
        }));
    }
    let said = if args.dry_run { "would be imported" } else { "imported" };
    let there = match skipped {
        0 => String::new(),
        skipped => format!(", after {} that were there", number(skipped)),
    };
    screen.line(&format!("{} events {said}{there}", number(imported)))
}

impl Import<'_> {
    async fn run(&mut self) -> Result<(), Failure> {
        let mut batch = Batch::default();
        let mut beside: Option<Beside<'_>> = None;
        while let Some(line) = self.lines.recv().await {
            let Line { number, text } = line?;
            self.bar.inc(u64::try_from(text.len()).unwrap_or(0));
            let event = read(number, &text)?;
            let before = event.position.minus(1);
            let due = *self.due.get_or_insert(before.min(self.head).plus(1));
            if event.position != due {
                let why = format!("it is at position {}, and {due} is due", event.position);
                return Err(wrong(number, why));
            }
            self.due = Some(due.plus(1));
            if let Some(store) = self.store.filter(|_| event.position <= self.head) {
                self.skipped += 1;
                let beside = beside.get_or_insert_with(|| Beside::after(before, store));
                beside.compare(number, &event).await?;
                continue;
            }
            if self.skipped == 0 && self.head > Position::START {
                let why = format!(
                    "the log is not empty: the line of position {} is needed to compare",
                    self.head
                );
                return Err(wrong(number, why));
            }
            self.position = event.position;
            if batch.is_full_with(&event) {
                self.append(&mut batch).await?;
            }
            batch.add(number, event);
        }
        self.append(&mut batch).await
    }

    async fn append(&mut self, batch: &mut Batch) -> Result<(), Failure> {
        let events = batch.len();
        match self.store.filter(|_| !self.is_dry_run) {
            Some(store) => batch.append(store).await?,
            None => batch.check()?,
        }
        self.imported += events;
        *batch = Batch::default();
        Ok(())
    }
}

/// The event in a line.
fn read(number: u64, text: &[u8]) -> Result<Exported, Failure> {
    match text.strip_suffix(b"\n") {
        Some(text) => Exported::read(text).map_err(|why| wrong(number, why)),
        None => Err(wrong(number, "it is cut off: an export that was interrupted ends so")),
    }
}

fn wrong(number: u64, why: impl std::fmt::Display) -> Failure {
    Failure::Refused(format!("line {number}: {why}"))
}
