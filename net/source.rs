#![forbid(unsafe_code)]

use std::io;
use std::os::fd::AsFd;
use std::pin::Pin;
use std::sync::atomic::Ordering::Relaxed;
use std::task::{Context, Poll, ready};

use super::registration::{Partial, Registration};
use crate::executor::{Core, Direction, WaiterId, context, no_runtime};
use crate::reactor::Interest;

/// A descriptor that can be waited for: what every socket is made of.
///
/// It is registered when it first has to wait, with the runtime that it waits in, and stays so. The handle is plain
/// data: what it has in a runtime is named by id and key, so it may be sent to, and dropped on, any thread.
#[derive(Debug)]
pub(crate) struct Source<T: AsFd> {
    pub(super) registration: Registration,
    pub(super) io: T,
}

impl<T: AsFd> Source<T> {
    /// A source of which nothing is known, so that its first operation is tried at once. It must be non-blocking.
    pub(crate) fn new(io: T) -> Source<T> {
        Source { registration: Registration::default(), io }
    }

    /// A socket that is connecting, so that writing must wait for the reactor.
    pub(super) fn connecting(io: T) -> Source<T> {
        let source = Source::new(io);
        source.registration.side(Direction::Write).drained.store(true, Relaxed);
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
        match self.registration.lease() {
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
