//! Downloads many URLs at once, on one thread, with Epore and hyper.
//!
//! ```text
//! cargo run --release --example fetch                                    # from a server of its own
//! cargo run --release --example fetch -- http://example.com/ --output pages
//! cargo run --release --example fetch -- --help
//! ```
//!
//! `session` runs the downloads in the order of its `agenda`, `download` is one of them with its tries and redirects,
//! `client` is one exchange with a
//! server, over one of its `connections`, secured by `tls` if the URL says https; `queue` is the wait for one. `interrupt` ends them all. `demo` is the server that is fetched from when no URL is given.

#![forbid(unsafe_code)]

mod agenda;
mod client;
mod connections;
mod decode;
mod demo;
mod download;
mod failure;
mod input;
mod interrupt;
mod names;
mod options;
mod outcome;
mod output;
mod progress;
mod queue;
mod report;
mod session;
mod terminal;
mod text;
mod tls;
mod units;

use std::io::{self, Write};
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Instant;

use clap::Parser;
use console::Term;

use client::Client;
use interrupt::Interrupt;
use options::Options;
use outcome::Outcome;
use progress::Progress;
use report::Report;
use session::Session;
use terminal::Look;

fn main() -> ExitCode {
    let options = Options::parse();
    let urls = input::urls(&options).unwrap_or_else(|message| options::wrong_usage(&message));
    if let Some(folder) = &options.output
        && let Err(error) = std::fs::create_dir_all(folder)
    {
        options::wrong_usage(&format!("cannot make the folder `{}`: {error}", folder.display()));
    }
    let client = Client::new(&options).unwrap_or_else(|message| options::wrong_usage(&message));
    let json = options.json;
    let report = match epore::block_on(fetch(urls, options, client)) {
        Ok(report) => report,
        Err(error) => {
            let _unread = writeln!(io::stderr(), "error: cannot start the server of the demonstration: {error}");
            return ExitCode::FAILURE;
        }
    };
    let text = if json { report.json() } else { report.text(&Look::of(&Term::stdout())) };
    let printed = print(&text);
    match report.interrupted {
        // As the shell says it of a program that a signal has ended.
        Some(signal) => ExitCode::from(128 + signal.as_raw_value() as u8),
        None if printed && report.outcomes.iter().all(Outcome::as_planned) => ExitCode::SUCCESS,
        None => ExitCode::FAILURE,
    }
}

/// Fetches the URLs, or the pages of the demonstration if there are none.
async fn fetch(urls: Vec<String>, options: Options, client: Client) -> io::Result<Report> {
    let demo = urls.is_empty();
    let jobs = if demo { demo::start().await? } else { urls.into_iter().map(session::Job::from).collect() };
    let progress = Progress::new(jobs.len() as u64);
    let (start, interrupt) = (Instant::now(), Interrupt::new());
    let outcomes = Rc::new(Session::new(jobs, options, client, progress, interrupt.clone())).run().await;
    Ok(Report { outcomes, wall: start.elapsed(), demo, interrupted: interrupt.signal() })
}

/// Says whether the text was printed. A reader that has seen enough, as `head` does, is no error.
fn print(text: &str) -> bool {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            let _unread = writeln!(io::stderr(), "error: cannot write to standard output: {error}");
            false
        }
        _ => true,
    }
}
