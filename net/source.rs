#![forbid(unsafe_code)]

use std::io;
use std::os::fd::AsFd;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use super::operation::{Operation, Receiving, Sending, Whole};
use super::registration::Registration;
use super::sys::Received;
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
        source.registration.connecting();
        source
    }

    /// A descriptor that the source may not own: it may live on, or be closed before. It is watched for the interest.
    pub(super) fn lent(io: T, interest: Interest) -> Source<T> {
        Source { registration: Registration::of_lent(interest), io }
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
        operation: impl FnMut(&T) -> io::Result<R> + Unpin,
    ) -> impl Future<Output = io::Result<R>> {
        self.run(Whole { direction, operation })
    }

    /// Like [`io`](Source::io), for an operation that receives up to `asked` bytes of a stream. To move nothing it never waits.
    pub(super) fn receive(
        &self,
        asked: usize,
        operation: impl FnMut(&T) -> io::Result<Received> + Unpin,
    ) -> impl Future<Output = io::Result<usize>> {
        self.run(Receiving { asked, operation })
    }

    /// Like [`receive`](Source::receive), for an operation that sends.
    pub(super) fn send(
        &self,
        asked: usize,
        operation: impl FnMut(&T) -> io::Result<usize> + Unpin,
    ) -> impl Future<Output = io::Result<usize>> {
        self.run(Sending { asked, operation })
    }

    /// Like [`io`](Source::io), for any operation.
    pub(super) fn run<O: Operation<T> + Unpin>(&self, operation: O) -> impl Future<Output = io::Result<O::Output>> {
        Io { source: self, waiter: None, operation }
    }

    /// Waits until an operation is worth trying.
    pub(crate) async fn ready(&self, direction: Direction) -> io::Result<()> {
        // Asked first, the reactor answers; then there is nothing left to do.
        in_runtime(|core| self.registration.watched(core, &self.io, direction))?;
        self.io(direction, |_| Ok(())).await
    }

    /// The poll form of [`ready`](Source::ready), for one task at a time in each direction.
    pub(crate) fn poll_ready(&self, cx: &mut Context<'_>, direction: Direction) -> Poll<io::Result<()>> {
        in_runtime(|core| self.registration.watched(core, &self.io, direction))?;
        self.poll(cx, direction, |_| Ok(()))
    }

    /// The poll form of [`io`](Source::io), for one task at a time in each direction.
    pub(crate) fn poll<R>(
        &self,
        cx: &mut Context<'_>,
        direction: Direction,
        operation: impl FnMut(&T) -> io::Result<R>,
    ) -> Poll<io::Result<R>> {
        self.poll_run(cx, Whole { direction, operation })
    }

    /// The poll form of [`receive`](Source::receive), for one task at a time.
    pub(super) fn poll_receive(
        &self,
        cx: &mut Context<'_>,
        asked: usize,
        operation: impl FnMut(&T) -> io::Result<Received>,
    ) -> Poll<io::Result<usize>> {
        self.poll_run(cx, Receiving { asked, operation })
    }

    /// The poll form of [`send`](Source::send), for one task at a time.
    pub(super) fn poll_send(
        &self,
        cx: &mut Context<'_>,
        asked: usize,
        operation: impl FnMut(&T) -> io::Result<usize>,
    ) -> Poll<io::Result<usize>> {
        self.poll_run(cx, Sending { asked, operation })
    }

    fn poll_run<O: Operation<T>>(&self, cx: &mut Context<'_>, mut operation: O) -> Poll<io::Result<O::Output>> {
        self.poll_io(cx, &mut Some(WaiterId::POLLER), &mut operation)
    }

    /// Charges the budget with an operation that is then tried whatever is known. Pending, the task has to yield first.
    pub(super) fn poll_budget(&self, cx: &mut Context<'_>, direction: Direction) -> Poll<()> {
        if in_runtime(|core| self.registration.spend(core, direction)) {
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
        self.registration.blocked(direction);
    }

    /// Tries an operation once, now.
    pub(crate) fn try_io<R>(&self, direction: Direction, operation: impl FnMut(&T) -> io::Result<R>) -> io::Result<R> {
        self.try_run(Whole { direction, operation })
    }

    /// Tries an operation of [`receive`](Source::receive) once, now.
    pub(super) fn try_receive(
        &self,
        asked: usize,
        operation: impl FnMut(&T) -> io::Result<Received>,
    ) -> io::Result<usize> {
        self.try_run(Receiving { asked, operation })
    }

    /// Tries an operation of [`send`](Source::send) once, now.
    pub(super) fn try_send(&self, asked: usize, operation: impl FnMut(&T) -> io::Result<usize>) -> io::Result<usize> {
        self.try_run(Sending { asked, operation })
    }

    fn try_run<O: Operation<T>>(&self, mut operation: O) -> io::Result<O::Output> {
        match operation.attempt(&self.io) {
            Ok((value, partial)) => {
                if partial {
                    self.registration.drained(operation.direction());
                }
                Ok(value)
            }
            Err(error) => {
                self.registration.failed(operation.direction(), false, &error);
                Err(error)
            }
        }
    }

    /// The one loop that all operations go through.
    #[inline]
    fn poll_io<O: Operation<T>>(
        &self,
        cx: &mut Context<'_>,
        waiter: &mut Option<WaiterId>,
        operation: &mut O,
    ) -> Poll<io::Result<O::Output>> {
        let direction = operation.direction();
        loop {
            let drains = O::DRAINS && !operation.is_empty();
            if operation.is_empty() {
                ready!(self.poll_budget(cx, direction));
            } else {
                ready!(self.registration.poll_attempt(&self.io, direction, O::DRAINS, waiter, cx))?;
            }
            match operation.attempt(&self.io) {
                Ok((value, partial)) => {
                    self.registration.succeeded(direction, drains, partial);
                    return Poll::Ready(Ok(value));
                }
                Err(error) if self.registration.failed(direction, drains, &error) => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }
}

#[inline(always)]
pub(super) fn in_runtime<R>(f: impl FnOnce(&Core) -> R) -> R {
    match context::with(f) {
        Some(result) => result,
        None => no_runtime("a socket was awaited"),
    }
}

/// The future of [`Source::run`].
struct Io<'a, T: AsFd, O: Operation<T>> {
    source: &'a Source<T>,
    /// The name under which it waits, from when it first had to until it is ready.
    waiter: Option<WaiterId>,
    operation: O,
}

impl<T: AsFd, O: Operation<T> + Unpin> Future for Io<'_, T, O> {
    type Output = io::Result<O::Output>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let result = ready!(this.source.poll_io(cx, &mut this.waiter, &mut this.operation));
        if result.is_ok() {
            // It became worth trying by an event, which has taken all waiters off the list.
            this.waiter = None;
        }
        Poll::Ready(result)
    }
}

/// Dropped before it is ready, it takes its waker off the list.
impl<T: AsFd, O: Operation<T>> Drop for Io<'_, T, O> {
    #[inline]
    fn drop(&mut self) {
        if let Some(id) = self.waiter {
            self.source.registration.forget_waiter(self.operation.direction(), id);
        }
    }
}
