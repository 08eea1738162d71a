#![forbid(unsafe_code)]

use std::io;

use super::Lines;
use crate::net::Stream;
use crate::net::stream::StreamSocket;

/// As the buffered reader of the standard library: several packets, and many lines.
const CAPACITY: usize = 8 * 1024;

/// Reads a stream, or a half of one, by way of a buffer: so small reads cost no system call each, and it can be read line
/// by line.
///
/// ```
/// use epore::io::BufReader;
/// use epore::net::{TcpListener, TcpStream};
///
/// # epore::block_on(async {
/// # let listener = TcpListener::bind("127.0.0.1:0").await?;
/// # let client = TcpStream::connect(listener.local_addr()?).await?;
/// # client.write_all(b"Anna\nhello\n").await?;
/// let (stream, _) = listener.accept().await?;
/// let (read_half, write_half) = stream.into_split();
/// let mut reader = BufReader::new(read_half);
/// let mut name = String::new();
/// reader.read_line(&mut name).await?;
/// write_half.write_all(format!("welcome, {name}").as_bytes()).await?;
/// # let mut welcome = [0; 14];
/// # client.read_exact(&mut welcome).await?;
/// # assert_eq!(&welcome, b"welcome, Anna\n");
/// # Ok::<(), std::io::Error>(())
/// # }).unwrap();
/// ```
///
/// A line stays in the buffer until all of it is there, and then is taken as a whole: so reading a line can be given up at
/// any time, and no byte is lost. The buffer grows for a line that is longer than it. How far is up to the peer, so set
/// [`max_line`](BufReader::max_line) where you do not trust it.
///
/// Reading ahead, it takes from the stream more than it gives: read from it alone. [`buffer`](BufReader::buffer) is what
/// it holds; to [`copy`](super::copy()) the rest of a stream after its first lines, write that first, and then copy
/// [`get_ref`](BufReader::get_ref).
#[derive(Debug)]
pub struct BufReader<R> {
    inner: R,
    buffer: Vec<u8>,
    /// What is between `start` and `end` has been read from the stream, and not yet from here.
    start: usize,
    end: usize,
    pub(super) max_line: usize,
}

impl<R> BufReader<R> {
    /// A reader with a buffer of 8 KiB.
    ///
    /// ```
    /// # use epore::{io::BufReader, net::UnixStream};
    /// # epore::block_on(async {
    /// # let (stream, peer) = UnixStream::pair()?;
    /// peer.write_all(b"one\ntwo\n").await?;
    /// let mut reader = BufReader::new(stream);
    /// let mut line = String::new();
    /// reader.read_line(&mut line).await?;
    /// assert_eq!((line.as_str(), reader.buffer()), ("one\n", &b"two\n"[..]));
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn new(inner: R) -> BufReader<R> {
        BufReader::with_capacity(CAPACITY, inner)
    }

    /// A reader whose buffer holds `capacity` bytes at first.
    ///
    /// ```
    /// # use epore::{io::BufReader, net::UnixStream};
    /// # epore::block_on(async {
    /// # let (stream, peer) = UnixStream::pair()?;
    /// peer.write_all(b"hello").await?;
    /// let mut reader = BufReader::with_capacity(4, stream);
    /// assert_eq!(reader.fill_buf().await?, b"hell");
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Panics
    ///
    /// If `capacity` is 0.
    #[track_caller]
    pub fn with_capacity(capacity: usize, inner: R) -> BufReader<R> {
        assert!(
            capacity > 0,
            "a buffered reader has a capacity of 0, so it could hold nothing: give it at least a byte"
        );
        BufReader { inner, buffer: vec![0; capacity], start: 0, end: 0, max_line: usize::MAX }
    }

    /// Sets how many bytes a line may have, its end included. By default there is no limit.
    ///
    /// A longer one is an error of whatever reads up to its end. It stays in the buffer, as nobody can tell what comes after
    /// it, so the error comes again: give the stream up.
    ///
    /// ```
    /// # use epore::net::{TcpListener, TcpStream};
    /// # epore::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// # let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (peer, _) = listener.accept().await?;
    /// peer.write_all(&[b'a'; 5000]).await?;
    /// let mut lines = epore::io::BufReader::new(stream).max_line(4096).lines();
    /// let error = lines.next_line().await.unwrap_err();
    /// assert_eq!(error.to_string(), "a line is longer than the 4096 bytes that it may have");
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn max_line(mut self, bytes: usize) -> BufReader<R> {
        self.max_line = bytes;
        self
    }

    /// The lines of the stream.
    ///
    /// ```
    /// # use epore::{io::BufReader, net::UnixStream};
    /// # epore::block_on(async {
    /// # let (stream, peer) = UnixStream::pair()?;
    /// peer.write_all(b"one\ntwo\n").await?;
    /// let mut lines = BufReader::new(stream).lines();
    /// assert_eq!(lines.next_line().await?.as_deref(), Some("one"));
    /// assert_eq!(lines.next_line().await?.as_deref(), Some("two"));
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn lines(self) -> Lines<BufReader<R>> {
        Lines::new(self)
    }

