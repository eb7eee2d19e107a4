//! Chance that is the same for a seed, for ever: the generated log is as good as a file.

/// `splitmix64` by Sebastiano Vigna, which is in the public domain.
#[derive(Debug, Clone)]
pub(super) struct Chance(u64);

impl Chance {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// Whether something happens that happens in so many of a hundred cases.
    pub(super) fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// A time that is about `mean` milliseconds long, often shorter and seldom much longer.
    pub(super) fn about(&mut self, mean: u64) -> i64 {
        // The product of two even ones is crooked enough, and needs no logarithm of the platform's.
        let (one, other) = (self.below(2_000), self.below(2_000));
        i64::try_from(mean.saturating_mul(one * other) / 1_000_000).unwrap_or_default()
    }
}
