#![forbid(unsafe_code)]

use std::io;

use super::BufReader;
use crate::net::Stream;
use crate::net::stream::StreamSocket;

/// The lines of a stream. Made by [`BufReader::lines`].
///
/// ```
/// # use epore::net::{TcpListener, TcpStream};
/// # use epore::io::BufReader;
/// # epore::block_on(async {
/// # let listener = TcpListener::bind("127.0.0.1:0").await?;
/// # let stream = TcpStream::connect(listener.local_addr()?).await?;
/// # let (peer, _) = listener.accept().await?;
/// peer.write_all(b"hello\n").await?;
/// let mut lines = BufReader::new(stream).lines();
/// assert_eq!(lines.next_line().await?.as_deref(), Some("hello"));
/// # Ok::<(), std::io::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug)]
pub struct Lines<B> {
    reader: B,
}

impl<R> Lines<BufReader<R>> {
    pub(super) fn new(reader: BufReader<R>) -> Lines<BufReader<R>> {
        Lines { reader }
    }

    /// Reads the next line, without the `\n` or `\r\n` that ends it. `None` is the end of the stream. What stands between
    /// the last `\n` and the end is a line too.
    ///
    /// ```
    /// # use epore::net::{TcpListener, TcpStream};
    /// # epore::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// # let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (peer, _) = listener.accept().await?;
    /// peer.write_all(b"one\r\ntwo\n").await?;
    /// # peer.shutdown().await?;
    /// let mut lines = epore::io::BufReader::new(stream).lines();
    /// let mut heard = Vec::new();
    /// while let Some(line) = lines.next_line().await? {
    ///     heard.push(line);
    /// }
    /// assert_eq!(heard, ["one", "two"]);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// As [`BufReader::read_line`].
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// It can be dropped at any time; no byte is lost. The part of a line that has come is still in the reader.
    pub async fn next_line<S>(&mut self) -> io::Result<Option<String>>
    where
        R: AsRef<Stream<S>>,
        S: StreamSocket,
    {
        let mut line = String::new();
        if self.reader.read_line(&mut line).await? == 0 {
            return Ok(None);
        }
        if line.ends_with('\n') {
            line.pop();
            if line.ends_with('\r') {
                line.pop();
            }
        }
        Ok(Some(line))
    }

    /// What the lines are read from.
    ///
    /// ```
    /// # use epore::{io::BufReader, net::UnixStream};
    /// # epore::block_on(async {
    /// # let (stream, peer) = UnixStream::pair()?;
    /// peer.write_all(b"one\ntwo\n").await?;
    /// let mut lines = BufReader::new(stream).lines();
    /// lines.next_line().await?;
    /// assert_eq!(lines.get_ref().buffer(), b"two\n");
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn get_ref(&self) -> &BufReader<R> {
        &self.reader
    }

    /// What the lines are read from, to read it otherwise.
    ///
    /// ```
    /// # use epore::{io::BufReader, net::UnixStream};
    /// # epore::block_on(async {
    /// # let (stream, peer) = UnixStream::pair()?;
    /// peer.write_all(b"length: 5\nhello\n").await?;
    /// let mut lines = BufReader::new(stream).lines();
    /// lines.next_line().await?;
    /// lines.get_mut().read_exact(&mut [0; 5]).await?;
    /// assert_eq!(lines.next_line().await?.as_deref(), Some(""));
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn get_mut(&mut self) -> &mut BufReader<R> {
        &mut self.reader
    }

    /// Gives back what the lines are read from. Nothing that it holds is lost.
    ///
    /// ```
    /// # use epore::net::{TcpListener, TcpStream};
    /// # use epore::io::BufReader;
    /// # epore::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// # let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (peer, _) = listener.accept().await?;
    /// peer.write_all(b"length: 5\nhello").await?;
    /// let mut lines = BufReader::new(stream).lines();
    /// assert_eq!(lines.next_line().await?.as_deref(), Some("length: 5"));
    /// lines.into_inner().read_exact(&mut [0; 5]).await?;
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn into_inner(self) -> BufReader<R> {
        self.reader
    }
}