    /// What has been read from the stream, and not yet from here.
    ///
    /// ```
    /// # use epore::{io::BufReader, net::UnixStream};
    /// # epore::block_on(async {
    /// # let (stream, peer) = UnixStream::pair()?;
    /// peer.write_all(b"length: 5\nhello").await?;
    /// let mut reader = BufReader::new(stream);
    /// assert!(reader.buffer().is_empty());
    /// reader.read_line(&mut String::new()).await?;
    /// assert_eq!(reader.buffer(), b"hello");
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn buffer(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// Passes over `count` bytes of the [`buffer`](BufReader::buffer).
    ///
    /// ```
    /// # use epore::{io::BufReader, net::UnixStream};
    /// # epore::block_on(async {
    /// # let (stream, peer) = UnixStream::pair()?;
    /// peer.write_all(b"  hello").await?;
    /// let mut reader = BufReader::new(stream);
    /// let blanks = reader.fill_buf().await?.iter().take_while(|byte| **byte == b' ').count();
    /// reader.consume(blanks);
    /// assert_eq!(reader.buffer(), b"hello");
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Panics
    ///
    /// If it holds fewer.
    #[track_caller]
    pub fn consume(&mut self, count: usize) {
        let held = self.buffer().len();
        assert!(
            count <= held,
            "{count} bytes were consumed of a buffer that holds {held}: consume what was read from it"
        );
        self.start += count;
    }

    /// What it reads from. To read from it directly skips what is in the [`buffer`](BufReader::buffer).
    ///
    /// ```
    /// # use epore::{io::BufReader, net::UnixStream};
    /// # epore::block_on(async {
    /// # let (stream, peer) = UnixStream::pair()?;
    /// peer.write_all(b"your name?\n").await?;
    /// let mut reader = BufReader::new(stream);
    /// reader.read_line(&mut String::new()).await?;
    /// reader.get_ref().write_all(b"Anna\n").await?;
    /// let mut name = [0; 5];
    /// peer.read_exact(&mut name).await?;
    /// assert_eq!(&name, b"Anna\n");
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn get_ref(&self) -> &R {
        &self.inner
    }

    /// As [`get_ref`](BufReader::get_ref), to change it.
    ///
    /// ```
    /// # use epore::{io::BufReader, net::UnixStream};
    /// # epore::block_on(async {
    /// # let (stream, peer) = UnixStream::pair()?;
    /// let (next, next_peer) = UnixStream::pair()?;
    /// let mut reader = BufReader::new(stream);
    /// *reader.get_mut() = next;   // what the buffer holds stays
    /// next_peer.write_all(b"hello").await?;
    /// assert_eq!(reader.fill_buf().await?, b"hello");
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn get_mut(&mut self) -> &mut R {
        &mut self.inner
    }

    /// Gives back what it reads from. What is in the [`buffer`](BufReader::buffer) is lost.
    ///
    /// ```
    /// # use epore::{io::BufReader, net::UnixStream};
    /// # epore::block_on(async {
    /// # let (stream, peer) = UnixStream::pair()?;
    /// peer.write_all(b"hello\n").await?;
    /// let mut reader = BufReader::new(stream);
    /// reader.read_line(&mut String::new()).await?;
    /// let stream = reader.into_inner();
    /// peer.write_all(b"binary").await?;
    /// assert_eq!(stream.read(&mut [0; 16]).await?, 6);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn into_inner(self) -> R {
        self.inner
    }

    /// Copies what the buffer holds.
    fn take_into(&mut self, buffer: &mut [u8]) -> usize {
        let count = self.buffer().len().min(buffer.len());
        buffer[..count].copy_from_slice(&self.buffer()[..count]);
        self.consume(count);
        count
    }

    /// Appends the first `count` bytes of the buffer to `text`. If they are none, the error holds them.
    pub(super) fn take_text(&mut self, count: usize, text: &mut String) -> io::Result<usize> {
        let bytes = &self.buffer()[..count];
        let result = str::from_utf8(bytes).map(|part| text.push_str(part));
        // Its error, unlike this one, holds the bytes.
        let result = result.or_else(|_| String::from_utf8(bytes.to_vec()).map(drop));
        self.consume(count);
        result.map(|()| count).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
    }

    /// Makes room behind what the buffer holds.
    fn make_room(&mut self) {
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.end == self.buffer.len() {
            self.buffer.resize(self.buffer.len() * 2, 0);
        }
    }
}

