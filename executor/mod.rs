//! Runs futures on one thread: the tasks, their wakers, the run loop, and the pool for work that blocks.

mod blocking;
mod builder;
mod contain;
pub(crate) mod context;
mod core;
mod handle;
mod inbox;
mod inboxes;
mod join_error;
mod join_handle;
mod lease;
mod misuse;
mod net_settings;
mod promise;
mod resolver;
mod run_loop;
mod runtime;
mod runtime_id;
mod slab;
mod sources;
mod sync;
mod task;
mod tasks;
mod timer;
mod timers;
mod token;
mod waiters;
mod waker;
mod yield_now;

pub use blocking::spawn_blocking;
pub use builder::Builder;
pub use handle::{Handle, RemoteHandle};
pub use join_error::JoinError;
pub use join_handle::JoinHandle;
pub use runtime::{Runtime, block_on, spawn};
pub use yield_now::{YieldNow, yield_now};

pub(crate) use self::core::Core;
pub(crate) use blocking::try_spawn_blocking;
pub(crate) use inboxes::deregister;
pub(crate) use lease::Lease;
pub(crate) use misuse::no_runtime;
pub(crate) use slab::Key;
pub(crate) use sources::Direction;
pub(crate) use timer::Timer;
pub(crate) use waiters::WaiterId;
