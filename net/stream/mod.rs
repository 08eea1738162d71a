//! Streams of bytes, and their halves: what TCP and Unix sockets have in common.

mod read;
mod reader;
mod readiness;
mod reunite;
mod socket;
#[expect(clippy::module_inception, reason = "a file is named after its type")]
mod stream;
mod write;
mod writer;

pub use reader::{OwnedReadHalf, ReadHalf, Reader};
pub use reunite::ReuniteError;
pub use socket::StreamSocket;
pub use stream::Stream;
pub use writer::{OwnedWriteHalf, ShutDownOnDrop, WriteHalf, Writer};
