#![forbid(unsafe_code)]

use std::io::{self, IoSliceMut};
use std::mem::MaybeUninit;
use std::task::{Context, Poll};

use super::{Stream, StreamSocket};
use crate::executor::Direction;
use crate::net::sys;

/// How much room [`Stream::read_to_end`] makes when there is none: a few packets.
const READ_TO_END_STEP: usize = 8 * 1024;

/// Reading.
impl<S: StreamSocket> Stream<S> {
    /// Reads what is there, at least one byte, into `buffer`, and says how many bytes that were. 0 is the end of the
    /// stream, or an empty buffer.
    ///
    /// ```
    /// # use epore::net::{TcpListener, TcpStream};
    /// # epore::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// # let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (peer, _) = listener.accept().await?;
    /// peer.write_all(b"hello").await?;
    /// let mut buffer = [0; 1024];
    /// let count = stream.read(&mut buffer).await?;
    /// assert_eq!(&buffer[..count], b"hello");
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of recv(2), as [`ConnectionReset`](io::ErrorKind::ConnectionReset).
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// It can be dropped at any time; no byte is lost.
    pub fn read(&self, buffer: &mut [u8]) -> impl Future<Output = io::Result<usize>> {
        self.source.receive(buffer.len(), |socket| sys::recv_stream(socket.as_fd(), S::HAS_CONTROL, buffer))
    }

    /// Reads into several buffers, one after another. Otherwise as [`read`](Stream::read).
    ///
    /// ```
    /// # epore::block_on(async {
    /// # let (stream, peer) = epore::net::UnixStream::pair()?;
    /// use std::io::IoSliceMut;
    ///
    /// peer.write_all(b"headbody").await?;
    /// let (mut head, mut body) = ([0; 4], [0; 16]);
    /// let buffers = &mut [IoSliceMut::new(&mut head), IoSliceMut::new(&mut body)];
    /// assert_eq!(stream.read_vectored(buffers).await?, 8);
    /// assert_eq!((&head, &body[..4]), (b"head", &b"body"[..]));
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of recvmsg(2).
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// It can be dropped at any time; no byte is lost.
    pub fn read_vectored(&self, buffers: &mut [IoSliceMut<'_>]) -> impl Future<Output = io::Result<usize>> {
        let buffers = first(buffers);
        self.source.receive(total(buffers), |socket| sys::recv_vectored(socket.as_fd(), buffers))
    }

    /// Fills `buffer`, and says how many bytes it holds, which is its length.
    ///
    /// ```
    /// # use epore::net::{TcpListener, TcpStream};
    /// # epore::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// # let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (peer, _) = listener.accept().await?;
    /// peer.write_all(b"length: 5").await?;
    /// let mut header = [0; 8];
    /// stream.read_exact(&mut header).await?;
    /// assert_eq!(&header, b"length: ");
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// [`UnexpectedEof`](io::ErrorKind::UnexpectedEof) if the stream ends before, with the number of bytes that came; they
    /// are in the buffer. Otherwise those of [`read`](Stream::read).
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// Dropped before it is ready, it may have read a part, which is in the buffer; how much is not known.
    pub async fn read_exact(&self, buffer: &mut [u8]) -> io::Result<usize> {
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
    /// # epore::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// # let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (peer, _) = listener.accept().await?;
    /// peer.write_all(b"hello").await?;
    /// drop(peer);
    /// let mut text = Vec::new();
    /// assert_eq!(stream.read_to_end(&mut text).await?, 5);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`read`](Stream::read). What came before is in the buffer.
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// It can be dropped at any time; what has been read is in the buffer.
    pub async fn read_to_end(&self, buffer: &mut Vec<u8>) -> io::Result<usize> {
        let before = buffer.len();
        loop {
            if buffer.capacity() == buffer.len() {
                buffer.reserve(READ_TO_END_STEP);
            }
            let room = buffer.capacity() - buffer.len();
            let read = self.source.receive(room, |socket| sys::recv_into(socket.as_fd(), S::HAS_CONTROL, buffer));
            let count = read.await?;
            if count == 0 {
                return Ok(buffer.len() - before);
            }
        }
    }

    /// Reads without taking: the next read brings the same bytes. Otherwise as [`read`](Stream::read).
    ///
    /// ```
    /// # use epore::net::{TcpListener, TcpStream};
    /// # epore::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// # let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (peer, _) = listener.accept().await?;
    /// peer.write_all(b"hello").await?;
    /// let mut first = [0; 1];
    /// stream.peek(&mut first).await?;
    /// let mut text = [0; 5];
    /// stream.read_exact(&mut text).await?;
    /// assert_eq!((first[0], &text), (b'h', b"hello"));
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of recv(2).
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// It can be dropped at any time.
    pub async fn peek(&self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        self.source.io(Direction::Read, |socket| sys::peek(socket.as_fd(), buffer)).await
    }

    /// Waits until a read is worth trying. It may still say [`WouldBlock`](io::ErrorKind::WouldBlock).
    ///
    /// ```
    /// # use epore::net::{TcpListener, TcpStream};
    /// # epore::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// # let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (peer, _) = listener.accept().await?;
    /// # peer.write_all(b"hello").await?;
    /// let mut buffer = [0; 1024];
    /// let count = loop {
    ///     stream.readable().await?;
    ///     match stream.try_read(&mut buffer) {
    ///         Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => continue,
    ///         result => break result?,
    ///     }
    /// };
    /// assert_eq!(&buffer[..count], b"hello");
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of epoll_ctl(2).
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// It can be dropped at any time.
    pub fn readable(&self) -> impl Future<Output = io::Result<()>> {
        self.source.ready(Direction::Read)
    }

    /// Reads what is there now, and says how many bytes that were. Otherwise as [`read`](Stream::read).
    ///
    /// ```
    /// # use epore::net::{TcpListener, TcpStream};
    /// # epore::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// # let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (peer, _) = listener.accept().await?;
    /// let error = stream.try_read(&mut [0; 16]).unwrap_err();
    /// assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock);
    /// # drop(peer);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) if nothing is; otherwise those of [`read`](Stream::read).
    pub fn try_read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.source.try_receive(buffer.len(), |socket| sys::recv_stream(socket.as_fd(), S::HAS_CONTROL, buffer))
    }

    /// Reads what is there now into several buffers, one after another, and says how many bytes that were.
    ///
    /// ```
    /// # epore::block_on(async {
    /// # let (stream, peer) = epore::net::UnixStream::pair()?;
    /// use std::io::IoSliceMut;
    ///
    /// peer.write_all(b"headbody").await?;
    /// let (mut head, mut body) = ([0; 4], [0; 16]);
    /// let count = stream.try_read_vectored(&mut [IoSliceMut::new(&mut head), IoSliceMut::new(&mut body)])?;
    /// assert_eq!((&head, count), (b"head", 8));
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// As [`try_read`](Stream::try_read).
    pub fn try_read_vectored(&self, buffers: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        let buffers = first(buffers);
        self.source.try_receive(total(buffers), |socket| sys::recv_vectored(socket.as_fd(), buffers))
    }
}

/// Reading by polling.
impl<S: StreamSocket> Stream<S> {
    /// The poll form of [`read`](Stream::read): how many bytes there were, once there are any.
    ///
    /// ```
    /// # use epore::net::{TcpListener, TcpStream};
    /// # epore::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// # let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (peer, _) = listener.accept().await?;
    /// use std::future::poll_fn;
    ///
    /// peer.write_all(b"hello").await?;
    /// let mut buffer = [0; 16];
    /// assert_eq!(poll_fn(|cx| stream.poll_read(cx, &mut buffer)).await?, 5);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`read`](Stream::read).
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// To stop polling loses no byte. The waker of the latest call that polls to read stays behind, and is woken by the
    /// next event; those of earlier calls are not.
    pub fn poll_read(&self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        self.source.poll_receive(cx, buffer.len(), |socket| sys::recv_stream(socket.as_fd(), S::HAS_CONTROL, buffer))
    }

