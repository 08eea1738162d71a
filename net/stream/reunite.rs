#![forbid(unsafe_code)]

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use super::{OwnedReadHalf, OwnedWriteHalf, Stream, StreamSocket};

impl<S: StreamSocket> OwnedReadHalf<S> {
    /// Puts the halves of one stream together again.
    ///
    /// ```
    /// # epore::block_on(async {
    /// # let (stream, peer) = epore::net::UnixStream::pair()?;
    /// let (other_reader, _) = peer.into_split();
    /// let (reader, writer) = stream.into_split();
    /// let error = other_reader.reunite(writer).unwrap_err();   // both halves are in it
    /// let stream = reader.reunite(error.1).expect("halves of one stream");
    /// assert!(stream.take_error()?.is_none());
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// [`ReuniteError`], with both halves in it, if they are not of one stream.
    pub fn reunite(self, other: OwnedWriteHalf<S>) -> Result<Stream<S>, ReuniteError<S>> {
        if !Arc::ptr_eq(&self.stream, &other.stream.stream) {
            return Err(ReuniteError(self, other));
        }
        other.forget();
        match Arc::try_unwrap(self.stream) {
            Ok(stream) => Ok(stream),
            Err(_) => unreachable!("a stream has two halves, and both were here"),
        }
    }
}

impl<S: StreamSocket> OwnedWriteHalf<S> {
    /// Puts the halves of one stream together again. Otherwise as [`OwnedReadHalf::reunite`].
    ///
    /// ```
    /// # epore::block_on(async {
    /// # let (stream, peer) = epore::net::UnixStream::pair()?;
    /// let (reader, writer) = stream.into_split();
    /// let stream = writer.reunite(reader).expect("halves of one stream");
    /// stream.write_all(b"hello").await?;   // nothing was shut down
    /// assert_eq!(peer.read(&mut [0; 16]).await?, 5);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// [`ReuniteError`], with both halves in it, if they are not of one stream.
    pub fn reunite(self, other: OwnedReadHalf<S>) -> Result<Stream<S>, ReuniteError<S>> {
        other.reunite(self)
    }
}

/// The halves are not of one stream. They are in the error.
///
/// ```
/// # epore::block_on(async {
/// # let (stream, peer) = epore::net::UnixStream::pair()?;
/// let (reader, _) = stream.into_split();
/// let (_, writer) = peer.into_split();
/// let error = reader.reunite(writer).unwrap_err();
/// assert_eq!(error.to_string(), "the two halves are not of one stream");
/// let (_reader, _writer) = (error.0, error.1);
/// # Ok::<(), std::io::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug)]
pub struct ReuniteError<S: StreamSocket>(pub OwnedReadHalf<S>, pub OwnedWriteHalf<S>);

impl<S: StreamSocket> fmt::Display for ReuniteError<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the two halves are not of one stream")
    }
}

impl<S: StreamSocket> Error for ReuniteError<S> {}
