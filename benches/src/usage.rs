//! What a program says that was called with the wrong arguments.

use std::fmt::Display;
use std::process;
use std::str::FromStr;

/// Says it in a line, and ends the process with the status that shells give to misuse.
pub fn misused(message: impl Display) -> ! {
    eprintln!("{message}");
    process::exit(2)
}

/// What the argument stands for.
pub fn parsed<T: FromStr>(argument: &str, usage: &str) -> T {
    argument.parse().unwrap_or_else(|_| misused(format_args!("{argument} does not fit: {usage}")))
}
