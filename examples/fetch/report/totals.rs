use std::time::Duration;

use super::Report;
use crate::outcome::Outcome;

/// What a run comes to.
pub struct Totals {
    pub fetched: usize,
    /// Without those that were interrupted.
    pub failed: usize,
    pub failed_as_planned: usize,
    pub interrupted: usize,
    pub as_planned: bool,
    pub bytes: u64,
    pub wall: Duration,
    /// The time that the downloads would have taken one after another, had each taken as long as it did.
    pub sum: Duration,
    pub most_at_once: usize,
}

impl Totals {
    pub fn of(report: &Report) -> Totals {
        let outcomes = &report.outcomes;
        let count = |test: fn(&Outcome) -> bool| outcomes.iter().filter(|&outcome| test(outcome)).count();
        Totals {
            fetched: count(|outcome| outcome.failure.is_none()),
            failed: count(|outcome| outcome.failure.is_some() && !outcome.is_interrupted()),
            failed_as_planned: count(|outcome| outcome.failure.is_some() && outcome.as_planned()),
            interrupted: count(Outcome::is_interrupted),
            as_planned: outcomes.iter().all(Outcome::as_planned),
            bytes: outcomes.iter().map(|outcome| outcome.trace.bytes).sum(),
            wall: report.wall,
            sum: outcomes.iter().map(Outcome::total).sum(),
            most_at_once: most_at_once(outcomes),
        }
    }

    /// How many times as long the single times are together as the whole.
    pub fn gain(&self) -> f64 {
        self.sum.as_secs_f64() / self.wall.as_secs_f64().max(f64::MIN_POSITIVE)
    }
}

/// How many downloads ran at one time, at most.
pub fn most_at_once(outcomes: &[Outcome]) -> usize {
    // Where one ends as another starts, the end comes first: `false` sorts before `true`.
    let begun = || outcomes.iter().filter(|outcome| outcome.has_begun());
    let begins = begun().map(|outcome| (outcome.start, true));
    let mut events: Vec<_> = begins.chain(begun().map(|outcome| (outcome.end, false))).collect();
    events.sort();
    let mut running = 0_usize;
    let counts = events.into_iter().map(|(_, begins)| {
        running = if begins { running + 1 } else { running.saturating_sub(1) };
        running
    });
    counts.max().unwrap_or(0)
}
