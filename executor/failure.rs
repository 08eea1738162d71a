#![forbid(unsafe_code)]

use std::error::Error;
use std::fmt;
use std::io;

/// An error of the system, with what was attempted. Its source is that error as it came, with its errno.
struct Failure {
    attempted: String,
    error: io::Error,
}

/// Says in an error what was attempted. The kind stays.
pub(crate) fn failed(attempted: impl Into<String>, error: io::Error) -> io::Error {
    io::Error::new(error.kind(), Failure { attempted: attempted.into(), error })
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.attempted, self.error)
    }
}

/// As it is displayed, in quotes, like a message alone.
impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&format!("{self}"), f)
    }
}

impl Error for Failure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.error)
    }
}
