use super::axis::{Axis, short};
use super::svg::{COLOURS, Svg};
use crate::catalog::COLUMNS;
use crate::runner::{Growth, number};

const PANELS_A_ROW: usize = 2;
const PANEL: (f64, f64) = (430.0, 250.0);
const HEAD: f64 = 66.0;
/// What is left of a panel around its plot: left, top, right, bottom.
const MARGIN: (f64, f64, f64, f64) = (50.0, 34.0, 104.0, 40.0);

/// How the instructions of each workload grow with its scale: a panel for each, on logarithmic axes.
pub fn lines(growths: &[Growth]) -> String {
    let panels: Vec<&[Growth]> = growths.chunk_by(|one, next| one.workload.name == next.workload.name).collect();
    let size = (PANELS_A_ROW as f64 * PANEL.0, HEAD + panels.len().div_ceil(PANELS_A_ROW) as f64 * PANEL.1);
    let title = "How cost grows: instructions for each operation";
    let note = "both axes are logarithmic; flat is good, and a straight rise would be a power of the scale";
    let mut svg = Svg::new(size, &format!("{title} ({note})"));
    svg.title((14.0, 24.0), title);
    svg.note((14.0, 42.0), "start", note);
    for (place, panel) in panels.into_iter().enumerate() {
        let corner = ((place % PANELS_A_ROW) as f64 * PANEL.0, (place / PANELS_A_ROW) as f64 * PANEL.1 + HEAD);
        draw_panel(&mut svg, corner, panel);
    }
    svg.finish()
}

fn draw_panel(svg: &mut Svg, (left, top): (f64, f64), growths: &[Growth]) {
    let points = || growths.iter().flat_map(|growth| growth.points.iter().copied()).filter(|&(_, cost)| cost > 0.0);
    let (start, end) = (left + MARGIN.0, left + PANEL.0 - MARGIN.2);
    let (floor, ceiling) = (top + PANEL.1 - MARGIN.3, top + MARGIN.1);
    let x = Axis::new(points().map(|(scale, _)| scale as f64), start, end);
    let y = Axis::new(points().map(|(_, cost)| cost), floor, ceiling);

    svg.title((left + 14.0, top + 16.0), &growths[0].workload.title.replace('#', "n"));
    for tick in x.ticks() {
        svg.note((x.at(tick), floor + 17.0), "middle", &short(tick));
    }
    for tick in y.ticks() {
        svg.rule("rule", (start, y.at(tick)), (end, y.at(tick)));
        svg.note((start - 8.0, y.at(tick) + 4.0), "end", &short(tick));
    }
    let mut labels = Vec::new();
    // Epore's line comes last, upon the others.
    for growth in growths.iter().rev() {
        let place = COLUMNS.iter().position(|column| column.name == growth.column).expect("it is one of them");
        let points: Vec<(f64, f64)> = growth
            .points
            .iter()
            .filter(|&&(_, cost)| cost > 0.0)
            .map(|&(scale, cost)| (x.at(scale as f64), y.at(cost)))
            .collect();
        svg.line(&points, COLOURS[place], if place == 0 { 3.0 } else { 1.5 });
        if let (Some(&(at, height)), Some(&(_, cost))) = (points.last(), growth.points.last()) {
            labels.push((at + 6.0, height + 4.0, format!("{} {}", growth.column, number(cost))));
        }
    }
    spread(svg, labels);
}

/// Labels at the ends of the lines, moved apart where they would hide each other.
fn spread(svg: &mut Svg, mut labels: Vec<(f64, f64, String)>) {
    labels.sort_by(|one, other| one.1.total_cmp(&other.1));
    let mut free = f64::NEG_INFINITY;
    for (x, y, text) in labels {
        let y = y.max(free);
        svg.note((x, y), "start", &text);
        free = y + 12.0;
    }
}
