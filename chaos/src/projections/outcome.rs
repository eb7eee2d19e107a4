//! What came of a run.

use std::fmt;

use crate::projections::asked::ProjectionsRun;

/// How many findings are told.
const TOLD: usize = 20;

/// Whether every promise held, and how much there was to find something in.
#[derive(Debug)]
pub struct Outcome {
    what: String,
    pub(crate) findings: Vec<String>,
    pub(crate) figures: Vec<String>,
}

impl Outcome {
    pub(crate) fn new(run: &ProjectionsRun) -> Self {
        let what = format!("{} {}, seed {}", run.store, run.scenario, run.seed);
        Self { what, findings: vec![], figures: vec![] }
    }

    /// Whether every promise held, in a run that might have shown the contrary.
    pub fn is_kept(&self) -> bool {
        self.findings.is_empty()
    }

    /// Adds what the run lacks to be worth anything, if that is so.
    pub(crate) fn must(&mut self, is_so: bool, otherwise: &str) {
        if !is_so {
            self.findings.push(format!("the run shows nothing: {otherwise}"));
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = if self.is_kept() { "every promise was kept" } else { "BROKEN" };
        writeln!(f, "{}: {verdict}", self.what)?;
        for figure in &self.figures {
            writeln!(f, "    {figure}")?;
        }
        for finding in self.findings.iter().take(TOLD) {
            writeln!(f, "  ! {finding}")?;
        }
        if self.findings.len() > TOLD {
            writeln!(f, "  ! and {} more", self.findings.len() - TOLD)?;
        }
        Ok(())
    }
}
