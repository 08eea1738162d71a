use std::time::Duration;

use super::labels::Labels;
use super::totals::most_at_once;
use crate::outcome::Outcome;
use crate::terminal::Look;
use crate::text::abbreviate;

/// The least distance between two marks of the scale, in characters: a label and some air.
const MARK_DISTANCE: usize = 10;

/// When each download ran, on a common scale, and how many ran at once.
pub fn waterfall(outcomes: &[Outcome], labels: &Labels, look: &Look) -> String {
    let digits = outcomes.len().to_string().len().max(2);
    let longest = labels.labels.iter().map(|label| label.chars().count()).max().unwrap_or(0);
    let label_width = longest.clamp("at once".len(), look.columns / 4);
    let margin = digits + label_width + 4;
    let end = outcomes.iter().map(|outcome| outcome.end).max().unwrap_or_default();
    let scale = Scale { end, width: look.columns - margin };
    let ink = Ink::of(look);

    let mut text = format!("{:margin$}{}\n", "", look.dim(&scale.axis(&ink)));
    for (index, (outcome, label)) in outcomes.iter().zip(&labels.labels).enumerate() {
        let label = abbreviate(label, label_width, look.unicode);
        let bar = bar(outcome, &scale, &ink, look);
        text.push_str(&format!("{:>digits$}  {label:<label_width$}  {bar}\n", index + 1));
    }
    let (profile, most) = (profile(outcomes, &scale, &ink), most_at_once(outcomes));
    text.push_str(&format!("{:>digits$}  {:<label_width$}  {}\n", "", "at once", look.cyan(&profile)));
    let legend =
        format!("{} waiting  {} receiving  {} failed  {most} at once at most", ink.waiting, ink.receiving, ink.failed);
    text.push_str(&format!("{:margin$}{}\n", "", look.dim(&legend)));
    text
}

/// The characters of the picture.
struct Ink {
    mark: char,
    waiting: char,
    receiving: char,
    failed: char,
    levels: &'static [char],
}

impl Ink {
    fn of(look: &Look) -> Ink {
        if look.unicode {
            let levels = &['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
            Ink { mark: '╷', waiting: '░', receiving: '█', failed: '×', levels }
        } else {
            Ink {
                mark: '|',
                waiting: '.',
                receiving: '#',
                failed: 'x',
                levels: &['_', '.', ':', '-', '=', '+', '*', '#'],
            }
        }
    }
}

/// Maps the time of the run to columns.
struct Scale {
    end: Duration,
    width: usize,
}

impl Scale {
    fn column(&self, time: Duration) -> usize {
        let part = time.as_secs_f64() / self.end.as_secs_f64().max(f64::MIN_POSITIVE);
        ((part * self.width as f64) as usize).min(self.width - 1)
    }

    /// The columns from the first to the last that a download has a part of.
    fn columns(&self, outcome: &Outcome) -> (usize, usize) {
        (self.column(outcome.start), self.column(outcome.end))
    }

    fn axis(&self, ink: &Ink) -> String {
        let end = self.end.as_secs_f64();
        let step = self.step();
        let mut line: Vec<char> = vec![' '; self.width];
        let marks = (0..).map(|index| f64::from(index) * step).take_while(|&time| time < end);
        for time in marks {
            let start = self.column(Duration::from_secs_f64(time));
            let label = format!("{}{}", ink.mark, time_label(time, step));
            // A label that would be cut off is left out, with its mark.
            if let Some(place) = line.get_mut(start..start + label.chars().count()) {
                place.iter_mut().zip(label.chars()).for_each(|(place, char)| *place = char);
            }
        }
        line.into_iter().collect::<String>().trim_end().to_owned()
    }

    /// The time between two marks: 1, 2 or 5 times a power of ten, in seconds.
    fn step(&self) -> f64 {
        let least = (self.end.as_secs_f64() * MARK_DISTANCE as f64 / self.width as f64).max(1e-6);
        let power = 10_f64.powf(least.log10().floor());
        let factor = [1.0, 2.0, 5.0, 10.0].into_iter().find(|factor| factor * power >= least);
        factor.unwrap_or(10.0) * power
    }
}

/// A time with as many decimals as tell it from the marks beside it.
fn time_label(time: f64, step: f64) -> String {
    let (factor, unit) = if step >= 0.1 { (1.0, "s") } else { (1e3, "ms") };
    let decimals = (step * factor).log10().floor().min(0.0).abs() as usize;
    if time == 0.0 { "0".to_owned() } else { format!("{:.decimals$} {unit}", time * factor) }
}

fn bar(outcome: &Outcome, scale: &Scale, ink: &Ink, look: &Look) -> String {
    if !outcome.has_begun() {
        return String::new();
    }
    let (start, end) = scale.columns(outcome);
    let first_byte = outcome.first_byte.map_or(end + 1, |time| scale.column(time));
    let failed = outcome.failure.is_some();
    let waiting = ink.waiting.to_string().repeat(first_byte.min(end) - start);
    let mut rest = ink.receiving.to_string().repeat(end - first_byte.min(end));
    rest.push(if failed { ink.failed } else { ink.receiving });
    let rest = if failed { look.red(&rest) } else { look.green(&rest) };
    format!("{:start$}{}{rest}", "", look.dim(&waiting))
}

/// How many downloads ran in each column, as a row of heights.
fn profile(outcomes: &[Outcome], scale: &Scale, ink: &Ink) -> String {
    let mut counts = vec![0; scale.width];
    for outcome in outcomes.iter().filter(|outcome| outcome.has_begun()) {
        let (start, end) = scale.columns(outcome);
        counts[start..=end].iter_mut().for_each(|count| *count += 1);
    }
    let most = counts.iter().copied().max().unwrap_or(0).max(1);
    let level = |&count: &usize| match count {
        0 => ' ',
        count => ink.levels[(count * ink.levels.len()).div_ceil(most) - 1],
    };
    counts.iter().map(level).collect::<String>().trim_end().to_owned()
}
