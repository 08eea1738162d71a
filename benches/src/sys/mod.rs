//! The system calls that the standard library lacks.

mod datagrams;
mod epoll;
mod process;
mod sockets;

pub use datagrams::{Batch, cut, gather, receive_batch, send_batch};
pub use epoll::{Epoll, Events, READABLE};
pub use process::{children_cpu_time, cpu_time, descriptors, end_after, pin, resident_bytes};
pub use sockets::lengthen_backlog;
