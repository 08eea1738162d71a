//! The other side of the network workloads: see `bin/load.rs`.

mod bulk;
mod clients;
mod server;

pub use bulk::{receive, send};
pub use clients::{idle, talk, visit};
pub use server::serve;
