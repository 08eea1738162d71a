//! The other side of the network workloads: see `bin/load.rs`.

mod bulk;
mod clients;
mod datagrams;
mod server;

pub use bulk::{receive, send};
pub use clients::{ask, idle, talk, visit};
pub use datagrams::{collect, flood, flood_whole};
pub use server::serve;
