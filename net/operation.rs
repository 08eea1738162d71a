#![forbid(unsafe_code)]

use std::io;

use super::sys::Received;
use crate::executor::Direction;

/// What a source tries until it does not say `WouldBlock`.
///
/// What is said of it here is known when the loop around it is compiled, which then has no code but what it needs.
pub(super) trait Operation<T> {
    type Output;

    fn direction(&self) -> Direction;

    /// Whether it is taken to leave nothing to do for the next in its direction, unless it says otherwise.
    const DRAINS: bool;

    /// Whether it has nothing to do, and so never waits.
    fn is_empty(&self) -> bool;

    fn attempt(&mut self, io: &T) -> io::Result<(Self::Output, Partial)>;
}

/// Whether an operation has moved less than it was asked to, after which the next one would only say `WouldBlock`.
pub(super) type Partial = bool;

/// An operation that does what it does as a whole.
pub(super) struct Whole<F> {
    pub(super) direction: Direction,
    pub(super) operation: F,
}

impl<T, R, F: FnMut(&T) -> io::Result<R>> Operation<T> for Whole<F> {
    type Output = R;
    const DRAINS: bool = false;

    fn direction(&self) -> Direction {
        self.direction
    }

    fn is_empty(&self) -> bool {
        false
    }

    #[inline]
    fn attempt(&mut self, io: &T) -> io::Result<(R, Partial)> {
        Ok(((self.operation)(io)?, false))
    }
}

/// An operation that receives as many as it asks for, or fewer. Nearly every one receives all that is there.
pub(super) struct Receiving<F> {
    pub(super) asked: usize,
    pub(super) operation: F,
}

impl<T, F: FnMut(&T) -> io::Result<Received>> Operation<T> for Receiving<F> {
    type Output = usize;
    const DRAINS: bool = true;

    fn direction(&self) -> Direction {
        Direction::Read
    }

    fn is_empty(&self) -> bool {
        self.asked == 0
    }

    #[inline]
    fn attempt(&mut self, io: &T) -> io::Result<(usize, Partial)> {
        transfer(self.asked, || (self.operation)(io))
    }
}

/// An operation that sends as many as it has, or fewer.
pub(super) struct Sending<F> {
    pub(super) asked: usize,
    pub(super) operation: F,
}

impl<T, F: FnMut(&T) -> io::Result<usize>> Operation<T> for Sending<F> {
    type Output = usize;
    const DRAINS: bool = false;

    fn direction(&self) -> Direction {
        Direction::Write
    }

    fn is_empty(&self) -> bool {
        self.asked == 0
    }

    #[inline]
    fn attempt(&mut self, io: &T) -> io::Result<(usize, Partial)> {
        transfer(self.asked, || (self.operation)(io).map(Received::from))
    }
}

/// A short transfer means that the socket is drained, see epoll(7), unless it was stopped. Nothing at all is the end of the
/// stream, which stays: it can be read again and again without waiting. Asked to move nothing, the system would have us wait for
/// something.
#[inline]
fn transfer(asked: usize, operation: impl FnOnce() -> io::Result<Received>) -> io::Result<(usize, Partial)> {
    let Received { count, stopped } = if asked == 0 { Received::from(0) } else { operation()? };
    Ok((count, 0 < count && count < asked && !stopped))
}
