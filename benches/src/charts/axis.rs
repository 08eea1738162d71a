/// How far the ends of an axis are from the values.
const ROOM: f64 = 1.3;

/// A logarithmic axis: which place of the picture stands for which value.
pub struct Axis {
    low: f64,
    high: f64,
    start: f64,
    end: f64,
}

impl Axis {
    /// From `start` to `end`, for all of these values. It has at least one power of ten between its ends.
    pub fn new(values: impl Iterator<Item = f64>, start: f64, end: f64) -> Axis {
        let (least, greatest) =
            values.fold((f64::INFINITY, 0.0), |(low, high): (f64, f64), value| (low.min(value), high.max(value)));
        let (low, high) = (least / ROOM, greatest * ROOM);
        let below = 10f64.powf(low.log10().floor());
        let (low, high) = if high < 10.0 * below { (below, 10.0 * below) } else { (low, high) };
        Axis { low, high, start, end }
    }

    /// Where a value stands.
    pub fn at(&self, value: f64) -> f64 {
        self.start + (self.end - self.start) * (value / self.low).log10() / (self.high / self.low).log10()
    }

    /// The powers of ten between its ends. If there are but one or two, also their double and fivefold.
    pub fn ticks(&self) -> impl Iterator<Item = f64> {
        let (first, last) = ((self.low.log10() - 1e-9).ceil() as i32, (self.high.log10() + 1e-9).floor() as i32);
        let steps: &[f64] = if last - first < 2 { &[1.0, 2.0, 5.0] } else { &[1.0] };
        let ticks = (first - 1..=last).flat_map(move |power| steps.iter().map(move |step| step * 10f64.powi(power)));
        ticks.filter(|&tick| self.low <= tick && tick <= self.high)
    }
}

/// A power of ten in few characters.
pub fn short(value: f64) -> String {
    match value {
        1e6.. => format!("{} M", value / 1e6),
        1e3.. => format!("{} k", value / 1e3),
        _ => format!("{value}"),
    }
}
