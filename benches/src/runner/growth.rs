use super::results::Results;
use crate::catalog::{COLUMNS, WORKLOADS, Workload};

/// What grows with the logarithm of the scale at most doubles from the square root of a scale to the scale itself.
const LOGARITHMIC: f64 = 2.0;

/// A rise of less is none: counts of the network vary by as much.
const FLAT: f64 = 1.1;

/// A logarithm rises by the same in each decade, of which there are two or three since the square root: with room for chance,
/// the last decade has no more than this part of the rise.
const STEADY: f64 = 0.7;

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
        let (&(_, cost), before) = (self.points.last()?, self.at_root()?);
        (before > 0.0).then_some(cost / before)
    }

    /// Whether the cost grows no faster than the logarithm of the scale.
    pub fn is_logarithmic(&self) -> Option<bool> {
        let ratio = self.ratio()?;
        Some(ratio < FLAT || (ratio <= LOGARITHMIC && self.last_share()? <= STEADY))
    }

    fn at_root(&self) -> Option<f64> {
        let &(last, _) = self.points.last()?;
        self.points.iter().find(|(scale, _)| scale.pow(2) >= last).map(|&(_, cost)| cost)
    }

    /// Which part of the rise since the square root of the greatest scale falls on the last decade.
    fn last_share(&self) -> Option<f64> {
        let [.., (_, before), (_, last)] = self.points.as_slice() else { return None };
        Some((last - before) / (last - self.at_root()?))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn growth(cost: impl Fn(f64) -> f64) -> Growth {
        let points = (0..=6).map(|power| 10u64.pow(power)).map(|scale| (scale, cost(scale as f64))).collect();
        Growth { workload: &WORKLOADS[0], column: "", points }
    }

    #[test]
    fn what_is_flat_or_grows_with_the_logarithm_passes() {
        assert_eq!(growth(|_| 500.0).is_logarithmic(), Some(true));
        assert_eq!(growth(|scale| 1000.0 / scale + 200.0).is_logarithmic(), Some(true));
        assert_eq!(growth(|scale| 10.0 + 100.0 * scale.log10()).is_logarithmic(), Some(true));
    }

    #[test]
    fn what_grows_faster_fails() {
        assert_eq!(growth(|scale| scale.powf(0.2)).is_logarithmic(), Some(false));
        assert_eq!(growth(|scale| 1000.0 + scale / 1000.0).is_logarithmic(), Some(false));
        assert_eq!(growth(|scale| 1.0 + scale.log10().powi(2)).is_logarithmic(), Some(false));
    }
}
