//! Runs the programs and collects what they take: see `bin/run.rs`.

mod counts;
mod options;
mod plan;
mod process;
mod report;
mod results;
mod table;

pub use options::Options;
pub use plan::run;
pub use report::{number, report};
pub use results::{Entry, Results, Spread, Value};
pub use table::{Row, Table, tables};
