//! What is measured, and of whom.

mod columns;
mod workload;
mod workloads;

pub use columns::{COLUMNS, Column};
pub use workload::{Counted, Load, Metric, Workload};
pub use workloads::{WORKLOADS, workload};
