//! The floor: the same work by hand, with a queue of boxed closures and a plain epoll loop.

mod bulk;
mod clients;
mod connection;
mod datagrams;
mod http;
mod queue;
mod server;
mod table;
mod tasks;
mod timers;
mod wakes;

pub use table::TABLE;
