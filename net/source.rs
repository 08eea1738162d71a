#![forbid(unsafe_code)]

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::pin::Pin;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU16, Ordering::Relaxed};
use std::task::{Context, Poll, ready};

use crate::executor::{self, Core, Direction, Key, Lease, WaiterId, contain, context, no_runtime};
use crate::reactor::{Interest, Ready};

/// A descriptor that can be waited for: what every socket is made of.
///
/// It is registered when it first has to wait, with the runtime that it waits in, and stays so. The handle is plain
/// data: what it has in a runtime is named by id and key, so it may be sent to, and dropped on, any thread.
#[derive(Debug)]
pub(crate) struct Source<T: AsFd> {
    pub(super) registration: Registration,
    pub(super) io: T,
}

/// Whether an operation has moved less than it was asked to, after which the next one would only say `WouldBlock`.
type Partial = bool;

impl<T: AsFd> Source<T> {
    /// A source of which nothing is known, so that its first operation is tried at once. It must be non-blocking.
    pub(crate) fn new(io: T) -> Source<T> {
        Source { registration: Registration::default(), io }
    }

    /// A socket that is connecting, so that writing must wait for the reactor.
    pub(super) fn connecting(io: T) -> Source<T> {
        let source = Source::new(io);
        source.registration.write.drained.store(true, Relaxed);
        source
    }

    /// A descriptor that the source may not own: it may live on, or be closed before. It is watched for the interest.
    pub(super) fn lent(io: T, interest: Interest) -> Source<T> {
        let mut source = Source::new(io);
        source.registration.lent = Some(interest);
        source
    }

    pub(crate) fn get(&self) -> &T {
        &self.io
    }

    pub(super) fn get_mut(&mut self) -> &mut T {
        &mut self.io
    }

    /// Ends the registration and gives the descriptor away.
    pub(crate) fn into_inner(self) -> io::Result<T> {
        let Source { registration, io } = self;
        registration.end(io.as_fd())?;
        Ok(io)
    }

    /// Ends the registration of what was lent, and gives it back.
    pub(super) fn into_lent(self) -> T {
        let Source { registration, io } = self;
        registration.end_lent(&io);
        io
    }

    /// Tries `operation`, and again whenever the reactor says that it is worth it, until it does not say `WouldBlock`.
    ///
    /// # Cancel safety
    ///
    /// Dropped before it is ready, it has done nothing.
    pub(crate) fn io<R>(
        &self,
        direction: Direction,
        mut operation: impl FnMut(&T) -> io::Result<R> + Unpin,
    ) -> impl Future<Output = io::Result<R>> {
        let operation = move |io: &T| Ok((operation(io)?, false));
        Io { source: self, direction, waiter: None, at_once: false, operation }
    }

    /// Like [`io`](Source::io), for an operation that reads or writes up to `asked` bytes of a stream. To move nothing it
    /// never waits.
    pub(super) fn transfer(
        &self,
        direction: Direction,
        asked: usize,
        operation: impl FnMut(&T) -> io::Result<usize> + Unpin,
    ) -> impl Future<Output = io::Result<usize>> {
        let operation = transferring(asked, operation);
        Io { source: self, direction, waiter: None, at_once: asked == 0, operation }
    }

    /// Waits until an operation is worth trying.
    pub(crate) async fn ready(&self, direction: Direction) -> io::Result<()> {
        // Asked first, the reactor answers; then there is nothing left to do.
        in_runtime(|core| self.registration.key_or_begin(core, &self.io))?;
        self.io(direction, |_| Ok(())).await
    }

    /// The poll form of [`ready`](Source::ready), for one task at a time in each direction.
    pub(crate) fn poll_ready(&self, cx: &mut Context<'_>, direction: Direction) -> Poll<io::Result<()>> {
        in_runtime(|core| self.registration.key_or_begin(core, &self.io))?;
        self.poll(cx, direction, |_| Ok(()))
    }

