#![forbid(unsafe_code)]

use std::io;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::net::Stream;
use crate::net::stream::StreamSocket;

/// How much is read at once. More brings little, and each connection that is copied holds this much in each direction.
const BUFFER_SIZE: usize = 32 * 1024;

/// Writes to `writer` all that `reader` brings until its end, and says how many bytes that were.
///
/// Both are streams, of any two kinds, or halves of streams. What the peer of the writer reads is not ended: that is
/// [`shutdown`](Stream::shutdown), or dropping the writer.
///
/// ```
/// # use epore::net::{TcpListener, TcpStream};
/// # epore::block_on(async {
/// # let listener = TcpListener::bind("127.0.0.1:0").await?;
/// # let client = TcpStream::connect(listener.local_addr()?).await?;
/// # let (stream, _) = listener.accept().await?;
/// # client.write_all(b"hello").await?;
/// # client.shutdown().await?;
/// let (mut reader, mut writer) = stream.split();
/// assert_eq!(epore::io::copy(&mut reader, &mut writer).await?, 5);
/// # let mut echo = [0; 5];
/// # client.read_exact(&mut echo).await?;
/// # assert_eq!(&echo, b"hello");
/// # Ok::<(), std::io::Error>(())
/// # }).unwrap();
/// ```
///
/// It allocates its buffer of 32 KiB once, and makes two system calls for as much as is there at a time. That the peer of
/// the writer is gone it learns when it writes.
///
/// # Errors
///
/// Those of [`read`](Stream::read) and [`write`](Stream::write). All that was read before a reading error has been written.
///
/// # Panics
///
/// Outside of a runtime.
///
/// # Cancel safety
///
/// Dropped before it is ready, it may have read up to 32 KiB that are not written, or not all; they are lost.
pub async fn copy<R, W>(reader: impl AsRef<Stream<R>>, writer: impl AsRef<Stream<W>>) -> io::Result<u64>
where
    R: StreamSocket,
    W: StreamSocket,
{
    let copied = AtomicU64::new(0);
    copy_to_end(reader.as_ref(), writer.as_ref(), &copied).await??;
    Ok(copied.into_inner())
}

/// The outer error is one of reading, the inner one of writing. It adds up in `copied` what was written, which is
/// atomic only so that the future is `Send`.
pub(super) async fn copy_to_end<R, W>(
    reader: &Stream<R>,
    writer: &Stream<W>,
    copied: &AtomicU64,
) -> io::Result<io::Result<()>>
where
    R: StreamSocket,
    W: StreamSocket,
{
    let mut buffer = vec![0; BUFFER_SIZE];
    loop {
        let count = reader.read(&mut buffer).await?;
        if count == 0 {
            return Ok(Ok(()));
        }
        if let Err(error) = writer.write_all(&buffer[..count]).await {
            return Ok(Err(error));
        }
        copied.fetch_add(count as u64, Relaxed);
    }
}
