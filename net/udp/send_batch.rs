#![forbid(unsafe_code)]

use std::io;
use std::os::fd::AsFd;
use std::task::{Context, Poll};

use super::{Outgoing, UdpSocket};
use crate::executor::Direction;
use crate::net::sys;

/// Sending batches.
impl UdpSocket {
    /// Sends datagrams in one system call, and says how many of them: at least one if there are any, and at most 64.
    ///
    /// Those that were sent are the first of `datagrams`. Of one with a [segment size](Outgoing::segment_size) all
    /// segments are sent or none.
    ///
    /// A batch counts as one operation for the budget by which a task [yields](crate::net#fairness).
    ///
    /// ```
    /// # epore::block_on(async {
    /// # let receiver = epore::net::UdpSocket::bind("127.0.0.1:0").await?;
    /// # let socket = epore::net::UdpSocket::bind("127.0.0.1:0").await?;
    /// use epore::net::udp::Outgoing;
    ///
    /// let to = receiver.local_addr()?;
    /// let datagrams = [b"one", b"two"].map(|data| Outgoing::new(data).to(to));
    /// let mut left = &datagrams[..];
    /// while !left.is_empty() {
    ///     let sent = socket.send_batch(left).await?;
    ///     left = &left[sent..];
    /// }
    /// # let mut buffer = [0; 3];
    /// # for datagram in [b"one", b"two"] {
    /// #     receiver.recv(&mut buffer).await?;
    /// #     assert_eq!(&buffer, datagram);
    /// # }
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of sendmmsg(2), always for the first of `datagrams`: nothing was sent then. An error at a later one ends the
    /// batch there, and the next call, which begins with that one, meets it again. The exception are the [errors of
    /// datagrams sent before](UdpSocket#errors-of-datagrams-sent-before): when such an error comes while a batch is being
    /// sent, and stops it, the kernel forgets it, see BUGS in sendmmsg(2). On loopback, where the answer comes at once, that
    /// is the rule: there, who must know [`send`](UdpSocket::send)s one datagram alone, and the next call tells.
    ///
    /// For a datagram with a segment size, [`InvalidInput`](io::ErrorKind::InvalidInput) if it has too many segments, or
    /// if the kernel knows nothing of them, as before Linux 4.18; `EMSGSIZE` if it is too long; `EIO` if the network card
    /// cannot do the checksums.
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// It can be dropped at any time; nothing has been sent then.
    pub async fn send_batch(&self, datagrams: &[Outgoing<'_>]) -> io::Result<usize> {
        if datagrams.is_empty() {
            return Ok(0);
        }
        // A batch that was cut short, by its bound or an error, is no sign of a full buffer, so this is no `transfer`.
        self.source.io(Direction::Write, |socket| send(socket, datagrams)).await
    }

    /// The poll form of [`send_batch`](UdpSocket::send_batch): how many datagrams were sent.
    ///
    /// ```
    /// # use epore::net::UdpSocket;
    /// # epore::block_on(async {
    /// # let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// # let peer = UdpSocket::bind("127.0.0.1:0").await?;
    /// # socket.connect(peer.local_addr()?).await?;
    /// # peer.connect(socket.local_addr()?).await?;
    /// use std::future::poll_fn;
    /// use epore::net::udp::Outgoing;
    ///
    /// let datagrams = [Outgoing::new(b"one"), Outgoing::new(b"two")];
    /// assert_eq!(poll_fn(|cx| socket.poll_send_batch(cx, &datagrams)).await?, 2);
    /// assert_eq!(peer.recv(&mut [0; 1500]).await?, 3);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// As [`send_batch`](UdpSocket::send_batch).
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// To stop polling sends nothing. The waker of the latest call that polls to send stays behind, and is woken by the
    /// next event; those of earlier calls are not.
    pub fn poll_send_batch(&self, cx: &mut Context<'_>, datagrams: &[Outgoing<'_>]) -> Poll<io::Result<usize>> {
        if datagrams.is_empty() {
            return Poll::Ready(Ok(0));
        }
        self.source.poll(cx, Direction::Write, |socket| send(socket, datagrams))
    }

    /// Sends as many datagrams as the send buffer has room for now. Otherwise as [`send_batch`](UdpSocket::send_batch).
    ///
    /// ```
    /// # use epore::net::UdpSocket;
    /// # epore::block_on(async {
    /// # let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// # let peer = UdpSocket::bind("127.0.0.1:0").await?;
    /// # socket.connect(peer.local_addr()?).await?;
    /// # peer.connect(socket.local_addr()?).await?;
    /// use epore::net::udp::Outgoing;
    ///
    /// let datagrams = [Outgoing::new(b"one"), Outgoing::new(b"two")];
    /// assert_eq!(socket.try_send_batch(&datagrams)?, 2);
    /// assert_eq!(peer.recv(&mut [0; 1500]).await?, 3);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) if it has none; otherwise those of [`send_batch`](UdpSocket::send_batch).
    pub fn try_send_batch(&self, datagrams: &[Outgoing<'_>]) -> io::Result<usize> {
        self.source.try_io(Direction::Write, |socket| send(socket, datagrams))
    }
}

fn send(socket: &std::net::UdpSocket, datagrams: &[Outgoing<'_>]) -> io::Result<usize> {
    let [first, ..] = datagrams else { return Ok(0) };
    let each = datagrams.iter().map(|datagram| (datagram.data, datagram.to, datagram.segment));
    sys::send_batch(socket.as_fd(), each).map_err(|error| explained(error, first))
}

/// The system says "invalid argument" for everything that is wrong with segments.
#[cold]
fn explained(error: io::Error, datagram: &Outgoing<'_>) -> io::Error {
    match datagram.segment {
        Some(size) if error.raw_os_error() == Some(libc::EINVAL) => {
            let len = datagram.data.len();
            let segments = len.div_ceil(size.into());
            let message = format!(
                "cannot send {len} bytes as {segments} segments of {size}: {error}; the kernel takes 64 (128 since Linux \
                 6.9), none before Linux 4.18, and none that the MTU does not let pass"
            );
            io::Error::new(error.kind(), message)
        }
        _ => error,
    }
}
