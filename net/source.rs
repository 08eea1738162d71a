#![forbid(unsafe_code)]

use std::future::poll_fn;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::task::{Context, Poll, ready};

use crate::executor::{self, Core, Direction, Key, Request, RuntimeId, WaiterId, context, no_runtime};

/// A descriptor that can be waited for: what every socket is made of.
///
/// It is registered when it first has to wait, with the runtime that it waits in, and stays so. The handle is plain
/// data: what it has in a runtime is named by id and key, so it may be sent to, and dropped on, any thread.
#[derive(Debug)]
pub(super) struct Source<T: AsFd> {
    registration: Registration,
    io: T,
}

/// Whether an operation has moved less than it was asked to, after which the next one would only say `WouldBlock`.
/// True of the byte streams of sockets, see epoll(7); not of datagrams, terminals or peeking.
pub(super) type Partial = bool;

impl<T: AsFd> Source<T> {
    /// A source of which nothing is known, so that its first operation is tried at once. It must be non-blocking.
    pub(super) fn new(io: T) -> Source<T> {
        Source { registration: Registration::default(), io }
    }

    /// A socket that is connecting, so that writing must wait for the reactor.
    pub(super) fn connecting(io: T) -> Source<T> {
        let source = Source::new(io);
        source.registration.write_drained.store(true, Relaxed);
        source
    }

    pub(super) fn get(&self) -> &T {
        &self.io
    }

    /// Ends the registration and gives the descriptor away.
    pub(super) fn into_inner(self) -> io::Result<T> {
        let Source { registration, io } = self;
        registration.end(io.as_fd())?;
        Ok(io)
    }

    /// Tries `operation`, and again whenever the reactor says that it is worth it, until it does not say `WouldBlock`.
    ///
    /// # Cancel safety
    ///
    /// Dropped before it is ready, it has done nothing.
    pub(super) async fn io<R>(
        &self,
        direction: Direction,
        mut operation: impl FnMut(&T) -> io::Result<(R, Partial)>,
    ) -> io::Result<R> {
        let mut waiter = Waiter { registration: &self.registration, direction, id: None };
        let result = poll_fn(|cx| self.poll_io(cx, direction, &mut waiter.id, &mut operation)).await;
        // An operation becomes worth trying by an event, which takes all waiters off the list.
        waiter.id = None;
        result
    }

    /// Waits until an operation is worth trying.
    pub(super) async fn ready(&self, direction: Direction) -> io::Result<()> {
        let mut waiter = Waiter { registration: &self.registration, direction, id: None };
        let result = poll_fn(|cx| {
            in_runtime(|core| self.registration.poll_ready(core, self.io.as_fd(), cx, direction, &mut waiter.id))
        })
        .await;
        waiter.id = None;
        result
    }

    /// The poll form of [`io`](Source::io), for one task at a time in each direction.
    pub(super) fn poll<R>(
        &self,
        cx: &mut Context<'_>,
        direction: Direction,
        operation: impl FnMut(&T) -> io::Result<(R, Partial)>,
    ) -> Poll<io::Result<R>> {
        self.poll_io(cx, direction, &mut Some(WaiterId::POLLER), operation)
    }

    /// Tries `operation` once, now.
    pub(super) fn try_io<R>(
        &self,
        direction: Direction,
        operation: impl FnOnce(&T) -> io::Result<(R, Partial)>,
    ) -> io::Result<R> {
        let result = operation(&self.io);
        match &result {
            Ok((_, true)) => self.registration.note(direction, Core::clear_drained),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                self.registration.note(direction, Core::clear_ready);
            }
            _ => {}
        }
        result.map(|(value, _)| value)
    }

    fn poll_io<R>(
        &self,
        cx: &mut Context<'_>,
        direction: Direction,
        waiter: &mut Option<WaiterId>,
        mut operation: impl FnMut(&T) -> io::Result<(R, Partial)>,
    ) -> Poll<io::Result<R>> {
        in_runtime(|core| {
            while core.spend_io() {
                if self.registration.must_ask(direction) {
                    ready!(self.registration.poll_ready(core, self.io.as_fd(), cx, direction, waiter))?;
                }
                match self.try_io(direction, &mut operation) {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    result => return Poll::Ready(result),
                }
            }
            cx.waker().wake_by_ref();
            Poll::Pending
        })
    }
}

