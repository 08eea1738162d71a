//! Signals: [`ctrl_c`], [`shutdown_signal`], and [`signal`] for any other.
//!
//! ```
//! # use epore::net::{TcpListener, TcpStream};
//! # async fn serve(listener: TcpListener) { while listener.accept().await.is_ok() {} }
//! # epore::block_on(async {
//! let listener = TcpListener::bind("127.0.0.1:0").await?;
//! let server = epore::spawn(serve(listener));
//! # epore::spawn(async { std::process::Command::new("sh").args(["-c", "kill -TERM $PPID"]).status() });
//! let signal = epore::signal::shutdown_signal().await?;
//! println!("shutting down after {signal:?}; press Ctrl-C to end at once");
//! server.abort();
//! assert!(server.await.unwrap_err().is_cancelled());
//! # Ok::<(), std::io::Error>(())
//! # }).unwrap();
//! ```
//!
//! # What a listener learns
//!
//! That a signal came at least once since it last looked: several that come before it looks are one, as signals are in
//! the kernel already. None that comes after the listener was made is missed. There may be any number of listeners, in
//! any runtimes on any threads, and all are told of each signal.
//!
//! # What happens otherwise
//!
//! While anybody listens to a signal, it does nothing else: a Ctrl-C does not end the program. When the last listener
//! of a signal is dropped, what was to happen before (the default, being ignored, a handler of somebody else's) comes
//! back. But if somebody else has set a handler in the meantime, that one stays. A new listener takes the signal from
//! it.
//!
//! No signal is ever blocked, and programs that are executed start with neither mask nor handler of ours.
//!
//! # Forks
//!
//! A child that is forked, and executes no other program, keeps the handlers of its parent, as fork(2) says. Its
//! signals and those of its parent are apart: a listener that it keeps learns of its own, in a runtime of its own.

mod bell;
mod ctrl_c;
mod handling;
mod kind;
mod shutdown;
#[expect(clippy::module_inception, reason = "a file is named after its type")]
mod signal;
mod slot;
mod sync;
mod sys;
pub mod unix;

pub use ctrl_c::ctrl_c;
pub use kind::SignalKind;
pub use shutdown::shutdown_signal;
pub use signal::{Signal, signal};
