//! Several ways to do the same work, measured in turn.

use std::time::Duration;

use crate::{pairs::Pair, progress};

/// How often each way is measured, after one round that does not count.
const ROUNDS: usize = 5;

/// How long each is measured in a round, where the work has no end of its own.
pub(crate) const ROUND: Duration = Duration::from_secs(2);

/// What was measured, a figure for each of `N` ways in each round.
pub(crate) struct Rounds<const N: usize> {
    work: &'static str,
    unit: &'static str,
    rounds: usize,
    begun: usize,
    figures: Vec<[f64; N]>,
}

impl<const N: usize> Rounds<N> {
    pub(crate) fn new(work: &'static str, unit: &'static str) -> Self {
        Self { work, unit, rounds: ROUNDS, begun: 0, figures: Vec::new() }
    }

    /// The same with another number of rounds, beside the one that does not count.
    #[must_use]
    pub(crate) fn rounds(mut self, rounds: usize) -> Self {
        self.rounds = rounds;
        self
    }

    /// Begins the next round, if there is one.
    pub(crate) fn begin(&mut self) -> bool {
        self.begun += 1;
        self.begun <= self.rounds + 1
    }

    pub(crate) fn end(&mut self, figures: [f64; N]) {
        let count = self.begun - 1;
        let shown: Vec<_> = figures.iter().map(|figure| format!("{figure:.0}")).collect();
        progress(&format!("  {}, round {count}: {} {}", self.work, shown.join(" | "), self.unit));
        if count > 0 {
            self.figures.push(figures);
        }
    }

    /// The way `ours` beside the way `raw`, counted from 0.
    pub(crate) fn pair(&self, ours: usize, raw: usize) -> Pair {
        let rounds: Vec<_> =
            self.figures.iter().map(|figures| (figures[ours], figures[raw])).collect();
        Pair::of(&rounds)
    }
}
