#![forbid(unsafe_code)]

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::task::{Context, Poll};

use super::sync::OnceLock;
use super::sys;
use crate::executor::{Direction, context, no_runtime};
use crate::net::AsyncFd;
use crate::reactor;

/// What a signal handler rings, and tasks in any number of runtimes wait for.
#[derive(Debug)]
pub(super) struct Bell {
    /// Opened for the first listener and never closed, so that a handler cannot write to a descriptor that was closed
    /// and reused. It is never read: each write is an edge of its own, for each epoll instance that watches it.
    eventfd: OnceLock<OwnedFd>,
}

impl Bell {
    pub(super) const fn new() -> Bell {
        Bell { eventfd: OnceLock::new() }
    }

    /// Wakes all who wait. It is async-signal-safe: one atomic load and one write(2).
    pub(super) fn ring(&self) {
        if let Some(eventfd) = self.eventfd.get() {
            sys::add_one(eventfd.as_fd());
        }
    }

    pub(super) fn listener(&'static self) -> io::Result<Listener> {
        Ok(Listener { bell: self, descriptor: self.descriptor()? })
    }

    /// A duplicate, as an epoll instance takes each descriptor only once. Its drop deregisters it.
    fn descriptor(&self) -> io::Result<AsyncFd<OwnedFd>> {
        AsyncFd::new(self.eventfd()?.try_clone()?)
    }

    fn eventfd(&self) -> io::Result<&OwnedFd> {
        if let Some(eventfd) = self.eventfd.get() {
            return Ok(eventfd);
        }
        let opened = reactor::eventfd()?;
        // Another thread may have been faster; then this one is closed again.
        Ok(self.eventfd.get_or_init(|| opened))
    }
}

/// One who waits for a bell.
#[derive(Debug)]
pub(super) struct Listener {
    bell: &'static Bell,
    descriptor: AsyncFd<OwnedFd>,
}

impl Listener {
    /// Waits until there are news. Dropped before, it has nobody woken.
    pub(super) async fn news(&mut self, mut is_news: impl FnMut() -> bool) -> io::Result<()> {
        if context::with(|_| ()).is_none() {
            no_runtime("a signal was awaited");
        }
        let mut look = |_: &OwnedFd| if is_news() { Ok(()) } else { Err(io::ErrorKind::WouldBlock.into()) };
        if let Ok(()) = self.descriptor.source().io(Direction::Read, &mut look).await {
            return Ok(());
        }
        // It has waited in another runtime before. A descriptor of its own can wait in this one.
        self.descriptor = self.bell.descriptor()?;
        self.descriptor.source().io(Direction::Read, look).await
    }

    /// Waits until there is news. It looks at once, and whenever the bell was rung.
    #[track_caller]
    pub(super) fn poll(&mut self, cx: &mut Context<'_>, mut is_news: impl FnMut() -> bool) -> Poll<io::Result<()>> {
        if context::with(|_| ()).is_none() {
            no_runtime("a signal was awaited");
        }
        let mut look = |_: &OwnedFd| if is_news() { Ok(()) } else { Err(io::ErrorKind::WouldBlock.into()) };
        match self.descriptor.source().poll(cx, Direction::Read, &mut look) {
            // It has waited in another runtime before. A descriptor of its own can wait in this one.
            Poll::Ready(Err(_elsewhere)) => {
                self.descriptor = self.bell.descriptor()?;
                self.descriptor.source().poll(cx, Direction::Read, look)
            }
            polled => polled,
        }
    }
}
