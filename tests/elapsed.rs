//! `Elapsed`: what a timeout says when the time has passed.

#![forbid(unsafe_code)]

mod support;

use std::error::Error;
use std::future::pending;
use std::io;
use std::time::Duration;

use epore::time::{Elapsed, timeout};
use support::polls::run;

fn elapsed() -> Elapsed {
    run(timeout(Duration::ZERO, pending::<()>())).unwrap_err()
}

#[test]
fn it_says_that_the_time_has_passed() {
    assert_eq!(elapsed().to_string(), "the time limit has passed");
    assert!(elapsed().source().is_none());
    assert_eq!(elapsed(), elapsed());
}

#[test]
fn as_an_io_error_it_is_a_timeout_that_still_says_what_it_was() {
    let error = io::Error::from(elapsed());
    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    assert_eq!(error.to_string(), "the time limit has passed");
    assert_eq!(error.downcast::<Elapsed>().unwrap(), elapsed());
}
