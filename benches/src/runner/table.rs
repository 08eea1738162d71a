use super::results::{Entry, Results, Spread, Value};
use crate::catalog::{COLUMNS, Load, Metric, WORKLOADS, Workload, workload};

/// One kind of values: a row for each workload and scale, a place in it for each column of the catalog.
pub struct Table {
    pub title: &'static str,
    /// The name of its picture.
    pub name: &'static str,
    pub rows: Vec<Row>,
}

pub struct Row {
    pub workload: &'static str,
    pub scale: u64,
    pub title: String,
    pub unit: &'static str,
    pub values: Vec<Option<f64>>,
}

impl Row {
    /// Epore's value in relation to the floor's and to the best peer's.
    pub fn ratios(&self) -> [Option<f64>; 2] {
        let [epore, floor, peers @ ..] = self.values.as_slice() else { return [None; 2] };
        let best = peers.iter().flatten().copied().min_by(f64::total_cmp);
        [*floor, best].map(|other| Some((*epore)? / other.filter(|&other| other > 0.0)?))
    }
}

/// All tables, as far as there are values.
pub fn tables(results: &Results) -> Vec<Table> {
    let metric = |workload: &Workload| shown(workload).unit();
    let all = [
        table(results, ("What an operation takes", "times"), metric, of_operation),
        table(results, ("Instructions in user space", "instructions"), |_| "instructions", |entry| entry.instructions),
        table(results, ("System calls", "system_calls"), |_| "calls", |entry| entry.system_calls),
        table(results, ("Allocations", "allocations"), |_| "allocations", |entry| entry.allocations),
        table(results, ("How idle the load generator was", "idle"), |_| "%", |entry| Some(100.0 * entry.load_idle?)),
    ];
    all.into_iter().filter(|table| !table.rows.is_empty()).collect()
}

/// What stands for an operation. With `wrk` it is processor time, since `wrk` is busy all the time: how long a request takes is
/// its own business.
fn shown(workload: &Workload) -> Metric {
    if workload.load == Load::Wrk { Metric::Cpu } else { workload.metric }
}

pub fn of_operation(entry: &Entry) -> Option<f64> {
    rounds(entry).map(|rounds| rounds.median)
}

/// What the rounds have shown of what stands for an operation.
pub fn rounds(entry: &Entry) -> Option<Spread> {
    let is_elsewhere = workload(&entry.workload).load == Load::Wrk;
    if is_elsewhere { entry.cpu } else { entry.value }
}

fn table(
    results: &Results,
    (title, name): (&'static str, &'static str),
    unit: fn(&Workload) -> &'static str,
    value: Value,
) -> Table {
    let mut rows = Vec::new();
    for workload in &WORKLOADS {
        for scale in results.scales(workload.name) {
            let of = |column| results.best(column, workload.name, scale, value);
            let values: Vec<Option<f64>> = COLUMNS.iter().map(of).collect();
            if values.iter().any(Option::is_some) {
                let title = workload.title.replace('#', &scale.to_string());
                rows.push(Row { workload: workload.name, scale, title, unit: unit(workload), values });
            }
        }
    }
    Table { title, name, rows }
}
