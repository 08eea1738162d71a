#![forbid(unsafe_code)]

use std::io;
use std::os::fd::AsFd;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use super::source::{Source, in_runtime};
use crate::executor::{Direction, Readiness, WaiterId};
use crate::reactor::{Interest, Ready};

/// Waiting for several conditions at once, and operations that the user brings: what all sockets forward to.
///
/// An operation may do anything, so it is never known whether it has drained its direction before it says `WouldBlock`.
impl<T: AsFd> Source<T> {
    /// Waits until there is something of the interest, and says what.
    pub(super) fn ready_for(&self, interest: Interest) -> impl Future<Output = io::Result<Readiness>> {
        ReadyFor { source: self, interest, wanted: Ready::from_interest(interest), waiter: None }
    }

    /// Waits until nothing can be written any more.
    pub(super) fn write_closed(&self) -> impl Future<Output = io::Result<Readiness>> {
        ReadyFor { source: self, interest: Interest::WRITABLE, wanted: Ready::WRITE_CLOSED, waiter: None }
    }

    /// The poll form of [`ready_for`](Source::ready_for), for one task at a time in each direction.
    pub(super) fn poll_ready_for(&self, cx: &mut Context<'_>, interest: Interest) -> Poll<io::Result<Readiness>> {
        self.poll_for(cx, interest, Ready::from_interest(interest), &mut Some(WaiterId::POLLER))
    }

    /// Waits until a socket that connects does so no more, and says whether there may be an error, for one task at a time.
    pub(super) fn poll_connected(&self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        let mut waiter = Some(WaiterId::POLLER);
        ready!(self.registration.poll_attempt(&self.io, Direction::Write, false, &mut waiter, cx))?;
        Poll::Ready(Ok(self.registration.knows_of(Ready::WRITE_CLOSED | Ready::ERROR)))
    }

    /// Tries an operation once, now. If it says `WouldBlock`, that counts for all of the interest.
    pub(super) fn try_io_for<R>(
        &self,
        interest: Interest,
        operation: impl FnOnce(&T) -> io::Result<R>,
    ) -> io::Result<R> {
        self.learn(interest, operation(&self.io))
    }

    /// As [`try_io_for`](Source::try_io_for), for who has the source alone.
    pub(super) fn try_io_mut<R>(
        &mut self,
        interest: Interest,
        operation: impl FnOnce(&mut T) -> io::Result<R>,
    ) -> io::Result<R> {
        let result = operation(&mut self.io);
        self.learn(interest, result)
    }

    /// Tries an operation whenever there is something of the interest, until it says neither `WouldBlock` nor `Interrupted`.
    pub(super) async fn async_io_for<R>(
        &self,
        interest: Interest,
        mut operation: impl FnMut(&T) -> io::Result<R>,
    ) -> io::Result<R> {
        loop {
            self.ready_for(interest).await?;
            if let Some(result) = conclusive(self.try_io_for(interest, &mut operation)) {
                return result;
            }
        }
    }

    /// As [`async_io_for`](Source::async_io_for), for who has the source alone.
    pub(super) async fn async_io_mut<R>(
        &mut self,
        interest: Interest,
        mut operation: impl FnMut(&mut T) -> io::Result<R>,
    ) -> io::Result<R> {
        loop {
            self.ready_for(interest).await?;
            if let Some(result) = conclusive(self.try_io_mut(interest, &mut operation)) {
                return result;
            }
        }
    }

    /// Notes that it is ready for nothing of the part of `stale` that matches, unless there have been events since. The rest
    /// of `stale` comes back.
    pub(super) fn clear_matching(&self, stale: Readiness, matching: Ready) -> Readiness {
        self.registration.within(|core, key| core.clear_readiness(key, stale.masked(matching)));
        stale.without(matching)
    }

    /// Notes what an operation has said just now that was tried because of `ready`, and whether it would have had to wait.
    pub(super) fn tried<R>(&self, ready: Ready, result: &io::Result<R>) -> bool {
        match result {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                self.registration.disproved(ready);
                return true;
            }
            Err(_) => self.registration.error_taken(),
            Ok(_) => {}
        }
        false
    }

    fn learn<R>(&self, interest: Interest, result: io::Result<R>) -> io::Result<R> {
        match &result {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.registration.would_block(interest),
            Err(_) => self.registration.error_taken(),
            Ok(_) => {}
        }
        result
    }

    fn poll_for(
        &self,
        cx: &mut Context<'_>,
        interest: Interest,
        wanted: Ready,
        waiter: &mut Option<WaiterId>,
    ) -> Poll<io::Result<Readiness>> {
        self.registration.check(interest)?;
        in_runtime(|core| {
            // Ends and errors are reported whatever is watched for.
            let needed = if wanted.intersects(Ready::WRITABLE) { Direction::Write } else { Direction::Read };
            let key = self.registration.watched(core, &self.io, needed)?;
            let charged = Direction::of(interest).next().unwrap_or(Direction::Read);
            if self.registration.spend(core, charged) {
                return core.poll_readiness(key, interest, wanted, waiter, cx).map(Ok);
            }
            cx.waker().wake_by_ref();
            Poll::Pending
        })
    }
}

/// The result, unless it only says that the operation has to be tried again.
fn conclusive<R>(result: io::Result<R>) -> Option<io::Result<R>> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => None,
        Err(error) if error.kind() == io::ErrorKind::Interrupted => None,
        result => Some(result),
    }
}

/// The future of [`Source::ready_for`].
struct ReadyFor<'a, T: AsFd> {
    source: &'a Source<T>,
    interest: Interest,
    wanted: Ready,
    /// The name under which it waits, from when it first had to.
    waiter: Option<WaiterId>,
}

impl<T: AsFd> Future for ReadyFor<'_, T> {
    type Output = io::Result<Readiness>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let result = ready!(this.source.poll_for(cx, this.interest, this.wanted, &mut this.waiter));
        // The event has taken it off the list of one direction, perhaps not off that of the other.
        this.forget();
        Poll::Ready(result)
    }
}

impl<T: AsFd> ReadyFor<'_, T> {
    fn forget(&mut self) {
        if let Some(id) = self.waiter.take() {
            Direction::of(self.interest).for_each(|direction| self.source.registration.forget_waiter(direction, id));
        }
    }
}

/// Dropped before it is ready, it takes its waker off the lists.
impl<T: AsFd> Drop for ReadyFor<'_, T> {
    fn drop(&mut self) {
        self.forget();
    }
}
