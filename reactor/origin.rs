#![forbid(unsafe_code)]

use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use super::sys;

/// How many forks lie between the first process that asked and this one.
static FORKS: AtomicU32 = AtomicU32::new(0);

static WATCHED: Once = Once::new();

/// The process in which something was made. After a fork the child shares the epoll instances of its parent, whose
/// registrations it must not touch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin {
    forks: u32,
}

impl Origin {
    pub(crate) fn current() -> Origin {
        WATCHED.call_once(|| sys::call_in_forked_child(in_child));
        Origin { forks: FORKS.load(Relaxed) }
    }

    /// Whether this process is a child of the one in question. Unlike getpid(2) it costs no system call.
    pub(crate) fn is_forked(self) -> bool {
        self.forks != FORKS.load(Relaxed)
    }
}

extern "C" fn in_child() {
    FORKS.fetch_add(1, Relaxed);
}
