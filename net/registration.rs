#![forbid(unsafe_code)]

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::sync::atomic::{AtomicI32, AtomicU8, AtomicU16, Ordering::Acquire, Ordering::Relaxed, Ordering::Release};
use std::task::{Context, Poll};

use super::operation::Partial;
use super::source::in_runtime;
use crate::executor::{self, Core, Direction, Key, Lease, LeaseCell, WaiterId, contain, failed};
use crate::reactor::{Interest, Ready};

/// What a source has in a runtime, once it has had to wait.
#[derive(Debug, Default)]
pub(super) struct Registration {
    lease: LeaseCell,
    /// What a descriptor that is lent is to be watched for, in a byte. Sockets are owned, and watched for what is needed.
    lent: Option<Ready>,
    /// The number that was registered, once there is a lease.
    number: AtomicI32,
    read: Side,
    write: Side,
}

/// One direction.
#[derive(Debug, Default)]
struct Side {
    state: AtomicU8,
    /// The last poll in which the direction had an operation beyond the budget.
    overdrawn: AtomicU16,
}

/// Nothing is known of the direction, so that an operation is tried at once.
const UNKNOWN: u8 = 0;

/// The last operation left nothing to do, so that the next one must wait. Watching is enough to learn of anything that came
/// since.
const DRAINED: u8 = 1;

/// The reactor watches the direction, and the runtime knows whether an operation is worth trying.
const WATCHED: u8 = 2;

impl Side {
    #[inline]
    fn is_watched(&self) -> bool {
        self.state.load(Acquire) == WATCHED
    }

    /// Notes that an operation has left nothing to do. False means that it is for the runtime to know.
    fn drain(&self) -> bool {
        self.state.compare_exchange(UNKNOWN, DRAINED, Relaxed, Relaxed).unwrap_or_else(|found| found) != WATCHED
    }
}

impl Registration {
    /// Of a descriptor that the source may not own.
    pub(super) fn of_lent(interest: Interest) -> Registration {
        let mut registration = Registration::default();
        registration.lent = Some(Ready::from_interest(interest));
        registration
    }

    fn is_lent(&self) -> bool {
        self.lent.is_some()
    }

    fn lent(&self) -> Option<Interest> {
        Interest::in_all_of(self.lent?)
    }