/// Reading. `R` is a stream, or a half of one.
impl<R> BufReader<R> {
    /// Reads what is there, at least one byte, into `buffer`, and says how many bytes that were. 0 is the end of the
    /// stream, or an empty buffer.
    ///
    /// ```
    /// # use epore::net::{TcpListener, TcpStream};
    /// # use epore::io::BufReader;
    /// # epore::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// # let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (peer, _) = listener.accept().await?;
    /// peer.write_all(b"hello").await?;
    /// let mut reader = BufReader::new(stream);
    /// let mut buffer = [0; 2];
    /// assert_eq!(reader.read(&mut buffer).await?, 2);
    /// assert_eq!((&buffer, reader.buffer()), (b"he", &b"llo"[..]));
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`Stream::read`].
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// It can be dropped at any time; no byte is lost.
    pub async fn read<S>(&mut self, buffer: &mut [u8]) -> io::Result<usize>
    where
        R: AsRef<Stream<S>>,
        S: StreamSocket,
    {
        if self.buffer().is_empty() && buffer.len() >= self.buffer.len() {
            return self.inner.as_ref().read(buffer).await;
        }
        if !buffer.is_empty() {
            self.fill_buf().await?;
        }
        Ok(self.take_into(buffer))
    }

    /// Fills `buffer`, and says how many bytes it holds, which is its length.
    ///
    /// ```
    /// # use epore::net::{TcpListener, TcpStream};
    /// # use epore::io::BufReader;
    /// # epore::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// # let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (peer, _) = listener.accept().await?;
    /// peer.write_all(b"length: 5").await?;
    /// let mut header = [0; 8];
    /// BufReader::new(stream).read_exact(&mut header).await?;
    /// assert_eq!(&header, b"length: ");
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`Stream::read_exact`].
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// Dropped before it is ready, it may have read a part, which is in the buffer; how much is not known.
    pub async fn read_exact<S>(&mut self, buffer: &mut [u8]) -> io::Result<usize>
    where
        R: AsRef<Stream<S>>,
        S: StreamSocket,
    {
        let mut filled = 0;
        while filled < buffer.len() {
            match self.read(&mut buffer[filled..]).await? {
                0 => {
                    let message = format!("the stream ended after {filled} of {} bytes", buffer.len());
                    return Err(io::Error::new(io::ErrorKind::UnexpectedEof, message));
                }
                count => filled += count,
            }
        }
        Ok(filled)
    }

    /// Reads until the end of the stream, appends to `buffer`, and says how many bytes that were.
    ///
    /// ```
    /// # use epore::net::{TcpListener, TcpStream};
    /// # use epore::io::BufReader;
    /// # epore::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// # let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (peer, _) = listener.accept().await?;
    /// peer.write_all(b"hello").await?;
    /// drop(peer);
    /// let mut bytes = Vec::new();
    /// assert_eq!(BufReader::new(stream).read_to_end(&mut bytes).await?, 5);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`Stream::read`]. What came before is in the buffer.
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// It can be dropped at any time; what has been read is in the buffer.
    pub async fn read_to_end<S>(&mut self, buffer: &mut Vec<u8>) -> io::Result<usize>
    where
        R: AsRef<Stream<S>>,
        S: StreamSocket,
    {
        let held = self.buffer().len();
        buffer.extend_from_slice(self.buffer());
        self.consume(held);
        Ok(held + self.inner.as_ref().read_to_end(buffer).await?)
    }

    /// Reads text until the end of the stream, appends it to `text`, and says how many bytes that were.
    ///
    /// ```
    /// # use epore::net::{TcpListener, TcpStream};
    /// # use epore::io::BufReader;
    /// # epore::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// # let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (peer, _) = listener.accept().await?;
    /// peer.write_all(b"hello").await?;
    /// drop(peer);
    /// let mut text = String::new();
    /// BufReader::new(stream).read_to_string(&mut text).await?;
    /// assert_eq!(text, "hello");
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// As [`read_line`](BufReader::read_line).
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// It can be dropped at any time; no byte is lost.
    pub async fn read_to_string<S>(&mut self, text: &mut String) -> io::Result<usize>
    where
        R: AsRef<Stream<S>>,
        S: StreamSocket,
    {
        while self.read_ahead().await? > 0 {}
        self.take_text(self.buffer().len(), text)
    }

    /// What is there to be read, at least one byte. Nothing is the end of the stream. [`consume`](BufReader::consume)
    /// passes over it.
    ///
    /// ```
    /// # use epore::net::{TcpListener, TcpStream};
    /// # epore::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// # let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (peer, _) = listener.accept().await?;
    /// peer.write_all(b"hello").await?;
    /// let mut reader = epore::io::BufReader::new(stream);
    /// assert_eq!(reader.fill_buf().await?[0], b'h');
    /// reader.consume(1);
    /// assert_eq!(reader.fill_buf().await?[0], b'e');
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`Stream::read`].
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// It can be dropped at any time; no byte is lost.
    pub async fn fill_buf<S>(&mut self) -> io::Result<&[u8]>
    where
        R: AsRef<Stream<S>>,
        S: StreamSocket,
    {
        if self.buffer().is_empty() {
            self.read_ahead().await?;
        }
        Ok(self.buffer())
    }

    /// Reads more into the buffer, and says how many bytes came. 0 is the end of the stream.
    pub(super) async fn read_ahead<S>(&mut self) -> io::Result<usize>
    where
        R: AsRef<Stream<S>>,
        S: StreamSocket,
    {
        self.make_room();
        let count = self.inner.as_ref().read(&mut self.buffer[self.end..]).await?;
        self.end += count;
        Ok(count)
    }
}
