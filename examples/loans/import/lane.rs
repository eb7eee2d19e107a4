//! Some of the applications, row after row.

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use annals::{Annals, Revision, prelude::*};
use futures::TryStreamExt;
use tokio::sync::mpsc;

use super::{
    super::{
        Failure,
        domain::{Application, ApplicationEvent, Refused},
        progress,
        source::{Bad, Row},
    },
    tally::{Rejected, Tally},
};

/// What works on the rows of some applications, one after the other.
pub(super) struct Lane {
    pub(super) annals: Annals,
    pub(super) file: String,
    /// Set once nothing more is to be done.
    pub(super) stop: Arc<AtomicBool>,
    pub(super) is_strict: bool,
    pub(super) progress: progress::Rows,
}

impl Lane {
    pub(super) async fn run(self, mut rows: mpsc::Receiver<Row>) -> Result<Tally, Failure> {
        let mut tally = Tally::default();
        let mut of_others = HashSet::new();
        while let Some(row) = rows.recv().await {
            if self.stop.load(Ordering::Relaxed) {
                break;
            }
            let before = tally.failed();
            self.send(row, &mut of_others, &mut tally).await?;
            self.progress.more();
            if self.is_strict && tally.failed() > before {
                self.stop.store(true, Ordering::Relaxed);
                break;
            }
        }
        Ok(tally)
    }

    /// Sends a row, unless its case is one `of_others`: in the log there is another history of it already, which
    /// must not go on with what this one says.
    async fn send(
        &self,
        row: Row,
        of_others: &mut HashSet<String>,
        tally: &mut Tally,
    ) -> Result<(), Failure> {
        if of_others.contains(&row.case) {
            tally.not_sent();
            return Ok(());
        }
        let sent = self.annals.execute(row.stream(), row.intent()).idempotency_key(row.key());
        match sent.await {
            Ok(committed) => tally.recorded(committed.position(), committed.is_repeat()),
            Err(ExecuteError::Rejected(refused)) => {
                let why = self.as_first_refused(&row, refused).await?;
                tally.rejected(Rejected { line: row.line, case: row.case, entry: row.entry, why });
            }
            Err(error @ ExecuteError::KeyReused { .. }) => {
                let why = format!("{error}: no more rows of {} are sent", row.case);
                tally.bad(self.bad(row.line, why));
                of_others.insert(row.case);
            }
            Err(error @ ExecuteError::Invalid(_)) => {
                tally.bad(self.bad(row.line, error.to_string()));
            }
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    fn bad(&self, line: u64, why: String) -> Bad {
        Bad { file: self.file.clone(), line, why, is_last: false }
    }

    /// What a row was refused for when it came in its turn. A rejection is recorded nowhere: when an import
    /// is run again, the application has gone on, and such a row is merely late.
    async fn as_first_refused(&self, row: &Row, refused: Refused) -> Result<Refused, Failure> {
        if !matches!(refused, Refused::Late { .. }) {
            return Ok(refused);
        }
        let stream = row.stream();
        let store = self.annals.store();
        let mut events = store.read_stream(stream.id()?, Revision::START);
        let mut then = Application::default();
        while let Some(envelope) = events.try_next().await? {
            let Some(event) = envelope.decode::<ApplicationEvent>()? else { continue };
            if event.occasion().entry >= row.entry {
                break;
            }
            then.evolve(&event);
        }
        Ok(row.intent().decide(&then).err().unwrap_or(refused))
    }
}
