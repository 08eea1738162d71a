//! Measures Epore beside other runtimes and beside the floor: the same work written by hand, without futures.
//!
//! Each workload is one function, generic over [`Runtime`]. Each runtime has a program of its own under `bin/`, which runs
//! one workload once and prints what it took. `bin/run.rs` runs them all in turns. See `NOTES.md`.

pub mod catalog;
pub mod charts;
pub mod floor;
pub mod harness;
pub mod load;
mod meter;
pub mod runner;
mod runtime;
pub mod runtimes;
pub mod sys;
mod turns;
pub mod usage;
pub mod wire;
mod workloads;

pub use meter::{CountingAllocator, Meter, Sample};
pub use runtime::{Runtime, in_task};