fn in_runtime<R>(f: impl FnOnce(&Core) -> Poll<io::Result<R>>) -> Poll<io::Result<R>> {
    match context::with(f) {
        Some(polled) => polled,
        None => no_runtime("a socket was awaited"),
    }
}

/// What a source has in a runtime, once it has had to wait.
#[derive(Debug, Default)]
struct Registration {
    lease: OnceLock<Lease>,
    /// Before it is registered: the last operation in the direction left nothing to do, so that the next one must wait.
    /// Registering is enough to learn of anything that came since.
    read_drained: AtomicBool,
    write_drained: AtomicBool,
}

/// A slot in a runtime.
#[derive(Clone, Copy, Debug)]
struct Lease {
    runtime: RuntimeId,
    key: Key,
}

impl Registration {
    fn drained(&self, direction: Direction) -> &AtomicBool {
        match direction {
            Direction::Read => &self.read_drained,
            Direction::Write => &self.write_drained,
        }
    }

    /// Whether only the reactor knows if an operation is worth trying.
    fn must_ask(&self, direction: Direction) -> bool {
        self.lease.get().is_some() || self.drained(direction).load(Relaxed)
    }

    /// Ready when the reactor has said so since the direction was drained last.
    fn poll_ready(
        &self,
        core: &Core,
        fd: BorrowedFd<'_>,
        cx: &mut Context<'_>,
        direction: Direction,
        waiter: &mut Option<WaiterId>,
    ) -> Poll<io::Result<()>> {
        let key = match self.lease.get() {
            Some(lease) => lease.key_in(core)?,
            None => self.begin(core, fd)?,
        };
        if core.is_ready(key, direction) {
            return Poll::Ready(Ok(()));
        }
        core.wait(key, direction, *waiter.get_or_insert_with(|| core.next_waiter()), cx);
        Poll::Pending
    }

    #[cold]
    fn begin(&self, core: &Core, fd: BorrowedFd<'_>) -> io::Result<Key> {
        let key = core.register(fd)?;
        let lease = Lease { runtime: core.id(), key };
        if self.lease.set(lease).is_err() {
            // Another thread was faster, and its runtime has the socket now.
            core.deregister(fd)?;
            core.free_source(key);
            return Err(elsewhere());
        }
        Ok(key)
    }

    /// Records that a direction was drained, in the runtime if there is one, else for the time until there is.
    fn note(&self, direction: Direction, record: impl FnOnce(&Core, Key, Direction)) {
        match self.lease.get() {
            None => self.drained(direction).store(true, Relaxed),
            Some(lease) => lease.within(|core| record(core, lease.key, direction)).unwrap_or_default(),
        }
    }

    /// Gives the descriptor up to somebody who may register it again.
    fn end(&self, fd: BorrowedFd<'_>) -> io::Result<()> {
        // On another thread the registration stays until the descriptor is closed; its events find no slot.
        match self.lease.get().and_then(|lease| lease.within(|core| core.deregister(fd))) {
            Some(result) => result,
            None => Ok(()),
        }
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        if let Some(&lease) = self.lease.get()
            && lease.within(|core| core.free_source(lease.key)).is_none()
        {
            // A runtime that is gone has no slots left to free.
            let _gone = executor::request(lease.runtime, Request::FreeSource(lease.key));
        }
    }
}

impl Lease {
    fn key_in(&self, core: &Core) -> io::Result<Key> {
        if self.runtime == core.id() { Ok(self.key) } else { Err(elsewhere()) }
    }

    /// Calls `f` if this thread is in the runtime of the lease.
    fn within<R>(&self, f: impl FnOnce(&Core) -> R) -> Option<R> {
        context::with(|core| (core.id() == self.runtime).then(|| f(core))).flatten()
    }
}

/// A future that waits, or may. Dropped before it is ready, it takes its waker off the list.
struct Waiter<'a> {
    registration: &'a Registration,
    direction: Direction,
    id: Option<WaiterId>,
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        if let (Some(id), Some(lease)) = (self.id, self.registration.lease.get()) {
            lease.within(|core| core.forget_waiter(lease.key, self.direction, id));
        }
    }
}

#[cold]
fn elsewhere() -> io::Error {
    io::Error::other(
        "the socket belongs to another runtime, where it has waited before: move it with `into_std` and `from_std`",
    )
}
