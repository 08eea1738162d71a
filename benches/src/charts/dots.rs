use super::axis::{Axis, short};
use super::svg::{COLOURS, Svg};
use crate::catalog::COLUMNS;
use crate::runner::{Row, number};

const WIDTH: f64 = 860.0;
const LABELS: f64 = 264.0;
const NUMBERS: f64 = 640.0;
const TOP: f64 = 84.0;
const LINE: f64 = 26.0;

/// What a picture of dots shows.
pub struct Dots<'a> {
    pub title: &'a str,
    /// What is said below the title.
    pub note: &'a str,
    pub rows: Vec<&'a Row>,
    /// Whether the values are divided by the floor's.
    pub by_floor: bool,
}

impl Dots<'_> {
    /// A line for each row, on which each runtime is a dot and the floor a mark.
    pub fn draw(&self) -> String {
        let bottom = TOP + self.rows.len() as f64 * LINE;
        let mut svg = Svg::new((WIDTH, bottom + 34.0), &format!("{}. {}", self.title, self.note));
        svg.title((14.0, 24.0), self.title);
        svg.note((14.0, 42.0), "start", self.note);
        self.legend(&mut svg);
        let all = self.rows.iter().flat_map(|row| self.values(row)).map(|(_, value)| value);
        let axis = Axis::new(all, LABELS, NUMBERS - 20.0);
        for tick in axis.ticks() {
            svg.rule("rule", (axis.at(tick), TOP - 6.0), (axis.at(tick), bottom));
            let label = if self.by_floor { format!("{tick} ×") } else { short(tick) };
            svg.note((axis.at(tick), bottom + 18.0), "middle", &label);
        }
        for (row, place) in self.rows.iter().zip(0..) {
            self.line(&mut svg, &axis, row, TOP + (f64::from(place) + 0.5) * LINE);
        }
        svg.finish()
    }

    fn legend(&self, svg: &mut Svg) {
        let entries = [("Epore", COLOURS[0], 5.5), ("tokio", COLOURS[2], 4.0), ("other runtimes", COLOURS[1], 3.0)];
        for ((name, colour, radius), x) in entries.into_iter().zip([LABELS, LABELS + 80.0, LABELS + 160.0]) {
            svg.dot((x + 6.0, 61.0), radius, colour);
            svg.note((x + 16.0, 65.0), "start", name);
        }
        svg.rule("mark", (LABELS + 286.0, 54.0), (LABELS + 286.0, 68.0));
        svg.note((LABELS + 294.0, 65.0), "start", "by hand");
        svg.note((NUMBERS + 50.0, 65.0), "end", "Epore");
        svg.note((NUMBERS + 66.0, 65.0), "start", "best of the others");
    }

    fn line(&self, svg: &mut Svg, axis: &Axis, row: &Row, y: f64) {
        svg.text((LABELS - 16.0, y + 4.0), "end", &row.title);
        svg.rule("rule", (LABELS, y), (NUMBERS - 20.0, y));
        // The dots that matter most come last, upon the others.
        let mut values = self.values(row);
        values.sort_by_key(|&(place, _)| [3, 1, 2].get(place).copied().unwrap_or(0));
        for &(place, value) in &values {
            let x = axis.at(value);
            match place {
                0 => svg.dot((x, y), 5.5, COLOURS[0]),
                1 => svg.rule("mark", (x, y - 8.0), (x, y + 8.0)),
                2 => svg.dot((x, y), 4.0, COLOURS[2]),
                _ => svg.dot((x, y), 3.0, COLOURS[1]),
            }
        }
        let own = values.iter().find(|&&(place, _)| place == 0);
        let best = values.iter().filter(|&&(place, _)| place > 1).min_by(|one, other| one.1.total_cmp(&other.1));
        if let Some(&(_, value)) = own {
            svg.text((NUMBERS + 50.0, y + 4.0), "end", &number(value));
        }
        if let Some(&(place, value)) = best {
            svg.note((NUMBERS + 66.0, y + 4.0), "start", &format!("{} ({})", number(value), COLUMNS[place].name));
        }
    }

    /// Those that can stand on the axis, with the place of their column.
    fn values(&self, row: &Row) -> Vec<(usize, f64)> {
        let floor = row.values[1].filter(|_| self.by_floor);
        let unit = if self.by_floor { floor } else { Some(1.0) };
        let value = |(place, value): (usize, &Option<f64>)| Some((place, (*value)? / unit?));
        row.values.iter().enumerate().filter_map(value).filter(|&(_, value)| value > 0.0).collect()
    }
}
