//! What is measured, and of whom.

mod columns;
mod variants;
mod workload;
mod workloads;

pub use columns::{COLUMNS, Column};
pub use variants::{SPIN, TIMER_SLACK, VARIANTS, Variant, variant_of};
pub use workload::{Counted, Load, Metric, Workload};
pub use workloads::{WORKLOADS, workload};
