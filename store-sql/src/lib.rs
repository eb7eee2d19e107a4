//! What the stores of Annals on SQL databases have in common: which appends go together, what an append
//! that was recorded before is answered, who is told of growth, which migrations are missing.
//!
//! For authors of stores. There is no SQL in it, and no driver.

// In the order in which data meets them.
mod migration;
mod group;
mod repeat;
mod growth;
mod names;
mod unpacked;
mod words;

pub use group::{Answer, Group, Recorder};
pub use growth::{Growth, OnWatch, Seen};
pub use migration::{Applied, Migration, missing_migrations};
pub use names::Names;
pub use repeat::{Recorded, ends_before, original_answer};
pub use unpacked::{Rows, Unpacked};
pub use words::{expected_numbers, too_late, unreadable, valid, yes_or_no};
