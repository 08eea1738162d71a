//! Unix sockets that carry messages: making them, receiving, and sending.

#[expect(clippy::module_inception, reason = "a file is named after its type")]
mod datagram;
mod peek;
mod ready;
mod recv;
mod room;
mod send;

pub use datagram::UnixDatagram;
