//! TCP streams, their halves, and listeners.

mod connect;
mod listener;
mod options;
mod race;
mod socket;
mod socket_keepalive;
mod socket_options;
mod stream;

pub(super) use connect::connect_to;
pub use listener::TcpListener;
pub(super) use race::race;
pub use socket::TcpSocket;
pub use stream::{OwnedReadHalf, OwnedWriteHalf, ReadHalf, ReuniteError, TcpStream, WriteHalf};
