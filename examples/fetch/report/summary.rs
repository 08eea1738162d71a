use std::time::Duration;

use epore::signal::SignalKind;

use super::labels::Labels;
use super::totals::Totals;
use super::{json, table, waterfall};
use crate::outcome::Outcome;
use crate::terminal::Look;
use crate::units;

/// The gain from which on it is worth a word.
const NOTABLE_GAIN: f64 = 1.1;

/// All outcomes of a run, in the order in which the URLs were given.
pub struct Report {
    pub outcomes: Vec<Outcome>,
    pub wall: Duration,
    /// Whether the pages came from a server of this program.
    pub demo: bool,
    /// The signal that has ended it before all was done.
    pub interrupted: Option<SignalKind>,
}

impl Report {
    pub fn json(&self) -> String {
        format!("{:#}\n", json::report(self))
    }

    /// The report for a person, with an empty line between its parts.
    pub fn text(&self, look: &Look) -> String {
        let labels = Labels::of(&self.outcomes);
        let parts = [
            self.heading(&labels, look),
            table::table(&self.outcomes, &labels, look),
            waterfall::waterfall(&self.outcomes, &labels, look),
            self.summary(look),
        ];
        parts.join("\n")
    }

    fn heading(&self, labels: &Labels, look: &Look) -> String {
        let from = labels.origin.as_ref().map(|origin| format!(" from {origin}")).unwrap_or_default();
        let note = if self.demo { ", a server of this program on the same thread" } else { "" };
        let pages = units::count(self.outcomes.len(), "URL", "URLs");
        format!("{}{note}\n", look.bold(&format!("{pages}{from}")))
    }

    fn summary(&self, look: &Look) -> String {
        let totals = Totals::of(self);
        let mut parts = vec![look.green(&format!("{} fetched", totals.fetched))];
        let unplanned = totals.failed - totals.failed_as_planned;
        if totals.failed_as_planned > 0 {
            parts.push(format!("{} failed as planned", totals.failed_as_planned));
        }
        if unplanned > 0 {
            parts.push(look.red(&format!("{unplanned} failed")));
        }
        if totals.interrupted > 0 {
            parts.push(look.red(&format!("{} interrupted", totals.interrupted)));
        }
        if self.demo && !totals.as_planned {
            parts.push(look.red("not all went as planned"));
        }
        parts.push(units::bytes(totals.bytes));
        let gain = match totals.gain() {
            gain if gain >= NOTABLE_GAIN => format!(": {gain:.1} times as fast"),
            _ => ",".to_owned(),
        };
        let (wall, sum) = (units::time(self.wall), units::time(totals.sum));
        let line = format!("wall time {wall}, sum of single times {sum}{gain} on one thread");
        format!("{}\n{}\n", parts.join(", "), look.bold(&line))
    }
}
