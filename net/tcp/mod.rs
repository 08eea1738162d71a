//! TCP streams, their halves, and listeners.

mod listener;
mod split;
mod stream;

pub use listener::TcpListener;
pub use split::{OwnedReadHalf, OwnedWriteHalf, ReadHalf, Reader, ReuniteError, WriteHalf, Writer};
pub use stream::TcpStream;
