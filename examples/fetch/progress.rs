use std::cell::{Cell, RefCell};
use std::fmt;
use std::io::{self, Write};
use std::rc::Rc;
use std::time::Duration;

use console::Term;
use epore::time::sleep;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle, WeakProgressBar};

use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::terminal::{self, Look};
use crate::text::{abbreviate, one_line};
use crate::units;

/// How often clocks and spinners move: as often as the eye wants.
const TICK: Duration = Duration::from_millis(100);

/// What standard error shows while the downloads run: bars on a terminal, else a line for each that ends.
pub struct Progress {
    total: u64,
    ended: Cell<u64>,
    bars: Option<Bars>,
    look: Look,
}

struct Bars {
    all: MultiProgress,
    whole: ProgressBar,
    running: Rc<RefCell<Vec<WeakProgressBar>>>,
    received: Rc<Cell<u64>>,
    styles: Styles,
}

/// A bar by the stage of its download.
#[derive(Clone)]
struct Styles {
    waiting: ProgressStyle,
    sized: ProgressStyle,
    unknown: ProgressStyle,
}

/// The bar of one download, which vanishes when it is dropped. Without a terminal it does nothing.
pub struct Bar {
    bar: ProgressBar,
    received: Rc<Cell<u64>>,
    styles: Option<Styles>,
}

impl Progress {
    pub fn new(total: u64) -> Progress {
        let look = Look::of(&Term::stderr());
        let bars = terminal::is_screen(&Term::stderr()).then(|| Bars::new(total, &look));
        Progress { total, ended: Cell::new(0), bars, look }
    }

    /// Begins to show a download.
    pub fn begin(&self, url: &str) -> Bar {
        let Some(bars) = &self.bars else {
            return Bar { bar: ProgressBar::hidden(), received: Rc::default(), styles: None };
        };
        let url = one_line(url);
        let label = abbreviate(url.strip_prefix("http://").unwrap_or(&url), label_width(&self.look), self.look.unicode);
        let bar =
            ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden()).with_style(bars.styles.waiting.clone());
        let bar = bars.all.add(bar.with_prefix(label).with_message("waiting"));
        let mut running = bars.running.borrow_mut();
        running.retain(|bar| bar.upgrade().is_some());
        running.push(bar.downgrade());
        Bar { bar, received: Rc::clone(&bars.received), styles: Some(bars.styles.clone()) }
    }

    /// Says how a download ended: always if it failed, and if there are no bars to show it.
    pub fn end(&self, outcome: &Outcome) {
        self.ended.set(self.ended.get() + 1);
        let line = self.line(outcome);
        match &self.bars {
            None => drop(writeln!(io::stderr(), "{line}")),
            Some(bars) => {
                bars.whole.inc(1);
                if outcome.failure.is_some() && !outcome.is_interrupted() {
                    // A terminal that cannot be written to shows nothing of this either.
                    let _unseen = bars.all.println(line);
                }
            }
        }
    }

    /// A task that keeps the clocks going. Without bars there are none.
    pub fn ticker(&self) -> Option<impl Future<Output = ()> + use<>> {
        let bars = self.bars.as_ref()?;
        let (whole, running) = (bars.whole.clone(), Rc::clone(&bars.running));
        let received = Rc::clone(&bars.received);
        Some(async move {
            loop {
                whole.set_message(units::bytes(received.get()));
                whole.tick();
                running.borrow().iter().filter_map(WeakProgressBar::upgrade).for_each(|bar| bar.tick());
                sleep(TICK).await;
            }
        })
    }

    /// Takes the bars off the screen.
    pub fn finish(&self) {
        if let Some(bars) = &self.bars {
            bars.whole.finish_and_clear();
        }
    }

    fn line(&self, outcome: &Outcome) -> String {
        let width = self.total.to_string().len();
        let place = format!("[{:>width$}/{}]", self.ended.get(), self.total);
        let url = one_line(&outcome.url);
        let tries = if outcome.tries > 1 { format!(" ({} tries)", outcome.tries) } else { String::new() };
        match &outcome.failure {
            Some(_) if outcome.is_interrupted() => format!("{place} {} {url}{tries}", self.look.red("interrupted:")),
            Some(failure) => {
                let word = if outcome.is_made_to_fail() { "failed as planned" } else { "failed" };
                let reason = one_line(&failure.to_string());
                format!("{place} {} {url}: {reason}{tries}", self.look.red(&format!("{word}:")))
            }
            None => {
                let (bytes, time) = (units::bytes(outcome.trace.bytes), units::time(outcome.total()));
                format!("{place} {:>4} {bytes:>8} {time:>8}  {url}{tries}", outcome.status_word())
            }
        }
    }
}

