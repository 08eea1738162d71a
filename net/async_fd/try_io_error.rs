#![forbid(unsafe_code)]

use std::error::Error;
use std::fmt;

/// An operation was not worth trying after all: it would have had to wait.
#[derive(Debug)]
pub struct TryIoError(());

impl TryIoError {
    pub(super) fn new() -> TryIoError {
        TryIoError(())
    }
}

impl fmt::Display for TryIoError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the operation would have had to wait")
    }
}

impl Error for TryIoError {}
