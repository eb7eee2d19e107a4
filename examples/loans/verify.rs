//! Whether everything is as it should be, found out the slow way: one event after the other, in one thread.

mod folded;
mod original;

use std::{collections::BTreeMap, fmt};

use annals::{Annals, Filter, View};
use futures::TryStreamExt;

use self::{folded::Folded, original::compare_with_source};
use super::{
    Failure,
    import::{LISTED, catch_up},
    models::{Models, all_rows, read_days},
    source::{Bad, Rows, Source},
};

/// What was compared, and how many of it differ.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    lines: Vec<(String, usize, usize)>,
    /// The first of the differences.
    examples: Vec<String>,
    /// Rows of the source that are bad; the first of them are listed.
    bad: Vec<Bad>,
    /// Whether events came while it was compared. Nothing was found out then.
    is_growing: bool,
}

/// Compares every read model with a fold of the log, and the log with its source, if there is one.
pub(crate) async fn verify(annals: &Annals, source: Option<&Source>) -> Result<Verdict, Failure> {
    verify_rows(annals, source.map(Source::open).transpose()?).await
}

/// The same with the rows of the source.
pub(crate) async fn verify_rows(annals: &Annals, rows: Option<Rows>) -> Result<Verdict, Failure> {
    let store = annals.store();
    let folded = Folded::of(annals).await?;
    let models = Models::new(annals);
    let running = models.follow(annals, false).await?;
    catch_up(&running, folded.position).await?;
    running.stop().await?;

    let mut verdict = Verdict::default();
    verdict.view(&all_rows(&models.funnel).await?, &folded.funnel);
    verdict.view(&all_rows(&models.throughput).await?, &folded.throughput);
    verdict.view(&all_rows(&models.workload).await?, &folded.workload);
    verdict.view(&all_rows(&models.present).await?, &folded.present);
    verdict.rows("days", &read_days(annals).await?, &folded.days);
    // Whoever appends has read models follow, too: they may have been ahead of the fold.
    if store.read_log(folded.position, Filter::All).try_next().await?.is_some() {
        return Ok(Verdict { is_growing: true, ..Verdict::default() });
    }
    if let Some(rows) = rows {
        compare_with_source(rows, folded.entries, &mut verdict);
    }
    Ok(verdict)
}

impl Verdict {
    pub(crate) fn is_good(&self) -> bool {
        !self.is_growing && self.lines.iter().all(|(_, _, differing)| *differing == 0)
    }

    fn bad(&mut self, bad: Bad) {
        if self.bad.len() < LISTED {
            self.bad.push(bad);
        }
    }

    fn view<V: View + PartialEq + fmt::Debug>(
        &mut self,
        found: &[(String, V)],
        expected: &BTreeMap<String, V>,
    ) {
        let found: BTreeMap<&String, &V> = found.iter().map(|(key, row)| (key, row)).collect();
        self.rows(V::NAME, &found, &expected.iter().collect());
    }

    fn rows<K: Ord + fmt::Debug, R: PartialEq + fmt::Debug>(
        &mut self,
        name: &str,
        found: &BTreeMap<K, R>,
        expected: &BTreeMap<K, R>,
    ) {
        let mut differences = vec![];
        for key in expected.keys().chain(found.keys().filter(|key| !expected.contains_key(key))) {
            let (found, expected) = (found.get(key), expected.get(key));
            if found != expected {
                differences.push(format!("{name} {key:?}: {found:?}, and not {expected:?}"));
            }
        }
        self.line(format!("{name}: rows"), expected.len(), differences.len(), differences);
    }

    fn line(
        &mut self,
        what: String,
        compared: usize,
        differing: usize,
        examples: impl IntoIterator<Item = String>,
    ) {
        self.lines.push((what, compared, differing));
        self.examples.extend(examples.into_iter().take(5));
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_growing {
            return writeln!(f, "the log is growing: verify it when it stands still");
        }
        self.bad.iter().try_for_each(|bad| writeln!(f, "{bad}"))?;
        writeln!(f, "{:<32}{:>10}{:>10}", "compared", "of", "differ")?;
        for (what, compared, differing) in &self.lines {
            writeln!(f, "{what:<32}{compared:>10}{differing:>10}")?;
        }
        self.examples.iter().try_for_each(|example| writeln!(f, "  {example}"))
    }
}
