//! What a signal handler and the threads meet on. The model test puts its own in this place, which tries every
//! interleaving.

#![forbid(unsafe_code)]

pub(super) use std::sync::OnceLock;
pub(super) use std::sync::atomic::AtomicU64;