    /// The poll form of [`io`](Source::io), for one task at a time in each direction.
    pub(crate) fn poll<R>(
        &self,
        cx: &mut Context<'_>,
        direction: Direction,
        mut operation: impl FnMut(&T) -> io::Result<R>,
    ) -> Poll<io::Result<R>> {
        self.poll_io(cx, direction, &mut Some(WaiterId::POLLER), false, |io| Ok((operation(io)?, false)))
    }

    /// The poll form of [`transfer`](Source::transfer), for one task at a time in each direction.
    pub(super) fn poll_transfer(
        &self,
        cx: &mut Context<'_>,
        direction: Direction,
        asked: usize,
        operation: impl FnMut(&T) -> io::Result<usize>,
    ) -> Poll<io::Result<usize>> {
        self.poll_io(cx, direction, &mut Some(WaiterId::POLLER), asked == 0, transferring(asked, operation))
    }

    /// Charges the budget with an operation that is then tried whatever is known. Pending, the task has to yield first.
    pub(super) fn poll_budget(&self, cx: &mut Context<'_>, direction: Direction) -> Poll<()> {
        if in_runtime(|core| core.spend_io(&self.registration.side(direction).overdrawn)) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Takes the pending error by the socket's own means.
    pub(super) fn take_error(
        &self,
        take: impl FnOnce(&T) -> io::Result<Option<io::Error>>,
    ) -> io::Result<Option<io::Error>> {
        let taken = take(&self.io);
        self.registration.error_taken();
        taken
    }

    /// Notes that the next operation has to wait for an event.
    pub(super) fn drained(&self, direction: Direction) {
        let _would_block = self.try_io(direction, |_| io::Result::<()>::Err(io::ErrorKind::WouldBlock.into()));
    }

    /// Tries an operation once, now.
    pub(crate) fn try_io<R>(&self, direction: Direction, operation: impl FnOnce(&T) -> io::Result<R>) -> io::Result<R> {
        self.try_once(direction, |io| Ok((operation(io)?, false)))
    }

    /// Tries an operation of [`transfer`](Source::transfer) once, now.
    pub(super) fn try_transfer(
        &self,
        direction: Direction,
        asked: usize,
        operation: impl FnMut(&T) -> io::Result<usize>,
    ) -> io::Result<usize> {
        self.try_once(direction, transferring(asked, operation))
    }

    fn try_once<R>(
        &self,
        direction: Direction,
        operation: impl FnOnce(&T) -> io::Result<(R, Partial)>,
    ) -> io::Result<R> {
        let result = operation(&self.io);
        match self.registration.lease.get() {
            None => self.registration.learn(None, direction, &result),
            Some(lease) => {
                lease.within(|core, key| self.registration.learn(Some((core, key)), direction, &result));
            }
        }
        result.map(|(value, _)| value)
    }

    /// The one loop that all operations go through. `at_once` is for those that never wait.
    fn poll_io<R>(
        &self,
        cx: &mut Context<'_>,
        direction: Direction,
        waiter: &mut Option<WaiterId>,
        at_once: bool,
        mut operation: impl FnMut(&T) -> io::Result<(R, Partial)>,
    ) -> Poll<io::Result<R>> {
        in_runtime(|core| {
            let mut key = self.registration.key_in(core)?;
            while core.spend_io(&self.registration.side(direction).overdrawn) {
                // Once a direction is drained, only the reactor knows when the operation is worth trying again.
                if key.is_none() && self.registration.side(direction).drained.load(Relaxed) {
                    key = Some(self.registration.begin(core, self.io.as_fd())?);
                }
                if let Some(key) = key
                    && !at_once
                {
                    ready!(core.poll_ready(key, direction, waiter, cx));
                }
                let result = operation(&self.io);
                self.registration.learn(key.map(|key| (core, key)), direction, &result);
                match result {
                    Ok((value, _)) => return Poll::Ready(Ok(value)),
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => return Poll::Ready(Err(error)),
                }
            }
            cx.waker().wake_by_ref();
            Poll::Pending
        })
    }
}

/// Adds to an operation on a stream whether it was partial.
///
/// A short transfer means that the socket is drained, see epoll(7). Nothing at all is the end of the stream, which stays:
/// it can be read again and again without waiting. Asked to move nothing, the system would have us wait for something.
fn transferring<T>(
    asked: usize,
    mut operation: impl FnMut(&T) -> io::Result<usize>,
) -> impl FnMut(&T) -> io::Result<(usize, Partial)> {
    move |io| {
        let count = if asked == 0 { 0 } else { operation(io)? };
        Ok((count, 0 < count && count < asked))
    }
}

pub(super) fn in_runtime<R>(f: impl FnOnce(&Core) -> R) -> R {
    match context::with(f) {
        Some(result) => result,
        None => no_runtime("a socket was awaited"),
    }
}

/// The future of [`Source::io`] and [`Source::transfer`].
struct Io<'a, T: AsFd, F> {
    source: &'a Source<T>,
    direction: Direction,
    /// The name under which it waits, from when it first had to until it is ready.
    waiter: Option<WaiterId>,
    at_once: bool,
    operation: F,
}

