use std::future::pending;
use std::io::{self, Write};
use std::pin::pin;

use epore::signal::{SignalKind, shutdown_signal};
use futures::future::{Either, FutureExt, LocalBoxFuture, Shared, select};

/// The wish of the user that the program end: a Ctrl-C, or a SIGTERM. All clones learn of it.
#[derive(Clone)]
pub struct Interrupt(Shared<LocalBoxFuture<'static, SignalKind>>);

impl Interrupt {
    /// One that listens from when it is first waited for, until all its clones are dropped.
    pub fn new() -> Interrupt {
        Interrupt(listen().boxed_local().shared())
    }

    /// The signal that came, once somebody who waits has been told of it.
    pub fn signal(&self) -> Option<SignalKind> {
        self.0.peek().copied()
    }

    /// Does some work, and drops it if the interrupt comes before its end.
    pub async fn limit<F: Future>(&self, work: F) -> Option<F::Output> {
        match select(self.0.clone(), pin!(work)).await {
            Either::Left(_) => None,
            Either::Right((output, _)) => Some(output),
        }
    }
}

async fn listen() -> SignalKind {
    match shutdown_signal().await {
        Ok(signal) => signal,
        Err(error) => {
            // The downloads are worth more than the way in which they can be ended.
            let _unread = writeln!(io::stderr(), "warning: cannot listen to Ctrl-C, which ends all at once: {error}");
            pending().await
        }
    }
}
