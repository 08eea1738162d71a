#![forbid(unsafe_code)]

use std::io::{self, BufRead};

use super::BufReader;
use crate::net::Stream;
use crate::net::stream::StreamSocket;

/// Reading up to a delimiter.
impl<R> BufReader<R> {
    /// Reads up to the next `delimiter`, appends all with it to `buffer`, and says how many bytes that were. 0 is the end
    /// of the stream. What stands between the last delimiter and the end is read too.
    ///
    /// ```
    /// # use epore::net::{TcpListener, TcpStream};
    /// # epore::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// # let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (peer, _) = listener.accept().await?;
    /// peer.write_all(b"one\0two\0").await?;
    /// let mut word = Vec::new();
    /// epore::io::BufReader::new(stream).read_until(0, &mut word).await?;
    /// assert_eq!(word, b"one\0");
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`Stream::read`], and [`InvalidData`](io::ErrorKind::InvalidData) if there is a
    /// [`max_line`](BufReader::max_line) that is too small. What came is still in the reader.
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// It can be dropped at any time; no byte is lost. What has come is still in the reader, and not in `buffer`.
    pub async fn read_until<S>(&mut self, delimiter: u8, buffer: &mut Vec<u8>) -> io::Result<usize>
    where
        R: AsRef<Stream<S>>,
        S: StreamSocket,
    {
        let count = self.find_end(delimiter).await?;
        buffer.extend_from_slice(&self.buffer()[..count]);
        self.consume(count);
        Ok(count)
    }

    /// Reads a line, appends it with its `\n` to `line`, and says how many bytes that were. 0 is the end of the stream.
    /// What stands between the last `\n` and the end is a line too.
    ///
    /// ```
    /// # use epore::net::{TcpListener, TcpStream};
    /// # use epore::io::BufReader;
    /// # epore::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// # let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (peer, _) = listener.accept().await?;
    /// peer.write_all(b"one\ntwo\n").await?;
    /// let mut line = String::new();
    /// BufReader::new(stream).read_line(&mut line).await?;
    /// assert_eq!(line, "one\n");
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// - Those of [`read_until`](BufReader::read_until).
    /// - [`InvalidData`](io::ErrorKind::InvalidData) if the line is not UTF-8. The next call reads the next line. This one is
    ///   in the error, which holds a [`FromUtf8Error`](std::string::FromUtf8Error).
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// It can be dropped at any time; no byte is lost. The part of a line that has come is still in the reader, and not in
    /// `line`.
    pub async fn read_line<S>(&mut self, line: &mut String) -> io::Result<usize>
    where
        R: AsRef<Stream<S>>,
        S: StreamSocket,
    {
        let count = self.find_end(b'\n').await?;
        self.take_text(count, line)
    }

    /// Waits until the buffer holds all up to the next `delimiter`, or to the end of the stream, and says how many bytes
    /// that are.
    async fn find_end<S>(&mut self, delimiter: u8) -> io::Result<usize>
    where
        R: AsRef<Stream<S>>,
        S: StreamSocket,
    {
        let mut searched = 0;
        loop {
            let mut unsearched = &self.buffer()[searched..];
            let passed = unsearched.skip_until(delimiter)?;
            let is_found = passed > 0 && self.buffer()[searched + passed - 1] == delimiter;
            searched += passed;
            if searched > self.max_line {
                return Err(too_long(self.max_line));
            }
            if is_found || self.read_ahead().await? == 0 {
                return Ok(searched);
            }
        }
    }
}

#[cold]
fn too_long(max_line: usize) -> io::Error {
    let message = format!("a line is longer than the {max_line} bytes that it may have");
    io::Error::new(io::ErrorKind::InvalidData, message)
}
