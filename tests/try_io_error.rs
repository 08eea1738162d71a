//! `TryIoError`: an operation that was not worth trying.

#![forbid(unsafe_code)]

mod support;

use std::error::Error;
use std::io;

use epore::net::TryIoError;
use support::async_fd::{socket, would_block};
use support::polls::run;

/// As `?` turns it into, in a function that has many errors.
async fn attempt() -> Result<(), Box<dyn Error + Send + Sync>> {
    let (socket, _peer) = socket()?;
    Ok(socket.writable().await?.try_io(|_| would_block())??)
}

#[test]
fn it_is_an_error_like_others_that_says_what_happened() {
    let error = run(attempt()).unwrap_err();
    assert!(error.is::<TryIoError>() && error.source().is_none());
    assert_eq!(error.to_string(), "the operation would have had to wait");
}

#[test]
fn other_errors_are_not_turned_into_it() -> io::Result<()> {
    run(async {
        let (socket, _peer) = socket()?;
        let failed = socket.writable().await?.try_io(|_| io::Result::<()>::Err(io::ErrorKind::Interrupted.into()));
        assert_eq!(failed.unwrap().unwrap_err().kind(), io::ErrorKind::Interrupted);
        Ok(())
    })
}
