use super::svg::{COLOURS, Svg};
use crate::catalog::COLUMNS;
use crate::runner::{Row, Table, number};

const PANEL: (f64, f64) = (440.0, 190.0);
const PANELS_A_ROW: usize = 2;
const LABELS: f64 = 90.0;
const BARS: f64 = 270.0;
const BAR: f64 = 15.0;

/// A panel of bars for each row of the table, on logarithmic axes.
pub fn bars(table: &Table) -> String {
    let height = table.rows.len().div_ceil(PANELS_A_ROW) as f64 * PANEL.1 + 30.0;
    let title = format!("{}. The axes are logarithmic: less is better.", table.title);
    let mut svg = Svg::new((PANELS_A_ROW as f64 * PANEL.0, height), &title);
    svg.text((10.0, 18.0), "start", &title);
    for (place, row) in table.rows.iter().enumerate() {
        let corner = ((place % PANELS_A_ROW) as f64 * PANEL.0, (place / PANELS_A_ROW) as f64 * PANEL.1 + 30.0);
        panel(&mut svg, corner, row);
    }
    svg.finish()
}

fn panel(svg: &mut Svg, (left, top): (f64, f64), row: &Row) {
    svg.title((left + 10.0, top + 14.0), &format!("{}, {}", row.title, row.unit));
    let positive = || row.values.iter().flatten().copied().filter(|&value| value > 0.0);
    let greatest = positive().fold(0.0, f64::max);
    // The axis begins at half of the least value, so that its bar can be seen.
    let origin = positive().fold(f64::INFINITY, f64::min) / 2.0;
    let length = |value: f64| BARS * (value / origin).ln().max(0.0) / (greatest / origin).ln();
    let shown = row
        .values
        .iter()
        .zip(&COLUMNS)
        .zip(COLOURS)
        .filter_map(|((value, column), colour)| value.map(|value| (value, column, colour)));
    for (place, (value, column, colour)) in shown.enumerate() {
        let y = top + 22.0 + place as f64 * BAR;
        let length = if value > 0.0 { length(value) } else { 0.0 };
        svg.note((left + LABELS - 5.0, y + 10.0), "end", column.name);
        svg.bar((left + LABELS, y), (length, BAR - 4.0), colour);
        svg.note((left + LABELS + length + 4.0, y + 10.0), "start", &number(value));
    }
}
