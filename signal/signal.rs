#![forbid(unsafe_code)]

use std::io;
use std::mem;
use std::task::{Context, Poll};

use super::SignalKind;
use super::bell::Listener;
use super::handling::Handling;
use super::slot::Slot;
use crate::executor::failed;

/// Begins to listen to signals of a kind.
///
/// It may be called outside of a runtime. From when it returns, no signal of that kind is missed.
///
/// ```
/// use epore::signal::{SignalKind, signal};
///
/// # epore::block_on(async {
/// let mut hangups = signal(SignalKind::hangup())?;
/// # epore::spawn(async { std::process::Command::new("sh").args(["-c", "kill -HUP $PPID"]).status() });
/// let mut reloads = 0;
/// while let Some(()) = hangups.recv().await {
///     reloads += 1;   // and read the configuration again
/// #   break;
/// }
/// # assert_eq!(reloads, 1);
/// # Ok::<(), std::io::Error>(())
/// # }).unwrap();
/// ```
///
/// # Errors
///
/// [`InvalidInput`](io::ErrorKind::InvalidInput) for a number that names no signal, for those that the C library keeps to
/// itself (32, 33), and for signals that no program can go on after: SIGKILL and SIGSTOP, which cannot be handled, and
/// SIGILL, SIGFPE, SIGSEGV and SIGBUS, which come back at once as the instruction that caused them is run again. Otherwise
/// those of eventfd(2), of fcntl(2) with `F_DUPFD_CLOEXEC`, and of sigaction(2). Each names the signal.
pub fn signal(kind: SignalKind) -> io::Result<Signal> {
    listen(kind.check()?).map_err(|error| failed(format!("cannot listen to signal {}", kind.as_raw_value()), error))
}

fn listen(kind: SignalKind) -> io::Result<Signal> {
    let slot = Slot::of(kind);
    let listener = slot.bell.listener()?;
    // Counted before the handler is there, so that none is lost between.
    let seen = slot.deliveries();
    let handling = Handling::begin(kind)?;
    Ok(Signal { seen, slot, listener, _handling: handling })
}

/// Listens to signals of one kind. Made by [`signal()`].
///
/// It is plain data, `Send` and `Sync`, and can be waited for in one runtime after another. It holds one descriptor.
///
/// ```
/// # epore::block_on(async {
/// use epore::signal::{SignalKind, signal};
/// use std::time::Duration;
///
/// let mut one = signal(SignalKind::user_defined1())?;
/// let mut other = signal(SignalKind::user_defined1())?;
/// # std::process::Command::new("sh").args(["-c", "kill -USR1 $PPID"]).status()?;
/// // Both are told, and once.
/// assert_eq!((one.recv().await, other.recv().await), (Some(()), Some(())));
/// assert!(epore::time::timeout(Duration::from_millis(1), one.recv()).await.is_err());
/// # Ok::<(), std::io::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug)]
pub struct Signal {
    /// How many signals had been delivered when it last looked.
    seen: u64,
    slot: &'static Slot,
    listener: Listener,
    _handling: Handling,
}

impl Signal {
    /// Waits until a signal has come since the last call that was ready, or since the listener was made.
    ///
    /// It is always `Some`: signals have no end. Several signals may be told of at once.
    ///
    /// ```
    /// # use epore::signal::{SignalKind, signal};
    /// # epore::block_on(async {
    /// let mut children = signal(SignalKind::child())?;
    /// std::process::Command::new("true").spawn()?;
    /// assert_eq!(children.recv().await, Some(()));
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Panics
    ///
    /// The future panics when it is polled outside of a runtime, and if the runtime cannot watch one more descriptor.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses no signal: the next call tells of it.
    pub async fn recv(&mut self) -> Option<()> {
        known(self.received().await)
    }

    /// The poll form of [`recv`](Signal::recv). The task is woken by the next signal; of several tasks, the last one to
    /// ask.
    ///
    /// ```
    /// # epore::block_on(async {
    /// use epore::signal::{SignalKind, signal};
    ///
    /// let mut children = signal(SignalKind::child())?;
    /// std::process::Command::new("true").spawn()?;
    /// let ended = std::future::poll_fn(|cx| children.poll_recv(cx)).await;
    /// assert_eq!(ended, Some(()));
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Panics
    ///
    /// Outside of a runtime, and if the runtime cannot watch one more descriptor.
    ///
    /// # Cancel safety
    ///
    /// Who stops polling loses no signal: the next call tells of it. The task may be woken once for nothing.
    #[track_caller]
    pub fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<()>> {
        let Signal { seen, slot, listener, .. } = self;
        listener.poll(cx, news(seen, slot)).map(known)
    }

    pub(super) async fn received(&mut self) -> io::Result<()> {
        let Signal { seen, slot, listener, .. } = self;
        listener.news(news(seen, slot)).await
    }
}

/// Whether there were deliveries since the last look.
fn news(seen: &mut u64, slot: &'static Slot) -> impl FnMut() -> bool {
    move || {
        let deliveries = slot.deliveries();
        mem::replace(seen, deliveries) != deliveries
    }
}

#[track_caller]
fn known(result: io::Result<()>) -> Option<()> {
    match result {
        Ok(()) => Some(()),
        Err(error) => panic!("a signal cannot be waited for in this runtime: {error}"),
    }
}
