//! What the terminal can show.

use std::env;

use console::Term;

/// The width where none is known, as in a file: most things show so much in a line.
const DEFAULT_COLUMNS: usize = 100;

/// The widths that the report is made for. In wider lines the eye loses its way.
const COLUMNS: std::ops::RangeInclusive<usize> = 60..=160;

/// How to write for an output.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    pub columns: usize,
    pub unicode: bool,
    colour: bool,
}

impl Look {
    pub fn of(output: &Term) -> Look {
        Look {
            columns: columns(output).unwrap_or(DEFAULT_COLUMNS).clamp(*COLUMNS.start(), *COLUMNS.end()),
            unicode: is_unicode(),
            colour: is_screen(output) && !is_set("NO_COLOR"),
        }
    }

    pub fn bold(&self, text: &str) -> String {
        self.paint("1", text)
    }

    pub fn dim(&self, text: &str) -> String {
        self.paint("2", text)
    }

    pub fn red(&self, text: &str) -> String {
        self.paint("31", text)
    }

    pub fn green(&self, text: &str) -> String {
        self.paint("32", text)
    }

    pub fn cyan(&self, text: &str) -> String {
        self.paint("36", text)
    }

    fn paint(&self, code: &str, text: &str) -> String {
        if self.colour && !text.is_empty() { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

/// Whether an output is a terminal that can move its cursor.
pub fn is_screen(output: &Term) -> bool {
    output.is_term() && env::var_os("TERM").is_some_and(|term| term != "dumb")
}

/// Whether the locale can show more than ASCII. Where nothing is said about it, it can.
fn is_unicode() -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().filter_map(env::var_os).find(|value| !value.is_empty());
    locale.is_none_or(|locale| {
        let locale = locale.to_string_lossy().to_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    })
}

fn is_set(name: &str) -> bool {
    env::var_os(name).is_some_and(|value| !value.is_empty())
}

/// How wide an output is: as the user says, or else as the terminal says.
fn columns(output: &Term) -> Option<usize> {
    let said = env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    said.or_else(|| output.size_checked().map(|(_, columns)| columns.into())).filter(|&columns| columns > 0)
}
