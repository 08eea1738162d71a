use super::results::Results;
use crate::catalog::{COLUMNS, WORKLOADS, Workload};

/// What grows with the logarithm of the scale at most doubles from the square root of a scale to the scale itself.
const LOGARITHMIC: f64 = 2.0;

/// How the instructions of one workload grow with its scale, in one program.
pub struct Growth {
    pub workload: &'static Workload,
    pub column: &'static str,
    /// Scales and instructions for each operation.
    pub points: Vec<(u64, f64)>,
}

impl Growth {
    /// The cost at the greatest scale, in relation to that at its square root, or the next scale above.
    pub fn ratio(&self) -> Option<f64> {
        let &(last, cost) = self.points.last()?;
        let &(_, before) = self.points.iter().find(|(scale, _)| scale.pow(2) >= last)?;
        (before > 0.0).then_some(cost / before)
    }

    /// Whether the cost grows no faster than the logarithm of the scale.
    pub fn is_logarithmic(&self) -> Option<bool> {
        self.ratio().map(|ratio| ratio <= LOGARITHMIC)
    }
}

/// All for which there is more than one scale.
pub fn growths(results: &Results) -> Vec<Growth> {
    let mut growths = Vec::new();
    for workload in &WORKLOADS {
        let scales = results.scales(workload.name);
        for column in &COLUMNS {
            let cost =
                |&scale: &u64| Some((scale, results.best(column, workload.name, scale, |entry| entry.instructions)?));
            let points: Vec<(u64, f64)> = scales.iter().filter_map(cost).collect();
            if points.len() > 1 {
                growths.push(Growth { workload, column: column.name, points });
            }
        }
    }
    growths
}
