#![forbid(unsafe_code)]

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU16, Ordering::Relaxed};

use crate::executor::{self, Core, Direction, Key, Lease, WaiterId, contain, failed};
use crate::reactor::{Interest, Ready};

/// Whether an operation has moved less than it was asked to, after which the next one would only say `WouldBlock`.
pub(super) type Partial = bool;

/// What a source has in a runtime, once it has had to wait.
#[derive(Debug, Default)]
pub(super) struct Registration {
    lease: OnceLock<Lease>,
    /// What a descriptor is to be watched for that is lent; those of sockets are owned, and watched for everything.
    pub(super) lent: Option<Interest>,
    /// The number that was registered, once there is a lease.
    number: AtomicI32,
    read: Side,
    write: Side,
}

#[derive(Debug, Default)]
pub(super) struct Side {
    /// Before it is registered: the last operation in the direction left nothing to do, so that the next one must wait.
    /// Registering is enough to learn of anything that came since.
    pub(super) drained: AtomicBool,
    /// The last poll in which the direction had an operation beyond the budget.
    pub(super) overdrawn: AtomicU16,
}

impl Registration {
    /// The slot that the socket has in this runtime, if it has one at all.
    pub(super) fn key_in(&self, core: &Core) -> io::Result<Option<Key>> {
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
    pub(super) fn begin(&self, core: &Core, fd: BorrowedFd<'_>) -> io::Result<Key> {
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
    pub(super) fn learn<R>(&self, slot: Option<(&Core, Key)>, direction: Direction, result: &io::Result<(R, Partial)>) {
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
    let attempted = format!("cannot wait for descriptor {}", fd.as_raw_fd());
    let why = match error.kind() {
        io::ErrorKind::AlreadyExists => {
            "another socket or `AsyncFd` waits for it in this runtime: share that one, or duplicate the descriptor"
        }
        io::ErrorKind::PermissionDenied => {
            "regular files and directories have no readiness, nor has all else that epoll refuses: use `spawn_blocking`"
        }
        _ => return failed(attempted, error),
    };
    io::Error::new(error.kind(), format!("{attempted}: {why}"))
}
