//! R9: a signal that comes at any moment, on any thread, is seen by whoever listens.
//!
//! The library's own sources of the slot and the bell are built here over loom's atomics, with a stand-in for the eventfd
//! and for the epoll before it. The handler runs on a thread of its own, which is one of the places where it may run.

#![forbid(unsafe_code)]

mod model;

#[path = "../signal"]
mod signal {
    #![allow(dead_code)]

    mod bell;
    mod slot;

    #[path = "../tests/model/signals.rs"]
    mod stand_ins;

    use stand_ins::{SignalKind, kind, shutdown, sync, sys};
}

mod executor {
    pub use crate::model::descriptors::{Direction, context, no_runtime};
}

mod net {
    pub use crate::model::descriptors::AsyncFd;
}

mod reactor {
    pub use crate::model::descriptors::eventfd;
}
