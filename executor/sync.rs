//! What two threads meet on. The model tests put their own in this place, which try every interleaving.

#![forbid(unsafe_code)]

pub(super) use std::sync::atomic::{AtomicBool, AtomicU8};
pub(super) use std::sync::{Condvar, Mutex, MutexGuard};
pub(super) use std::thread;
