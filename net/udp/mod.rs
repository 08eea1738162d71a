//! UDP sockets, and batches of datagrams.

mod multicast;
mod options;
mod outgoing;
mod peek;
mod ready;
mod received;
mod recv;
mod recv_batch;
mod send;
mod send_batch;
mod socket;

pub use outgoing::Outgoing;
pub use received::Received;
pub use recv_batch::{Datagrams, RecvBatch};
pub use socket::UdpSocket;
