#![forbid(unsafe_code)]

use std::io;
use std::sync::atomic::{AtomicI32, AtomicUsize, Ordering::SeqCst};

use libc::c_int;

use super::SignalKind;
use super::bell::{Bell, Listener};
use super::handling::Handling;
use super::slot::Slot;
use super::sys::{self, Disposition};
use crate::executor::failed;

/// The signals by which a program is asked to end: from its terminal, and by other programs.
const SIGNALS: [c_int; 2] = [libc::SIGINT, libc::SIGTERM];

/// How many futures wait for a request.
static WAITING: AtomicUsize = AtomicUsize::new(0);

/// The signal that was the request; none is zero.
static REQUEST: AtomicI32 = AtomicI32::new(0);

static BELL: Bell = Bell::new();

/// Waits until the program is asked to end: by a Ctrl-C (SIGINT) or by a SIGTERM, and says by which of the two.
///
/// The next of either ends the program at once. That does not take the program's help: from the first one on both
/// signals have their default effect, even if a task computes without end, or what is to be cleaned up cannot be.
///
/// The request is one, and stays. All futures that wait for it complete, in whichever runtimes, and so does each that
/// is made later, at once. Whoever else listens to the two signals learns of the first as well. But who listens to them
/// later does not keep the second from ending the program.
///
/// It listens from when it is called, before the future is polled: call it before you say that you serve. Dropped before
/// there was a request, it leaves things as they were. A signal that is ignored when it begins to listen remains so, as
/// SIGINT is in a job that a shell has put into the background: a Ctrl-C is not meant for it.
///
/// ```
/// use std::pin::pin;
/// use epore::signal::{SignalKind, shutdown_signal};
/// use futures::future::{Either, select};
/// # async fn serve() { std::future::pending().await }
///
/// # epore::block_on(async {
/// let shutdown = shutdown_signal();
/// println!("ready");
/// # epore::spawn(async { std::process::Command::new("sh").args(["-c", "kill -TERM $PPID"]).status() });
/// match select(pin!(serve()), pin!(shutdown)).await {
///     Either::Left(_) => panic!("nobody is left to be served"),
///     Either::Right((signal, _)) => assert_eq!(signal?, SignalKind::terminate()),
/// }
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
/// It can be dropped at any time. In a loop keep the same future, as between one and the next nobody listens.
pub fn shutdown_signal() -> impl Future<Output = io::Result<SignalKind>> {
    let waiting = Waiting::begin();
    async {
        let mut waiting = waiting.map_err(|error| failed("cannot listen to SIGINT and SIGTERM", error))?;
        waiting.listener.news(|| REQUEST.load(SeqCst) != 0).await?;
        Ok(SignalKind::from_raw(REQUEST.load(SeqCst)))
    }
}

/// One who waits for a request, and is counted.
struct Waiting {
    listener: Listener,
    handlings: [Option<Handling>; SIGNALS.len()],
}

impl Waiting {
    fn begin() -> io::Result<Waiting> {
        let listener = BELL.listener()?;
        WAITING.fetch_add(1, SeqCst);
        let mut waiting = Waiting { listener, handlings: [None, None] };
        for (signal, handling) in SIGNALS.into_iter().zip(&mut waiting.handlings) {
            *handling = handle(signal)?;
        }
        Ok(waiting)
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let seen = SIGNALS.map(deliveries);
        WAITING.fetch_sub(1, SeqCst);
        self.handlings = [None, None];
        for (signal, seen) in SIGNALS.into_iter().zip(seen) {
            // One that came just now was no request any more. Unless others have listened to it, it has its former effect.
            if deliveries(signal) != seen && REQUEST.load(SeqCst) == 0 && !sys::disposition_is_ours(signal) {
                sys::raise(signal);
            }
        }
    }
}

fn deliveries(signal: c_int) -> u64 {
    Slot::of(SignalKind::from_raw(signal)).deliveries()
}

/// Handles a signal, unless it is ignored or has been the end of the program already.
fn handle(signal: c_int) -> io::Result<Option<Handling>> {
    if REQUEST.load(SeqCst) != 0 || sys::disposition(signal)?.is_ignored() {
        return Ok(None);
    }
    Handling::begin(SignalKind::from_raw(signal)).map(Some)
}

/// Called by the handler for each signal. It is async-signal-safe: atomics, sigaction(2), raise(3) and a bell.
pub(super) fn consider(signal: c_int) {
    let is_awaited = WAITING.load(SeqCst) > 0 || REQUEST.load(SeqCst) != 0;
    if !is_awaited || !SIGNALS.contains(&signal) {
        return;
    }
    for signal in SIGNALS {
        sys::replace_ours(signal, &Disposition::DEFAULT);
    }
    match REQUEST.compare_exchange(0, signal, SeqCst, SeqCst) {
        Ok(_) => BELL.ring(),
        // It came so soon, or was listened to anew, or another handler called ours, that we got it once more. On its return
        // this one ends the program, whoever else handles it.
        Err(_) => {
            sys::set_default(signal);
            sys::raise(signal);
        }
    }
}
