#![forbid(unsafe_code)]

use std::io;

use super::{SignalKind, signal};

/// Waits for a Ctrl-C, or any other SIGINT.
///
/// It listens from when it is called until the future completes or is dropped. Before and after that, unless there are
/// other listeners, a Ctrl-C does what it did before: as a rule it ends the program. To go on listening, keep a
/// [`Signal`](super::Signal); to end the program in good order, use [`shutdown_signal`](super::shutdown_signal).
///
/// A SIGINT that was ignored, as in a job that a shell has put into the background, is listened to all the same.
///
/// ```
/// # epore::block_on(async {
/// let server = epore::spawn(std::future::pending::<()>());
/// # epore::spawn(async { std::process::Command::new("sh").args(["-c", "kill -INT $PPID"]).status() });
/// epore::signal::ctrl_c().await?;
/// server.abort();
/// assert!(server.await.unwrap_err().is_cancelled());
/// # Ok::<(), std::io::Error>(())
/// # }).unwrap();
/// ```
///
/// # Errors
///
/// Those of eventfd(2), fcntl(2) with `F_DUPFD_CLOEXEC` and epoll_ctl(2): no descriptor or no memory is left.
///
/// # Panics
///
/// The future panics when it is polled outside of a runtime.
///
/// # Cancel safety
///
/// It can be dropped at any time. A signal that it has not told of by then is not told to anybody.
pub fn ctrl_c() -> impl Future<Output = io::Result<()>> {
    let listener = signal(SignalKind::interrupt());
    async { listener?.received().await }
}
