//! What is printed at the end: a table, a waterfall and the totals, or all of it as JSON.

mod json;
mod labels;
mod summary;
mod table;
mod totals;
mod waterfall;

pub use summary::Report;
