use std::path::PathBuf;
use std::time::Duration;

use crate::download::Trace;
use crate::failure::Failure;
use crate::session::Plan;

/// How a download went. Its times count from the start of the session.
#[derive(Debug)]
pub struct Outcome {
    /// As it was given.
    pub url: String,
    pub plan: Plan,
    pub start: Duration,
    pub first_byte: Option<Duration>,
    pub end: Duration,
    pub tries: u32,
    /// Of the last try.
    pub trace: Trace,
    pub file: Option<PathBuf>,
    pub failure: Option<Failure>,
}

impl Outcome {
    pub fn total(&self) -> Duration {
        self.end - self.start
    }

    pub fn is_made_to_fail(&self) -> bool {
        matches!(self.plan, Plan::Fail(_))
    }

    pub fn has_begun(&self) -> bool {
        !matches!(self.failure, Some(Failure::NotBegun))
    }

    /// Whether it is the user who has kept it from its end.
    pub fn is_interrupted(&self) -> bool {
        matches!(self.failure, Some(Failure::Interrupted | Failure::NotBegun))
    }

    /// Whether it went as it should. Only pages of the demonstration should do anything but succeed.
    pub fn as_planned(&self) -> bool {
        match (&self.plan, &self.failure) {
            (Plan::Succeed, failure) => failure.is_none(),
            (Plan::Bring(bytes), failure) => failure.is_none() && self.trace.bytes == *bytes,
            (Plan::Fail(kind), failure) => failure.as_ref().is_some_and(|failure| failure.kind() == *kind),
        }
    }

    /// The status, or a word for what went wrong before or after it.
    pub fn status_word(&self) -> String {
        match (&self.failure, self.trace.status) {
            (Some(failure), _) if !matches!(failure, Failure::Status(_)) => failure.kind().to_owned(),
            (_, Some(status)) => status.as_str().to_owned(),
            (_, None) => "-".to_owned(),
        }
    }
}
