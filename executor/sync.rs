//! What the inbox stands on. The model test of the inbox puts its own in this place.

#![forbid(unsafe_code)]

pub(super) use std::sync::Mutex;
pub(super) use std::sync::atomic::AtomicU8;