impl<T, R, F> Future for Io<'_, T, F>
where
    T: AsFd,
    F: FnMut(&T) -> io::Result<(R, Partial)> + Unpin,
{
    type Output = io::Result<R>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let result = this.source.poll_io(cx, this.direction, &mut this.waiter, this.at_once, &mut this.operation);
        let result = ready!(result);
        if result.is_ok() {
            // It became worth trying by an event, which has taken all waiters off the list.
            this.waiter = None;
        }
        Poll::Ready(result)
    }
}

/// Dropped before it is ready, it takes its waker off the list.
impl<T: AsFd, F> Drop for Io<'_, T, F> {
    #[inline]
    fn drop(&mut self) {
        if let Some(id) = self.waiter {
            self.source.registration.forget_waiter(self.direction, id);
        }
    }
}

/// What a source has in a runtime, once it has had to wait.
#[derive(Debug, Default)]
pub(super) struct Registration {
    lease: OnceLock<Lease>,
    /// What a descriptor is to be watched for that is lent; those of sockets are owned, and watched for everything.
    lent: Option<Interest>,
    /// The number that was registered, once there is a lease.
    number: AtomicI32,
    read: Side,
    write: Side,
}

#[derive(Debug, Default)]
pub(super) struct Side {
    /// Before it is registered: the last operation in the direction left nothing to do, so that the next one must wait.
    /// Registering is enough to learn of anything that came since.
    drained: AtomicBool,
    /// The last poll in which the direction had an operation beyond the budget.
    pub(super) overdrawn: AtomicU16,
}

impl Registration {
    /// The slot that the socket has in this runtime, if it has one at all.
    fn key_in(&self, core: &Core) -> io::Result<Option<Key>> {
        match self.lease.get() {
            Some(lease) if lease.runtime != core.id() => Err(elsewhere()),
            lease => Ok(lease.map(|lease| lease.key)),
        }
    }

    pub(super) fn key_or_begin(&self, core: &Core, io: &impl AsFd) -> io::Result<Key> {
        match self.key_in(core)? {
            Some(key) => Ok(key),
            None => self.begin(core, io.as_fd()),
        }
    }

    #[cold]
    fn begin(&self, core: &Core, fd: BorrowedFd<'_>) -> io::Result<Key> {
        let key = core.register(fd, self.lent).map_err(|error| cannot_watch(error, fd))?;
        let lease = Lease { runtime: core.id(), key };
        if self.lease.set(lease).is_err() {
            // Another thread was faster, and its runtime has the socket now.
            core.deregister(key);
            core.free_source(key);
            return Err(elsewhere());
        }
        self.number.store(fd.as_raw_fd(), Relaxed);
        Ok(key)
    }

