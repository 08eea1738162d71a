use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::clients::Client;
use super::origin::Origin;
use crate::catalog::Column;

/// All that was measured.
#[derive(Default, Serialize, Deserialize)]
pub struct Results {
    pub machine: String,
    pub entries: Vec<Entry>,
    /// The smallest TCP clients.
    #[serde(default)]
    pub clients: Vec<Client>,
}

/// One workload at one scale by one program.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Entry {
    pub workload: String,
    pub scale: u64,
    pub program: String,
    /// In the unit of the workload's metric.
    pub value: Option<Spread>,
    /// Processor time in nanoseconds.
    #[serde(default)]
    pub cpu: Option<Spread>,
    /// For which part of the time the load generator was idle: the least of all rounds.
    pub load_idle: Option<f64>,
    /// For each operation.
    pub instructions: Option<f64>,
    pub system_calls: Option<f64>,
    pub allocations: Option<f64>,
    /// Of what the value is, and of what the counts.
    #[serde(default)]
    pub timed: Option<Origin>,
    #[serde(default)]
    pub counted: Option<Origin>,
    /// Why there are no values, or not all.
    pub failure: Option<String>,
}

/// The median of the rounds, and between which values the middle half of them lies.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub struct Spread {
    pub low: f64,
    pub median: f64,
    pub high: f64,
}

impl Spread {
    pub fn of(mut values: Vec<f64>) -> Option<Spread> {
        values.sort_by(f64::total_cmp);
        let last = values.len().checked_sub(1)?;
        let quartile = |quarter: usize| values[(last * quarter + 2) / 4];
        Some(Spread { low: quartile(1), median: quartile(2), high: quartile(3) })
    }
}

impl Results {
    /// What an earlier run has left in `file`.
    pub fn read(file: &Path) -> Option<Results> {
        let text = fs::read_to_string(file).ok()?;
        Some(serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display())))
    }

    /// What there is of this already. The values of an entry are replaced as they are measured.
    pub fn entry(&self, workload: &str, scale: u64, program: &str) -> Entry {
        let is_it = |entry: &&Entry| entry.is(workload, scale, program);
        let new = || Entry { workload: workload.into(), scale, program: program.into(), ..Entry::default() };
        self.entries.iter().find(is_it).cloned().unwrap_or_else(new)
    }

    /// Puts an entry in the place of the one for the same.
    pub fn put(&mut self, new: Entry) {
        match self.entries.iter_mut().find(|entry| entry.is(&new.workload, new.scale, &new.program)) {
            Some(old) => *old = new,
            None => self.entries.push(new),
        }
    }

    /// The least that any of a column's programs has for this.
    pub fn best(&self, column: &Column, workload: &str, scale: u64, value: Value) -> Option<f64> {
        self.best_of(column, workload, scale, value).map(|(best, _)| best)
    }

    /// The same, and whose it is.
    pub fn best_of(&self, column: &Column, workload: &str, scale: u64, value: Value) -> Option<(f64, &Entry)> {
        let is_it = |entry: &&Entry| column.programs.iter().any(|program| entry.is(workload, scale, program));
        let values = self.entries.iter().filter(is_it).filter_map(|entry| Some((value(entry)?, entry)));
        values.min_by(|(one, _), (other, _)| one.total_cmp(other))
    }

    /// The scales at which a workload was run.
    pub fn scales(&self, workload: &str) -> Vec<u64> {
        let of_it = self.entries.iter().filter(|entry| entry.workload == workload);
        let mut scales: Vec<u64> = of_it.map(|entry| entry.scale).collect();
        scales.sort();
        scales.dedup();
        scales
    }
}

impl Entry {
    fn is(&self, workload: &str, scale: u64, program: &str) -> bool {
        self.workload == workload && self.scale == scale && self.program == program
    }
}

/// Which of an entry's values is meant.
pub type Value = fn(&Entry) -> Option<f64>;
