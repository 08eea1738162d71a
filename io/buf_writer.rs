#![forbid(unsafe_code)]

use std::io;

use crate::net::Stream;
use crate::net::stream::StreamSocket;

/// As the buffered writer of the standard library: several packets.
const CAPACITY: usize = 8 * 1024;

/// Writes to a stream, or a half of one, by way of a buffer: so small writes cost no system call each.
///
/// What is in the buffer is sent when it is full, by [`flush`](BufWriter::flush) and by [`shutdown`](BufWriter::shutdown).
/// Dropping the writer loses it.
///
/// ```
/// use epore::io::BufWriter;
/// # use epore::net::{TcpListener, TcpStream};
///
/// # epore::block_on(async {
/// # let listener = TcpListener::bind("127.0.0.1:0").await?;
/// # let stream = TcpStream::connect(listener.local_addr()?).await?;
/// # let (peer, _) = listener.accept().await?;
/// let mut writer = BufWriter::new(stream);
/// for number in 1..=3 {
///     writer.write_all(format!("{number}\n").as_bytes()).await?;
/// }
/// writer.flush().await?;   // one system call for all
/// # let mut text = [0; 6];
/// # peer.read_exact(&mut text).await?;
/// # assert_eq!(&text, b"1\n2\n3\n");
/// # Ok::<(), std::io::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug)]
pub struct BufWriter<W> {
    inner: W,
    buffer: Vec<u8>,
    capacity: usize,
    /// How much of the buffer has been sent.
    sent: usize,
}

impl<W> BufWriter<W> {
    /// A writer with a buffer of 8 KiB.
    ///
    /// ```
    /// # use epore::{io::BufWriter, net::UnixStream};
    /// # epore::block_on(async {
    /// # let (stream, peer) = UnixStream::pair()?;
    /// let mut writer = BufWriter::new(stream);
    /// writer.write_all(&[0; 8000]).await?;
    /// assert_eq!(writer.buffer().len(), 8000);   // nothing is sent yet
    /// writer.flush().await?;
    /// peer.read_exact(&mut [0; 8000]).await?;
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn new(inner: W) -> BufWriter<W> {
        BufWriter::with_capacity(CAPACITY, inner)
    }

    /// A writer with a buffer of `capacity` bytes. With 0 it passes everything on.
    ///
    /// ```
    /// # use epore::{io::BufWriter, net::UnixStream};
    /// # epore::block_on(async {
    /// # let (stream, peer) = UnixStream::pair()?;
    /// let mut writer = BufWriter::with_capacity(8, stream);
    /// writer.write_all(b"hello").await?;
    /// writer.write_all(b"world").await?;   // no room beside the first
    /// assert_eq!((peer.read(&mut [0; 16]).await?, writer.buffer()), (5, &b"world"[..]));
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn with_capacity(capacity: usize, inner: W) -> BufWriter<W> {
        BufWriter { inner, buffer: Vec::with_capacity(capacity), capacity, sent: 0 }
    }

