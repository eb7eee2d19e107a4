//! One building of a read model, from the first event on.

use serde::{Deserialize, Serialize};

/// One building of a read model, from the first event on: the first is 1. While a new one is made, the one
/// before it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Build {
    build: u32,
    version: u32,
}

impl Build {
    pub(crate) const fn new(build: u32, version: u32) -> Self {
        Self { build, version }
    }

    /// Which building it is.
    pub fn number(self) -> u32 {
        self.build
    }

    /// Of which version of the projection.
    pub fn version(self) -> u32 {
        self.version
    }

    /// A name for a table that no other build has: `balance` becomes `balance_1`.
    pub fn table(self, name: &str) -> String {
        format!("{name}_{}", self.build)
    }
}
