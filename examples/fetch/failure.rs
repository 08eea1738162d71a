use std::error::Error;
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use h2::Reason;
use hyper::StatusCode;

use crate::download::{Stage, Trace};
use crate::units;

/// Why a URL could not be fetched.
#[derive(Debug)]
pub enum Failure {
    /// It is not one that this program can fetch.
    BadUrl(String),
    Lookup(io::Error),
    Connect(io::Error),
    /// Why TLS with the host failed.
    Tls(String, io::ErrorKind),
    Timeout {
        limit: Duration,
        stage: Stage,
        bytes: u64,
    },
    /// The connection ended before the answer began.
    Closed(Option<io::Error>),
    /// The connection ended before the answer did.
    BrokenOff {
        bytes: u64,
        expected: Option<u64>,
        cause: Option<io::Error>,
    },
    NotHttp(hyper::Error),
    /// The body cannot be decoded.
    Encoding(String),
    Status(StatusCode),
    Redirect(String),
    File(PathBuf, io::Error),
    /// The user has ended it.
    Interrupted,
    /// The user has ended the program before.
    NotBegun,
}

impl Failure {
    /// A word for the table and for programs.
    pub fn kind(&self) -> &'static str {
        match self {
            Failure::BadUrl(_) => "bad-url",
            Failure::Lookup(_) => "no-host",
            Failure::Connect(error) if error.kind() == io::ErrorKind::ConnectionRefused => "refused",
            Failure::Connect(_) => "connect",
            Failure::Tls(..) => "tls",
            Failure::Timeout { .. } => "timeout",
            Failure::Closed(_) => "closed",
            Failure::BrokenOff { .. } => "broken",
            Failure::NotHttp(_) => "no-http",
            Failure::Encoding(_) => "encoding",
            Failure::Status(_) => "status",
            Failure::Redirect(_) => "redirect",
            Failure::File(..) => "file",
            Failure::Interrupted => "stopped",
            Failure::NotBegun => "skipped",
        }
    }

    /// Whether another try may go better.
    pub fn may_pass(&self) -> bool {
        match self {
            Failure::Connect(_) | Failure::Timeout { .. } | Failure::Closed(_) | Failure::BrokenOff { .. } => true,
            Failure::Status(status) => status.is_server_error(),
            // What rustls finds wrong stays wrong; what the network does may pass.
            Failure::Tls(_, kind) => *kind != io::ErrorKind::InvalidData,
            _ => false,
        }
    }

    /// What hyper says of a connection that brought no answer.
    pub fn before_answer(error: hyper::Error) -> Failure {
        match io_cause(&error) {
            Some(cause) => Failure::Closed(Some(cause)),
            None if error.is_parse() || broke_the_rules(&error) => Failure::NotHttp(error),
            None => Failure::Closed(None),
        }
    }

    /// What is wrong with the content of a body, or with the file that it goes to.
    pub fn of_content(error: io::Error) -> Failure {
        error.downcast().unwrap_or_else(|error| Failure::Encoding(format!("the body cannot be decoded: {error}")))
    }

    /// What hyper says of a body that it could not read to its end.
    pub fn in_body(error: hyper::Error, trace: &Trace) -> Failure {
        if error.is_parse() {
            return Failure::NotHttp(error);
        }
        let cause = io_cause(&error).filter(|cause| cause.kind() != io::ErrorKind::UnexpectedEof);
        Failure::BrokenOff { bytes: trace.bytes, expected: trace.expected, cause }
    }
}

impl Error for Failure {}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::BadUrl(message)
            | Failure::Redirect(message)
            | Failure::Encoding(message)
            | Failure::Tls(message, _) => f.write_str(message),
            Failure::Lookup(error) | Failure::Connect(error) => write!(f, "{error}"),
            Failure::Timeout { limit, stage, bytes } => {
                write!(f, "timed out after {} s while {stage}", limit.as_secs_f64())?;
                if *bytes > 0 { write!(f, " ({} came)", units::bytes(*bytes)) } else { Ok(()) }
            }
            Failure::Closed(None) => f.write_str("the server closed the connection without an answer"),
            Failure::Closed(Some(error)) => write!(f, "the connection broke before the answer: {error}"),
            Failure::BrokenOff { bytes, expected, cause } => {
                write!(f, "the server broke off after {}", units::bytes(*bytes))?;
                if let Some(expected) = expected {
                    write!(f, " of {}", units::bytes(*expected))?;
                }
                if let Some(cause) = cause { write!(f, ": {cause}") } else { Ok(()) }
            }
            Failure::NotHttp(error) => {
                write!(f, "the answer is not HTTP: {error}")?;
                if let Some(source) = error.source() { write!(f, ": {source}") } else { Ok(()) }
            }
            Failure::Status(status) => write!(f, "the server answered {status}"),
            Failure::File(path, error) => write!(f, "cannot write `{}`: {error}", path.display()),
            Failure::Interrupted => f.write_str("interrupted"),
            Failure::NotBegun => f.write_str("interrupted before it began"),
        }
    }
}

/// Whether something else has gone wrong in HTTP/2 than that the server takes no more requests here.
fn broke_the_rules(error: &hyper::Error) -> bool {
    let error = error.source().and_then(|source| source.downcast_ref::<h2::Error>());
    error.is_some_and(|error| {
        let polite = [Reason::NO_ERROR, Reason::REFUSED_STREAM, Reason::CANCEL];
        !error.is_io() && error.reason().is_none_or(|reason| !polite.contains(&reason))
    })
}

/// What the system said, if it said anything.
fn io_cause(error: &hyper::Error) -> Option<io::Error> {
    let source = error.source()?;
    let cause = source.downcast_ref().or_else(|| source.downcast_ref::<h2::Error>()?.get_io())?;
    Some(
        cause
            .raw_os_error()
            .map_or_else(|| io::Error::new(cause.kind(), cause.to_string()), io::Error::from_raw_os_error),
    )
}
