//! R8, R13, R14: all that two threads touch beside the inbox, under every interleaving of them: the pool for blocking
//! work and the nap of one of its threads, the promise of a result, a task that is spawned from another thread, the list of those that are ready, the latch
//! and the members of a group.
//!
//! The library's own sources are built here over loom's locks and atomics.

#![forbid(unsafe_code)]

mod model;
use model::reactor;

#[path = "../executor"]
mod executor {
    #![allow(dead_code)]

    use crate::model::sync;

    mod abort_handle;
    mod annex;
    mod blocking;
    mod contain;
    mod handle;
    mod inbox;
    mod join_error;
    mod join_handle;
    mod latch;
    mod members;
    mod misuse;
    mod nap;
    mod promise;
    mod ready_list;
    mod runtime_id;
    mod slab;
    mod token;

    #[path = "../tests/model/stand_ins.rs"]
    mod stand_ins;

    use stand_ins::{context, inboxes, task, trace, waker};

    #[path = "../tests/model/blocking.rs"]
    mod blocking_models;
    #[path = "../tests/model/groups.rs"]
    mod group_models;
    #[path = "../tests/model/nap.rs"]
    mod nap_models;
    #[path = "../tests/model/promise.rs"]
    mod promise_models;
    #[path = "../tests/model/remote.rs"]
    mod remote_models;
}
