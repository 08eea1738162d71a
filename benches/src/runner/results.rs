use serde::{Deserialize, Serialize};

use crate::catalog::Column;

/// All that was measured.
#[derive(Default, Serialize, Deserialize)]
pub struct Results {
    pub machine: String,
    pub entries: Vec<Entry>,
}

/// One workload at one scale by one program.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Entry {
    pub workload: String,
    pub scale: u64,
    pub program: String,
    /// In the unit of the workload's metric.
    pub value: Option<Spread>,
    /// For which part of the time the load generator was idle: the least of all rounds.
    pub load_idle: Option<f64>,
    /// For each operation.
    pub instructions: Option<f64>,
    pub system_calls: Option<f64>,
    pub allocations: Option<f64>,
    /// Why there are no values.
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
    /// The least that any of a column's programs has for this.
    pub fn best(&self, column: &Column, workload: &str, scale: u64, value: Value) -> Option<f64> {
        let is_it = |entry: &&Entry| {
            entry.workload == workload && entry.scale == scale && column.programs.contains(&entry.program.as_str())
        };
        self.entries.iter().filter(is_it).filter_map(value).min_by(f64::total_cmp)
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

/// Which of an entry's values is meant.
pub type Value = fn(&Entry) -> Option<f64>;
