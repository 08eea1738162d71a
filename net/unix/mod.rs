//! Unix domain sockets, see unix(7).

mod address;
mod stream;

pub use address::SocketAddr;
pub use stream::{OwnedReadHalf, OwnedWriteHalf, ReadHalf, ReuniteError, UnixStream, WriteHalf};
