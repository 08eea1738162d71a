//! TCP streams, their halves, and listeners.

mod connect;
mod listener;
mod options;
mod race;
mod read;
mod split;
mod stream;
mod write;

pub use listener::TcpListener;
pub use split::{OwnedReadHalf, OwnedWriteHalf, ReadHalf, Reader, ReuniteError, ShutDownOnDrop, WriteHalf, Writer};
pub use stream::TcpStream;