impl Bar {
    /// The answer has begun, and is so long if that is known.
    pub fn expect(&self, length: Option<u64>) {
        let Some(styles) = &self.styles else { return };
        match length {
            Some(length) => {
                self.bar.set_style(styles.sized.clone());
                self.bar.set_length(length);
            }
            None => self.bar.set_style(styles.unknown.clone()),
        }
    }

    pub fn advance(&self, bytes: u64) {
        self.bar.inc(bytes);
        self.received.set(self.received.get() + bytes);
    }

    /// A try has failed, and there will be another.
    pub fn retry(&self, tries: u32, failure: &Failure) {
        let Some(styles) = &self.styles else { return };
        self.bar.set_style(styles.waiting.clone());
        self.bar.set_position(0);
        self.bar.set_message(format!("{}: retry {tries}", failure.kind()));
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

impl Bars {
    fn new(total: u64, look: &Look) -> Bars {
        let all = MultiProgress::with_draw_target(ProgressDrawTarget::stderr());
        let whole = all.add(ProgressBar::new(total));
        let (filled, ticks) =
            if look.unicode { ("━╸─", "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏ ") } else { ("=>-", "|/-\\ ") };
        let style = |template: &str| {
            let style = ProgressStyle::with_template(template).expect("the templates are right");
            let style = style.progress_chars(filled).tick_chars(ticks);
            let style = style.with_key("clock", |state: &ProgressState, out: &mut dyn fmt::Write| {
                write_field(out, format_args!("{:.1} s", state.elapsed().as_secs_f64()));
            });
            let style = style.with_key("size", |state: &ProgressState, out: &mut dyn fmt::Write| {
                write_field(out, format_args!("{}", units::bytes(state.pos())));
            });
            let style = style.with_key("length", |state: &ProgressState, out: &mut dyn fmt::Write| {
                write_field(out, format_args!("{}", units::bytes(state.len().unwrap_or_default())));
            });
            style.with_key("pulse", move |state: &ProgressState, out: &mut dyn fmt::Write| {
                write_field(out, format_args!("{}", pulse(state.elapsed(), filled)));
            })
        };
        whole.set_style(style("{spinner} {pos:>3}/{len} done {wide_bar:.green} {msg:>7} {clock:>7}"));
        let label = format!("{{spinner:.dim}} {{prefix:{}}}", label_width(look));
        let styles = Styles {
            waiting: style(&format!("{label} {{msg:.dim}} {{clock:.dim}}")),
            sized: style(&format!("{label} {{wide_bar:.cyan}} {{size:>7}} of {{length:<7}}")),
            unknown: style(&format!("{label} {{pulse:.cyan}} {{size:>7}}")),
        };
        Bars { all, whole, running: Rc::default(), received: Rc::default(), styles }
    }
}

/// The width of the URL beside a bar.
fn label_width(look: &Look) -> usize {
    look.columns * 2 / 5
}

/// A bar for a length that nobody knows: a piece that goes to and fro.
fn pulse(elapsed: Duration, chars: &str) -> String {
    const WIDTH: usize = 20;
    const PIECE: usize = 4;
    let step = (elapsed.as_millis() / TICK.as_millis()) as usize % (2 * (WIDTH - PIECE));
    let start = step.min(2 * (WIDTH - PIECE) - step);
    let (filled, empty) = (chars.chars().next().unwrap_or('='), chars.chars().last().unwrap_or('-'));
    (0..WIDTH).map(|column| if (start..start + PIECE).contains(&column) { filled } else { empty }).collect()
}

/// Writes a part of a bar, to a buffer that takes all.
fn write_field(out: &mut dyn fmt::Write, field: fmt::Arguments<'_>) {
    out.write_fmt(field).expect("a bar is drawn to memory");
}
