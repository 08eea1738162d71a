//! The system calls on sockets that the standard library does not offer, each behind a safe signature.

mod address;
mod batch;
mod options;
mod result;
mod socket;
mod transfer;

pub(super) use address::{Address, Peer};
pub(super) use batch::{Arrival, MAX_BATCH, recv_batch, send_batch};
pub(super) use options::{device, int, ipv4, linger, peer_credentials, set_device, set_int, set_ipv4, set_linger};
pub(super) use socket::{LONGEST_BACKLOG, accept, bind, connect, listen, local_addr, open, set_nonblocking};
pub(super) use transfer::{
    MAX_BUFFERS, Received, peek, peek_from, recv, recv_from, recv_into, recv_stream, recv_uninit, recv_vectored, send,
    send_to, send_vectored, unreceived,
};
