//! What the inbox knows of the reactor, over loom's lock. A write to an eventfd that was closed is a panic.

#![allow(dead_code)]

use std::io;
use std::os::fd::BorrowedFd;
use std::sync::Arc;

use loom::sync::{Condvar, Mutex};

/// The runtime's end of the eventfd closes it when it is dropped.
pub struct Waker(pub Arc<Eventfd>);

/// The models do not fork.
#[derive(Clone, Copy)]
pub struct Origin;

impl Origin {
    pub fn current() -> Origin {
        Origin
    }

    pub fn is_forked(self) -> bool {
        false
    }
}

/// The models register nothing, so there is nothing to deregister.
pub struct Registry;

impl Registry {
    pub fn deregister(&self, _: &BorrowedFd<'_>) -> io::Result<()> {
        Ok(())
    }
}

/// An eventfd with an edge-triggered epoll before it.
pub struct Eventfd {
    state: Mutex<State>,
    edge: Condvar,
}

struct State {
    written: bool,
    closed: bool,
}

impl Waker {
    pub fn wake(&self) -> io::Result<()> {
        let mut state = self.0.state.lock().unwrap();
        assert!(!state.closed, "a write to an eventfd that was closed");
        state.written = true;
        self.0.edge.notify_one();
        Ok(())
    }
}

impl Drop for Waker {
    fn drop(&mut self) {
        self.0.state.lock().unwrap().closed = true;
    }
}

impl Eventfd {
    pub fn new() -> Eventfd {
        Eventfd { state: Mutex::new(State { written: false, closed: false }), edge: Condvar::new() }
    }

    /// Takes the edge, and waits for it if there is to be no timeout.
    pub fn wait(&self, block: bool) {
        let mut state = self.state.lock().unwrap();
        while block && !state.written {
            state = self.edge.wait(state).unwrap();
        }
        state.written = false;
    }

    pub fn is_written(&self) -> bool {
        self.state.lock().unwrap().written
    }

    pub fn is_closed(&self) -> bool {
        self.state.lock().unwrap().closed
    }
}
