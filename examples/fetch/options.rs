use std::path::PathBuf;
use std::time::Duration;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};

/// Downloads many URLs at once, on one thread.
///
/// Without a URL it starts a server of its own, on a free port of this machine
/// and on the same thread, fetches a few dozen pages from it, and shows how the
/// downloads overlap. Some of these pages are made to fail.
#[derive(Debug, Parser)]
#[command(name = "fetch", verbatim_doc_comment, after_help = EXIT_STATUS, after_long_help = DETAILS)]
pub struct Options {
    /// What to fetch, by http:// or https://
    #[arg(value_name = "URL")]
    pub urls: Vec<String>,

    /// Read more URLs from FILE, one a line; `-` is standard input
    ///
    /// Empty lines, and lines that begin with `#`, are skipped.
    #[arg(short, long, value_name = "FILE")]
    pub input: Option<PathBuf>,

    /// How many downloads run at once, at most
    #[arg(short, long, value_name = "N", default_value = "64", value_parser = at_least_one, allow_negative_numbers = true)]
    pub concurrency: usize,

    /// How many connections one host gets, at most [default: one for each download]
    ///
    /// A connection that has brought an answer is used again. Over HTTP/2 all
    /// downloads from a host share one.
    #[arg(long, value_name = "N", value_parser = at_least_one_connection, allow_negative_numbers = true, verbatim_doc_comment)]
    pub per_host: Option<usize>,

    /// How long one try at a URL may take, redirects included
    ///
    /// The time that it waits for one of the connections of its host does not
    /// count.
    #[arg(short, long, value_name = "SECONDS", default_value = "30", value_parser = seconds, allow_negative_numbers = true)]
    pub timeout: Duration,

    /// How often a URL is tried again after a failure that may pass
    ///
    /// These are a connection that fails, a timeout, a server that breaks off
    /// or closes early, and a status from 500 up. The pause before a retry is
    /// 0.1 seconds at first, and doubles up to 2 seconds.
    #[arg(short, long, value_name = "N", default_value_t = 0, verbatim_doc_comment)]
    pub retries: u32,

    /// How many redirects are followed for one URL, from https:// to http:// too
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub max_redirects: u32,

    /// Write what is fetched to files in DIR, named after the URLs
    ///
    /// The folder is made if need be. A file gets its name when it is complete,
    /// and replaces an older one then. URLs that would share a name get
    /// numbers: `page.html`, `page-2.html`.
    #[arg(short, long, value_name = "DIR", verbatim_doc_comment)]
    pub output: Option<PathBuf>,

    /// Ask for bodies in gzip or br, and decode them
    #[arg(long)]
    pub compressed: bool,

    /// Trust the certificates in FILE (PEM), beside those of the system
    #[arg(long, value_name = "FILE")]
    pub cacert: Option<PathBuf>,

    /// Print the results as JSON
    #[arg(long)]
    pub json: bool,
}

const EXIT_STATUS: &str =
    "The exit status is 0 if all is well, 1 if a URL failed, 2 for wrong usage, 130 after Ctrl-C.";

const DETAILS: &str = "\
A URL has failed when the answer does not come in full, or when its status says
so: anything but 2xx, after redirects. Then it leaves no file. A failed URL keeps
no other from being fetched; standard error says which one failed and why.

The results go to standard output, the progress to standard error: bars on a
terminal, else lines. NO_COLOR switches colours off, COLUMNS sets the width.

Ctrl-C, as SIGTERM, stops the downloads that run, and leaves no file half-written.
What has been fetched is reported. A second Ctrl-C ends the program at once.

The exit status is 0 if all is well, 1 if a URL failed, 2 for wrong usage, and
128 and the number of the signal if there was one: 130 after Ctrl-C.
Without a URL it is 0 if those pages failed, and only those, that are made to.";

/// Says what is wrong with the command line, and ends the program with status 2.
pub fn wrong_usage(message: &str) -> ! {
    Options::command().error(ErrorKind::ValueValidation, message).exit()
}

fn at_least_one(text: &str) -> Result<usize, String> {
    positive(text, "at least 1 download must run")
}

fn at_least_one_connection(text: &str) -> Result<usize, String> {
    positive(text, "at least 1 connection is needed")
}

fn positive(text: &str, otherwise: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err(otherwise.to_owned()),
        Ok(count) => Ok(count),
        Err(error) => Err(error.to_string()),
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "not a number of seconds, as 30 or 0.5".to_owned())?;
    match Duration::try_from_secs_f64(seconds) {
        Ok(Duration::ZERO) => Err("nothing can be fetched in no time".to_owned()),
        Ok(duration) => Ok(duration),
        Err(error) => Err(error.to_string()),
    }
}
