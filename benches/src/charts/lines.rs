use super::svg::{COLOURS, Svg};
use crate::catalog::{COLUMNS, Workload};
use crate::runner::{Results, Value, number};

const PANEL: (f64, f64) = (560.0, 320.0);
const PLOT: (f64, f64) = (400.0, 240.0);
const MARGIN: (f64, f64) = (60.0, 40.0);

/// How the value of each workload grows with its scale: a panel for each, on logarithmic axes.
pub fn lines(results: &Results, workloads: &[&Workload], value: Value) -> String {
    let mut svg = Svg::new(PANEL.0, PANEL.1 * workloads.len() as f64);
    for (place, workload) in workloads.iter().enumerate() {
        panel(&mut svg, place as f64 * PANEL.1, results, workload, value);
    }
    svg.finish()
}

fn panel(svg: &mut Svg, top: f64, results: &Results, workload: &Workload, value: Value) {
    let scales = results.scales(workload.name);
    let of = |column, scale| results.best(column, workload.name, scale, value).filter(|&value| value > 0.0);
    let all = || COLUMNS.iter().flat_map(|column| scales.iter().filter_map(move |&scale| of(column, scale)));
    let (least, greatest) = (all().fold(f64::INFINITY, f64::min), all().fold(0.0, f64::max));
    let last = scales.last().copied().unwrap_or(1).max(2) as f64;
    let x = |scale: u64| MARGIN.0 + PLOT.0 * (scale as f64).ln() / last.ln();
    let y = |value: f64| top + MARGIN.1 + PLOT.1 * (greatest / value).ln() / (greatest / least).ln().max(1.0);

    svg.title((10.0, top + 18.0), &format!("{}, {}", workload.title, workload.metric.unit()));
    for &scale in &scales {
        svg.text((x(scale), top + MARGIN.1 + PLOT.1 + 18.0), "middle", &scale.to_string());
    }
    for value in [least, greatest] {
        svg.text((MARGIN.0 - 6.0, y(value) + 4.0), "end", &number(value));
    }
    for (place, (column, colour)) in COLUMNS.iter().zip(COLOURS).enumerate() {
        let point = |&scale: &u64| Some((x(scale), y(of(column, scale)?)));
        let points: Vec<(f64, f64)> = scales.iter().filter_map(point).collect();
        if !points.is_empty() {
            svg.line(&points, colour, if place == 0 { 3.0 } else { 1.5 });
            let legend = (MARGIN.0 + PLOT.0 + 20.0, top + MARGIN.1 + place as f64 * 16.0);
            svg.bar(legend, (10.0, 10.0), colour);
            svg.text((legend.0 + 15.0, legend.1 + 9.0), "start", column.name);
        }
    }
}