    /// Refuses to wait for what is not watched.
    pub(super) fn check(&self, interest: Interest) -> io::Result<()> {
        match self.lent {
            Some(watched) if !(watched | Interest::ERROR).includes(interest) => {
                let message = "the descriptor is not watched for that: name it in `with_interest`";
                Err(io::Error::new(io::ErrorKind::InvalidInput, message))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn lease(&self) -> Option<Lease> {
        self.lease.get().copied()
    }

    pub(super) fn side(&self, direction: Direction) -> &Side {
        match direction {
            Direction::Read => &self.read,
            Direction::Write => &self.write,
        }
    }

    /// Notes what the result of an operation says of its direction: in the socket's slot, or before it has one here.
    fn learn<R>(&self, slot: Option<(&Core, Key)>, direction: Direction, result: &io::Result<(R, Partial)>) {
        let partial = match result {
            Ok((_, true)) => true,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => false,
            Err(_) => return self.error_taken(),
            _ => return,
        };
        match slot {
            Some((core, key)) => core.clear_ready(key, direction, partial),
            None => self.side(direction).drained.store(true, Relaxed),
        }
    }

    /// Notes that a pending error has been told.
    #[cold]
    pub(super) fn error_taken(&self) {
        if let Some(lease) = self.lease() {
            lease.within(|core, key| core.error_taken(key));
        }
    }

    /// Notes that an operation which needed something of the interest has said `WouldBlock` just now.
    pub(super) fn would_block(&self, interest: Interest) {
        match self.lease() {
            None => Direction::of(interest).for_each(|direction| self.side(direction).drained.store(true, Relaxed)),
            Some(lease) => {
                lease.within(|core, key| core.would_block(key, Ready::from_interest(interest)));
            }
        }
    }

    #[cold]
    pub(super) fn forget_waiter(&self, direction: Direction, id: WaiterId) {
        if let Some(&lease) = self.lease.get() {
            lease.tell(move |core, key| core.forget_waiter(key, direction, id));
        }
    }

    /// Gives the descriptor up to somebody who may register it again.
    fn end(&self, fd: BorrowedFd<'_>) -> io::Result<()> {
        match self.lease.get().map(|lease| executor::deregister(lease.runtime, fd)) {
            // Who has ended the registration behind our back has done what was wanted.
            Some(Err(error)) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// As [`end`](Registration::end), for a descriptor of which only its number at the time is known to have been ours.
    fn end_lent(&self, io: &impl AsFd) {
        let Some(lease) = self.lease() else { return };
        if lease.within(|core, key| core.deregister(key)).is_some() {
            return;
        }
        // The table of numbers is out of reach here, so it must be the lender who vouches for the number.
        contain(|| {
            let fd = io.as_fd();
            if fd.as_raw_fd() == self.number.load(Relaxed) {
                // If it has been closed and opened anew, there is nothing left to end.
                let _gone = executor::deregister(lease.runtime, fd);
            }
        });
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        if let Some(&lease) = self.lease.get() {
            match self.lent {
                None => lease.tell(Core::free_source),
                Some(_) => lease.tell(Core::free_lent_source),
            }
        }
    }
}

#[cold]
fn elsewhere() -> io::Error {
    io::Error::other(
        "the socket belongs to another runtime, where it has waited before: move it with `into_std` and `from_std`, \
         an `AsyncFd` with `into_inner` and `new`",
    )
}

/// Says which descriptor it is and what can be done, where the system's word alone would not help.
#[cold]
fn cannot_watch(error: io::Error, fd: BorrowedFd<'_>) -> io::Error {
    let why = match error.kind() {
        io::ErrorKind::AlreadyExists => {
            "another socket or `AsyncFd` waits for it in this runtime: share that one, or duplicate the descriptor"
        }
        io::ErrorKind::PermissionDenied => {
            "regular files and directories have no readiness, nor has all else that epoll refuses: use `spawn_blocking`"
        }
        _ => return error,
    };
    io::Error::new(error.kind(), format!("cannot wait for descriptor {}: {why}", fd.as_raw_fd()))
}