    /// What has been written here, and not yet been sent.
    ///
    /// ```
    /// # use epore::{io::BufWriter, net::UnixStream};
    /// # epore::block_on(async {
    /// # let (stream, peer) = UnixStream::pair()?;
    /// let mut writer = BufWriter::new(stream);
    /// writer.write_all(b"hello").await?;
    /// assert_eq!(writer.buffer(), b"hello");
    /// writer.flush().await?;
    /// assert!(writer.buffer().is_empty());
    /// # drop(peer);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn buffer(&self) -> &[u8] {
        &self.buffer[self.sent..]
    }

    /// What it writes to. What is written to it directly overtakes what is in the [`buffer`](BufWriter::buffer).
    ///
    /// ```
    /// # use epore::{io::BufWriter, net::UnixStream};
    /// # epore::block_on(async {
    /// # let (stream, peer) = UnixStream::pair()?;
    /// let mut writer = BufWriter::new(stream);
    /// writer.write_all(b"your name?\n").await?;
    /// writer.flush().await?;
    /// peer.write_all(b"Anna\n").await?;
    /// let mut name = [0; 5];
    /// writer.get_ref().read_exact(&mut name).await?;
    /// assert_eq!(&name, b"Anna\n");
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn get_ref(&self) -> &W {
        &self.inner
    }

    /// As [`get_ref`](BufWriter::get_ref), to change it.
    ///
    /// ```
    /// # use epore::{io::BufWriter, net::UnixStream};
    /// # epore::block_on(async {
    /// # let (stream, peer) = UnixStream::pair()?;
    /// let (next, next_peer) = UnixStream::pair()?;
    /// let mut writer = BufWriter::new(stream);
    /// writer.write_all(b"hello").await?;
    /// *writer.get_mut() = next;   // what the buffer holds stays
    /// writer.flush().await?;
    /// assert_eq!(next_peer.read(&mut [0; 16]).await?, 5);
    /// # drop(peer);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn get_mut(&mut self) -> &mut W {
        &mut self.inner
    }

    /// Gives back what it writes to. What is in the [`buffer`](BufWriter::buffer) is lost: [`flush`](BufWriter::flush) first.
    ///
    /// ```
    /// # use epore::{io::BufWriter, net::UnixStream};
    /// # epore::block_on(async {
    /// # let (stream, peer) = UnixStream::pair()?;
    /// let mut writer = BufWriter::new(stream);
    /// writer.write_all(b"hello").await?;
    /// writer.flush().await?;
    /// let stream = writer.into_inner();
    /// stream.write_all(b"world").await?;
    /// let mut text = [0; 10];
    /// peer.read_exact(&mut text).await?;
    /// assert_eq!(&text, b"helloworld");
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn into_inner(self) -> W {
        self.inner
    }

    /// Writes some of `buffer`, at least one byte, and says how much that was. It waits only if there is no room.
    ///
    /// ```
    /// # use epore::net::{TcpListener, TcpStream};
    /// # use epore::io::BufWriter;
    /// # epore::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// # let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (peer, _) = listener.accept().await?;
    /// let mut writer = BufWriter::new(stream);
    /// assert_eq!(writer.write(b"hello").await?, 5);
    /// assert_eq!(writer.buffer(), b"hello");
    /// # drop(peer);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`Stream::write`].
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// It can be dropped at any time; nothing of `buffer` has been written then.
    pub async fn write<S>(&mut self, buffer: &[u8]) -> io::Result<usize>
    where
        W: AsRef<Stream<S>>,
        S: StreamSocket,
    {
        if self.buffer.len() + buffer.len() > self.capacity {
            self.flush().await?;
        }
        if buffer.len() >= self.capacity {
            return self.inner.as_ref().write(buffer).await;
        }
        self.buffer.extend_from_slice(buffer);
        Ok(buffer.len())
    }

    /// Writes all of `buffer`.
    ///
    /// ```
    /// # use epore::net::{TcpListener, TcpStream};
    /// # use epore::io::BufWriter;
    /// # epore::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// # let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (peer, _) = listener.accept().await?;
    /// let mut writer = BufWriter::with_capacity(4, stream);
    /// writer.write_all(b"hello").await?;   // too long for the buffer
    /// assert_eq!(peer.read(&mut [0; 16]).await?, 5);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`Stream::write`]. A part may have been written.
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// What fits into the buffer is written as a whole or not at all. Of more, a part may have been written; how much is not
    /// known.
    pub async fn write_all<S>(&mut self, mut buffer: &[u8]) -> io::Result<()>
    where
        W: AsRef<Stream<S>>,
        S: StreamSocket,
    {
        while !buffer.is_empty() {
            let count = self.write(buffer).await?;
            buffer = &buffer[count..];
        }
        Ok(())
    }

    /// Sends what is in the buffer.
    ///
    /// ```
    /// # use epore::net::{TcpListener, TcpStream};
    /// # use epore::io::BufWriter;
    /// # epore::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// # let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (peer, _) = listener.accept().await?;
    /// let mut writer = BufWriter::new(stream);
    /// writer.write_all(b"hello").await?;
    /// writer.flush().await?;
    /// assert!(writer.buffer().is_empty());
    /// assert_eq!(peer.read(&mut [0; 16]).await?, 5);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`Stream::write`]. What has not been sent is in the buffer still.
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// It can be dropped at any time; nothing is lost or sent twice.
    pub async fn flush<S>(&mut self) -> io::Result<()>
    where
        W: AsRef<Stream<S>>,
        S: StreamSocket,
    {
        while !self.buffer().is_empty() {
            self.sent += self.inner.as_ref().write(&self.buffer[self.sent..]).await?;
        }
        self.buffer.clear();
        self.sent = 0;
        Ok(())
    }

    /// Sends what is in the buffer, and ends the stream that the peer reads.
    ///
    /// ```
    /// # use epore::net::{TcpListener, TcpStream};
    /// # use epore::io::BufWriter;
    /// # epore::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// # let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (peer, _) = listener.accept().await?;
    /// let mut writer = BufWriter::new(stream);
    /// writer.write_all(b"hello").await?;
    /// writer.shutdown().await?;
    /// assert_eq!(peer.read_to_end(&mut Vec::new()).await?, 5);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`flush`](BufWriter::flush) and of [`Stream::shutdown`].
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// It can be dropped at any time; nothing is lost or sent twice.
    pub async fn shutdown<S>(&mut self) -> io::Result<()>
    where
        W: AsRef<Stream<S>>,
        S: StreamSocket,
    {
        self.flush().await?;
        self.inner.as_ref().shutdown().await
    }
}
