//! What was there after each kill, against the log.

use std::collections::HashMap;

use super::{Entry, Look};
use crate::{
    breach::{Findings, Promise},
    key::Key,
};

/// What a killed writer knew was there at once, and all that was there is there in the end.
pub(super) fn check(looks: &[Look], log: &[Entry], findings: &mut Findings) {
    let mut there: HashMap<i64, Key> = HashMap::new();
    for (kill, look) in (1..).zip(looks) {
        for &(position, key, index) in &look.new {
            let at_last = log.get(there.len());
            let stays = at_last.is_some_and(|entry: &Entry| {
                (entry.position, entry.key, entry.index) == (position, key, index)
            });
            findings.check(Promise::Stays, stays, || {
                let was = format!("event {index} of append {key} was at {position}");
                format!("after kill {kill}, {was}, where there is {at_last:?}")
            });
            there.insert(position, key);
        }
        for &(key, position) in &look.acknowledged {
            let is_there = there.get(&position) == Some(&key);
            findings.check(Promise::AcknowledgedIsThere, is_there, || {
                let what = format!("append {key}, acknowledged at position {position}");
                format!("after kill {kill}, {what}, is missing")
            });
        }
    }
}
