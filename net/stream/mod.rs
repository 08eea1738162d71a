//! Streams of bytes, and their halves: what TCP and Unix sockets have in common.

mod read;
mod readiness;
mod socket;
mod split;
#[expect(clippy::module_inception, reason = "a file is named after its type")]
mod stream;
mod write;

pub use socket::StreamSocket;
pub use split::{OwnedReadHalf, OwnedWriteHalf, ReadHalf, Reader, ReuniteError, ShutDownOnDrop, WriteHalf, Writer};
pub use stream::Stream;
