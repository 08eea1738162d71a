//! Runs the programs and collects what they take: see `bin/run.rs`.

mod clients;
mod counts;
mod growth;
mod options;
mod origin;
mod plan;
mod process;
mod report;
mod results;
mod table;
mod tools;

pub use clients::Client;
pub use growth::{Growth, growths};
pub use options::{Options, Part};
pub use origin::Origin;
pub use plan::run;
pub use report::{growth_report, number, report};
pub use results::{Entry, Results, Spread, Value};
pub use table::{Row, Table, tables};
pub use tools::check;
