//! `annals verify`: checks the log, and the checkpoints of projections against it.

use std::collections::BTreeSet;

use annals::{Envelope, Filter, Position, Revision, ShareOverview, StoreErrorKind};
use futures::TryStreamExt;
use serde::Serialize;

use crate::{
    failure::{Failure, chain},
    scan::places,
    screen::{Screen, number},
    store::Store,
    table::Table,
    verbs::revisions::Watch,
};

/// How many findings are kept: with more than that the log is beyond a list.
const MOST: usize = 1_000;

/// Its shape for programs.
#[derive(Default, Serialize)]
struct Verified {
    is_fine: bool,
    events: u64,
    streams: u64,
    projections: usize,
    findings: BTreeSet<Finding>,
}

/// Something that is not as it should be.
#[derive(PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct Finding {
    check: &'static str,
    position: Option<i64>,
    finding: String,
}

pub(super) async fn run(store: &Store, screen: &Screen) -> Result<(), Failure> {
    let mut verified = Verified::default();
    let head = store.head().await?;
    let (mut watch, mut is_first) = (Some(Watch::new()), true);
    while let Some(mut watching) = watch.take() {
        verified.read(store, head, &mut watching, is_first, screen).await?;
        (watch, is_first) = (watching.next(), false);
    }
    verified.check_projections(store, head).await?;
    verified.is_fine = verified.findings.is_empty();
    verified.show(screen)?;
    if verified.is_fine {
        return Ok(());
    }
    screen.flush()?;
    let found = verified.findings.len();
    Err(Failure::refused(format!("{found} findings: something is not as it should be")))
}

impl Verified {
    /// Reads the log, and goes on behind what cannot be read.
    async fn read(
        &mut self,
        store: &Store,
        head: Position,
        watch: &mut Watch,
        is_first: bool,
        screen: &Screen,
    ) -> Result<(), Failure> {
        let bar = screen.bar("checking the log", places(head), false);
        let mut events = store.annals.store().read_log(Position::START, Filter::All);
        let mut before = Position::START;
        while self.findings.len() < MOST {
            let event = match events.try_next().await {
                Ok(Some(event)) => event,
                Ok(None) => break,
                Err(error) if error.kind() == StoreErrorKind::Unreadable => {
                    let next = store.readable_after(before, &error).await?;
                    let until = next.unwrap_or(head).max(before.plus(1));
                    let why =
                        format!("nothing can be read from here to {until}: {}", chain(&error));
                    self.find("gaps", Some(before.plus(1)), why);
                    before = until;
                    if next.is_none() {
                        break;
                    }
                    events = store.annals.store().read_log(before, Filter::All);
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            if is_first {
                self.see(&event, before);
            }
            if let Some(due) = watch.see(&event) {
                let Envelope { stream, revision, .. } = &*event;
                let why = format!("{stream} is at revision {revision}, and {due} is due");
                self.find("revisions", Some(event.position), why);
            }
            before = event.position;
            bar.set_position(places(before));
            if before.get() % 256 == 0 {
                tokio::task::yield_now().await;
            }
        }
        bar.finish_and_clear();
        if before < head && self.findings.len() < MOST {
            self.find("gaps", Some(before), format!("the log ends here, and was at {head}"));
        }
        Ok(())
    }

    fn see(&mut self, event: &Envelope, before: Position) {
        self.events += 1;
        self.streams += u64::from(event.revision == Revision::START.plus(1));
        let position = event.position;
        if position <= before {
            self.find("order", Some(position), format!("it comes after position {before}"));
        } else if position != before.plus(1) {
            self.find("gaps", Some(position), format!("nothing between {before} and this"));
        }
    }

    async fn check_projections(&mut self, store: &Store, head: Position) -> Result<(), Failure> {
        // What was recorded since is part of the log as well.
        for overview in store.annals.operator().list().await? {
            self.projections += 1;
            for share in overview.shares.iter().chain(&overview.building_shares) {
                self.check_share(&overview.name, share, store, head).await?;
            }
        }
        Ok(())
    }

    async fn check_share(
        &mut self,
        name: &str,
        share: &ShareOverview,
        store: &Store,
        head: Position,
    ) -> Result<(), Failure> {
        let ShareOverview { position, last, .. } = share;
        let head = if *position > head { store.head().await? } else { head };
        if *position > head {
            let why = format!("{name} is there, and the log ends at {head}");
            self.find("checkpoints", Some(*position), why);
            return Ok(());
        }
        let there = match store.event_at(*position).await {
            Ok(there) => there,
            Err(error) if error.kind() == StoreErrorKind::Unreadable => {
                let why = format!("{name} is there, and the log cannot be read there");
                self.find("checkpoints", Some(*position), why);
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        };
        if let (Some(there), Some(last)) = (there, last)
            && there.id != *last
        {
            let why = format!("{name} saw event {last} there, and the log has {}", there.id);
            self.find("checkpoints", Some(*position), why);
        }
        Ok(())
    }

    fn find(&mut self, check: &'static str, position: Option<Position>, finding: String) {
        if self.findings.len() < MOST {
            let position = position.map(Position::get);
            self.findings.insert(Finding { check, position, finding });
        }
    }

    fn show(&self, screen: &Screen) -> Result<(), Failure> {
        if screen.is_json {
            return screen.json(self);
        }
        let Self { events, streams, projections, findings, .. } = self;
        let (events, streams) = (number(*events), number(*streams));
        let checked = format!("{events} events in {streams} streams, {projections} projections");
        if findings.is_empty() {
            return screen.line(&format!("{checked}: {}", screen.good("as it should be")));
        }
        screen.line(&format!("{checked}: {}", screen.bad("not as it should be")))?;
        let mut table = Table::new(&["check", ">position", "finding"]);
        for finding in findings {
            let position = finding.position.map_or_else(String::new, number);
            table.row([finding.check.to_owned(), position, finding.finding.clone()]);
        }
        screen.table(&table)
    }
}