    /// The poll form of [`read_vectored`](Stream::read_vectored): how many bytes there were, once there are any.
    ///
    /// ```
    /// # epore::block_on(async {
    /// # let (stream, peer) = epore::net::UnixStream::pair()?;
    /// use std::future::poll_fn;
    /// use std::io::IoSliceMut;
    ///
    /// peer.write_all(b"headbody").await?;
    /// let (mut head, mut body) = ([0; 4], [0; 16]);
    /// let buffers = &mut [IoSliceMut::new(&mut head), IoSliceMut::new(&mut body)];
    /// assert_eq!(poll_fn(|cx| stream.poll_read_vectored(cx, buffers)).await?, 8);
    /// assert_eq!(&head, b"head");
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`read_vectored`](Stream::read_vectored).
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// To stop polling loses no byte. The waker of the latest call that polls to read stays behind, and is woken by the
    /// next event; those of earlier calls are not.
    pub fn poll_read_vectored(&self, cx: &mut Context<'_>, buffers: &mut [IoSliceMut<'_>]) -> Poll<io::Result<usize>> {
        let buffers = first(buffers);
        let asked = total(buffers);
        self.source.poll_receive(cx, asked, |socket| sys::recv_vectored(socket.as_fd(), buffers))
    }

    /// As [`poll_read`](Stream::poll_read), into memory that need not be initialized. The result says how many bytes
    /// at its start now are.
    ///
    /// ```
    /// # epore::block_on(async {
    /// # let (stream, peer) = epore::net::UnixStream::pair()?;
    /// use std::future::poll_fn;
    ///
    /// peer.write_all(b"hello").await?;
    /// let mut text = Vec::with_capacity(16);
    /// let count = poll_fn(|cx| stream.poll_read_uninit(cx, text.spare_capacity_mut())).await?;
    /// // SAFETY: so many bytes have just been written behind those that were there, which are none.
    /// unsafe { text.set_len(count) };
    /// assert_eq!(text, b"hello");
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`read`](Stream::read).
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// To stop polling loses no byte. The waker of the latest call that polls to read stays behind, and is woken by the
    /// next event; those of earlier calls are not.
    pub fn poll_read_uninit(&self, cx: &mut Context<'_>, buffer: &mut [MaybeUninit<u8>]) -> Poll<io::Result<usize>> {
        self.source.poll_receive(cx, buffer.len(), |socket| sys::recv_uninit(socket.as_fd(), S::HAS_CONTROL, buffer))
    }
}

/// As many of the buffers as one system call takes. Or else a full transfer would be taken for a short one.
fn first<'a, 'b>(buffers: &'a mut [IoSliceMut<'b>]) -> &'a mut [IoSliceMut<'b>] {
    let count = buffers.len().min(sys::MAX_BUFFERS);
    &mut buffers[..count]
}

fn total(buffers: &[IoSliceMut<'_>]) -> usize {
    buffers.iter().map(|buffer| buffer.len()).sum()
}
