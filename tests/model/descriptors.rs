//! Descriptors as the bell knows them: an eventfd, its duplicates, and the readiness of each, over loom's lock.

#![allow(dead_code, clippy::unnecessary_wraps)]

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::task::{Context, Poll};

use loom::sync::{Condvar, Mutex};

use super::fresh::Fresh;

pub enum Direction {
    Read,
}

pub mod context {
    pub fn with<R>(f: impl FnOnce(&()) -> R) -> Option<R> {
        Some(f(&()))
    }
}

pub fn no_runtime(what: &str) -> ! {
    panic!("{what} outside of a runtime");
}

/// How often an eventfd was written, by the number of what it stands for.
#[derive(Debug)]
struct Writes {
    of: Mutex<BTreeMap<u64, u64>>,
    changed: Condvar,
}

static WRITES: Fresh<Writes> = Fresh::new();

fn writes() -> &'static Writes {
    WRITES.get(|| Writes { of: Mutex::new(BTreeMap::new()), changed: Condvar::new() })
}

/// A pipe will do: it has a number of its own, which its duplicates share.
pub fn eventfd() -> io::Result<OwnedFd> {
    Ok(io::pipe()?.0.into())
}

fn number(fd: BorrowedFd<'_>) -> u64 {
    File::from(fd.try_clone_to_owned().unwrap()).metadata().unwrap().ino()
}

pub fn write(eventfd: BorrowedFd<'_>) {
    let writes = writes();
    *writes.of.lock().unwrap().entry(number(eventfd)).or_default() += 1;
    writes.changed.notify_all();
}

/// A descriptor that an epoll instance watches, edge-triggered, from the first wait on.
#[derive(Debug)]
pub struct AsyncFd<T> {
    fd: T,
    /// The writes that were reported.
    seen: Mutex<u64>,
}

impl AsyncFd<OwnedFd> {
    pub fn new(fd: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
        Ok(AsyncFd { fd, seen: Mutex::new(0) })
    }

    pub fn source(&self) -> &AsyncFd<OwnedFd> {
        self
    }

    /// One look, as the source does it: what is written after it is an edge.
    pub fn poll(
        &self,
        _: &mut Context<'_>,
        _: Direction,
        mut operation: impl FnMut(&OwnedFd) -> io::Result<()>,
    ) -> Poll<io::Result<()>> {
        match operation(&self.fd) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Poll::Pending,
            result => Poll::Ready(result),
        }
    }

    /// Looks until there is something, and sleeps in between until there is an edge.
    pub async fn io(&self, _: Direction, mut operation: impl FnMut(&OwnedFd) -> io::Result<()>) -> io::Result<()> {
        loop {
            match operation(&self.fd) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.sleep(),
                result => return result,
            }
        }
    }

    fn sleep(&self) {
        let number = number(self.fd.as_fd());
        let mut seen = self.seen.lock().unwrap();
        let mut of = writes().of.lock().unwrap();
        while of.get(&number).copied().unwrap_or_default() == *seen {
            of = writes().changed.wait(of).unwrap();
        }
        *seen = of[&number];
    }
}
