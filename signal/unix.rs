//! The same under the path that programs for several systems have for it.

#![forbid(unsafe_code)]

pub use super::{Signal, SignalKind, signal};