    /// Ready when an operation is worth trying, which is paid for from the budget. See [`Core::poll_ready`].
    #[inline]
    pub(super) fn poll_attempt(
        &self,
        io: &impl AsFd,
        direction: Direction,
        drains: bool,
        waiter: &mut Option<WaiterId>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        in_runtime(|core| {
            let side = self.side(direction);
            if !core.spend_io(&side.overdrawn) {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            match side.state.load(Acquire) {
                UNKNOWN => return Poll::Ready(Ok(())),
                WATCHED => {}
                _ => {
                    self.watch(core, io.as_fd(), direction)?;
                }
            }
            self.poll_watched(core, direction, drains, waiter, cx)
        })
    }

    fn poll_watched(
        &self,
        core: &Core,
        direction: Direction,
        drains: bool,
        waiter: &mut Option<WaiterId>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        match self.lease.key_in(core.id()) {
            Some(key) => core.poll_ready(key, direction, drains, waiter, cx).map(Ok),
            None => Poll::Ready(Err(elsewhere())),
        }
    }

    /// Charges the budget with an operation that is then tried whatever is known.
    pub(super) fn spend(&self, core: &Core, direction: Direction) -> bool {
        core.spend_io(&self.side(direction).overdrawn)
    }

    /// The slot that the socket has in this runtime, where the direction is watched now.
    pub(super) fn watched(&self, core: &Core, io: &impl AsFd, direction: Direction) -> io::Result<Key> {
        if !self.side(direction).is_watched() {
            return self.watch(core, io.as_fd(), direction);
        }
        self.lease.key_in(core.id()).ok_or_else(elsewhere)
    }

    #[cold]
    fn watch(&self, core: &Core, fd: BorrowedFd<'_>, direction: Direction) -> io::Result<Key> {
        let key = match self.lease.get() {
            Some(lease) if lease.runtime != core.id() => return Err(elsewhere()),
            Some(lease) => {
                core.watch_all(lease.key, fd)?;
                lease.key
            }
            None => self.begin(core, fd, direction)?,
        };
        self.read.state.store(WATCHED, Release);
        if direction == Direction::Write || self.is_lent() {
            self.write.state.store(WATCHED, Release);
        }
        Ok(key)
    }

    fn begin(&self, core: &Core, fd: BorrowedFd<'_>, direction: Direction) -> io::Result<Key> {
        let key = core.register(fd, direction, self.lent()).map_err(|error| cannot_watch(error, fd))?;
        if !self.lease.set(Lease { runtime: core.id(), key }) {
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
        match self.lent() {
            Some(watched) if !(watched | Interest::ERROR).includes(interest) => {
                let message = "the descriptor is not watched for that: name it in `with_interest`";
                Err(io::Error::new(io::ErrorKind::InvalidInput, message))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn lease(&self) -> Option<Lease> {
        self.lease.get()
    }

    #[inline]
    fn side(&self, direction: Direction) -> &Side {
        match direction {
            Direction::Read => &self.read,
            Direction::Write => &self.write,
        }
    }

    /// Has the next operation of the direction wait.
    pub(super) fn connecting(&self) {
        self.write.drain();
    }

    /// Notes what a success says of its direction: in most cases, what it was taken for.
    #[inline]
    pub(super) fn succeeded(&self, direction: Direction, drains: bool, partial: Partial) {
        let as_expected = if drains { partial && self.side(direction).is_watched() } else { !partial };
        if !as_expected {
            self.succeeded_otherwise(direction, partial);
        }
    }

    #[cold]
    fn succeeded_otherwise(&self, direction: Direction, partial: Partial) {
        if partial {
            self.drained(direction);
        } else {
            self.undrained(direction);
        }
    }

    /// Notes what the failure of an operation says of its direction. True means that it is to be tried again.
    #[cold]
    pub(super) fn failed(&self, direction: Direction, drains: bool, error: &io::Error) -> bool {
        if error.kind() == io::ErrorKind::WouldBlock {
            self.blocked(direction);
            return true;
        }
        if drains {
            self.undrained(direction);
        }
        self.error_taken();
        error.kind() == io::ErrorKind::Interrupted
    }

    /// Notes that an operation has moved less than it was asked to.
    #[cold]
    pub(super) fn drained(&self, direction: Direction) {
        if !self.side(direction).drain() {
            self.within(|core, key| core.drain(key, direction));
        }
    }

    fn undrained(&self, direction: Direction) {
        self.within(|core, key| core.undrain(key, direction));
    }

    /// Notes that an operation has said `WouldBlock`.
    #[cold]
    pub(super) fn blocked(&self, direction: Direction) {
        if !self.side(direction).drain() {
            self.within(|core, key| core.blocked(key, direction));
        }
    }

    /// Notes that a pending error has been told.
    #[cold]
    pub(super) fn error_taken(&self) {
        self.within(Core::error_taken);
    }

    /// Notes that an operation which needed something of the interest has said `WouldBlock` just now.
    pub(super) fn would_block(&self, interest: Interest) {
        Direction::of(interest).for_each(|direction| {
            self.side(direction).drain();
        });
        self.disproved(Ready::from_interest(interest));
    }

    /// Notes that an operation which was tried because of `ready` has said `WouldBlock` just now.
    ///
    /// The user may have said it, who waits for more than has come, so it proves nothing of an end that came with it. The end
    /// of a stream stays; that of what is lent is asked for anew, once: the writers of a FIFO come back after it.
    pub(super) fn disproved(&self, ready: Ready) {
        self.within(|core, key| match self.lent() {
            Some(watched) => core.doubt(key, ready, watched),
            None => core.disprove(key, ready - Ready::CLOSED),
        });
    }

    /// Whether events have told of something of it, if this thread is in the runtime of the socket.
    pub(super) fn knows_of(&self, ready: Ready) -> bool {
        self.within(|core, key| core.readiness(key).is_some_and(|found| found.ready.intersects(ready))).unwrap_or(false)
    }

    /// Calls `f` if this thread is in the runtime of the socket.
    pub(super) fn within<R>(&self, f: impl FnOnce(&Core, Key) -> R) -> Option<R> {
        self.lease.get()?.within(f)
    }

    #[cold]
    pub(super) fn forget_waiter(&self, direction: Direction, id: WaiterId) {
        if let Some(lease) = self.lease.get() {
            lease.tell(move |core, key| core.forget_waiter(key, direction, id));
        }
    }

    /// Gives the descriptor up to somebody who may register it again.
    pub(super) fn end(&self, fd: BorrowedFd<'_>) -> io::Result<()> {
        match self.lease.get().map(|lease| executor::deregister(lease.runtime, fd)) {
            // Who has ended the registration behind our back has done what was wanted.
            Some(Err(error)) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// As [`end`](Registration::end), for a descriptor of which only its number at the time is known to have been ours.
    pub(super) fn end_lent(&self, io: &impl AsFd) {
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
        if let Some(lease) = self.lease.get() {
            lease.tell(if self.is_lent() { Core::free_lent_source } else { Core::free_source });
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
    let attempted = format!("cannot wait for descriptor {}", fd.as_raw_fd());
    let why = match error.kind() {
        io::ErrorKind::AlreadyExists => {
            "another socket or `AsyncFd` waits for it in this runtime: share that one, or duplicate the descriptor"
        }
        io::ErrorKind::PermissionDenied => {
            "regular files and directories have no readiness, nor has all else that epoll refuses: use `spawn_blocking`"
        }
        io::ErrorKind::StorageFull => {
            let attempted = format!("{attempted}, since this user watches all that it may (fs.epoll.max_user_watches)");
            return failed(attempted, error);
        }
        _ => return failed(attempted, error),
    };
    io::Error::new(error.kind(), format!("{attempted}: {why}"))
}
