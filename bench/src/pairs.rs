//! Two ways to do the same work, measured in turn.

use std::time::{Duration, Instant};

/// How often each pair is measured, after one that does not count.
const ROUNDS: usize = 31;

/// Figures of all rounds: the median, the least and the most.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) least: f64,
    pub(crate) most: f64,
}

/// What came of measuring a pair.
pub(crate) struct Pair {
    pub(crate) ours: Spread,
    pub(crate) raw: Spread,
    /// Ours divided by raw, round by round.
    pub(crate) ratio: Spread,
}

impl Pair {
    /// Of rounds that were measured: ours and raw of each.
    pub(crate) fn of(rounds: &[(f64, f64)]) -> Self {
        Self {
            ours: spread(rounds.iter().map(|(ours, _)| *ours)),
            raw: spread(rounds.iter().map(|(_, raw)| *raw)),
            ratio: spread(rounds.iter().map(|(ours, raw)| ours / raw)),
        }
    }
}

/// Measures two ways to do `pieces` pieces of work, in turn, in nanoseconds for one piece. Each does
/// its work once, and answers with the time.
pub(crate) fn measure(
    pieces: u32,
    mut ours: impl FnMut() -> Duration,
    mut raw: impl FnMut() -> Duration,
) -> Pair {
    let each = |duration: Duration| duration.as_secs_f64() * 1e9 / f64::from(pieces);
    let mut rounds = Vec::new();
    ours();
    raw();
    for round in 0..ROUNDS {
        // Who goes first changes, so that neither always runs on a warmer cache.
        let (ours, raw) = if round % 2 == 0 {
            let ours = each(ours());
            (ours, each(raw()))
        } else {
            let raw = each(raw());
            (each(ours()), raw)
        };
        rounds.push((ours, raw));
    }
    Pair::of(&rounds)
}

/// How long `work` takes.
pub(crate) fn time<T>(work: impl FnOnce() -> T) -> Duration {
    let start = Instant::now();
    std::hint::black_box(work());
    start.elapsed()
}

fn spread(values: impl Iterator<Item = f64>) -> Spread {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let at = |index: usize| values.get(index).copied().unwrap_or(f64::NAN);
    Spread { median: at(values.len() / 2), least: at(0), most: at(values.len() - 1) }
}
