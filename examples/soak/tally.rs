//! What has been done, and what is under way.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;

/// The counts of a run, shared by all of its tasks.
#[derive(Default)]
pub struct Tally {
    counts: Cell<BTreeMap<&'static str, u64>>,
    pub live: Rc<Cell<usize>>,
}

impl Tally {
    pub fn add(&self, what: &'static str, count: u64) {
        let mut counts = self.counts.take();
        *counts.entry(what).or_default() += count;
        self.counts.set(counts);
    }

    pub fn count(&self, what: &str) -> u64 {
        let counts = self.counts.take();
        let count = counts.get(what).copied().unwrap_or_default();
        self.counts.set(counts);
        count
    }

    /// Counts as under way until it is dropped.
    pub fn live(&self) -> Live {
        self.live.set(self.live.get() + 1);
        Live(Rc::clone(&self.live))
    }
}

/// Something that is under way.
pub struct Live(Rc<Cell<usize>>);

impl Drop for Live {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = self.counts.take();
        let result = counts.iter().try_for_each(|(what, count)| writeln!(f, "{count:>16} {what}"));
        self.counts.set(counts);
        result
    }
}
