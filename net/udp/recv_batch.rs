#![forbid(unsafe_code)]

use std::io;
use std::iter;
use std::os::fd::AsFd;
use std::slice;
use std::task::{Context, Poll};

use super::{Received, UdpSocket};
use crate::net::sys::{self, Arrival};

/// The most bytes that a datagram can have, by the 16 bits of its length in the header: RFC 768.
const MAX_SIZE: usize = u16::MAX as usize;

/// Receiving batches.
impl UdpSocket {
    /// Receives the datagrams that are there in one system call, at least one and at most one for each slot of `batch`, and
    /// says how many. What was in `batch` before is gone, whatever comes of the call.
    ///
    /// A batch counts as one operation for the budget by which a task [yields](crate::net#fairness). One that is not full
    /// has emptied the socket, so the next call waits without another try.
    ///
    /// ```
    /// # use epore::net::UdpSocket;
    /// # epore::block_on(async {
    /// # let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// # let peer = UdpSocket::bind("127.0.0.1:0").await?;
    /// # socket.connect(peer.local_addr()?).await?;
    /// # peer.connect(socket.local_addr()?).await?;
    /// # for data in [b"one", b"two"] {
    /// #     peer.send(data).await?;
    /// # }
    /// use epore::net::udp::RecvBatch;
    ///
    /// let mut batch = RecvBatch::new(64, 1500);
    /// let count = socket.recv_batch(&mut batch).await?;
    /// for datagram in &batch {
    ///     println!("{} bytes from {}", datagram.data().len(), datagram.from());
    /// }
    /// assert_eq!(count, 2);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of recvmmsg(2). On a connected socket also the
    /// [errors of datagrams sent before](UdpSocket#errors-of-datagrams-sent-before). What has been received before an error
    /// is given first, and the error by the next call.
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// It can be dropped at any time; no datagram is lost.
    pub fn recv_batch(&self, batch: &mut RecvBatch) -> impl Future<Output = io::Result<usize>> {
        batch.arrivals.clear();
        self.source.receive(batch.slots, |socket| batch.fill(socket).map(sys::Received::from))
    }

    /// The poll form of [`recv_batch`](UdpSocket::recv_batch): how many datagrams are in `batch`. Each call empties it
    /// first.
    ///
    /// ```
    /// # use epore::net::UdpSocket;
    /// # epore::block_on(async {
    /// # let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// # let peer = UdpSocket::bind("127.0.0.1:0").await?;
    /// # socket.connect(peer.local_addr()?).await?;
    /// # peer.connect(socket.local_addr()?).await?;
    /// use std::future::poll_fn;
    /// use epore::net::udp::RecvBatch;
    ///
    /// peer.send(b"hello").await?;
    /// let mut batch = RecvBatch::new(64, 1500);
    /// assert_eq!(poll_fn(|cx| socket.poll_recv_batch(cx, &mut batch)).await?, 1);
    /// assert_eq!(batch.iter().next().unwrap().data(), b"hello");
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// As [`recv_batch`](UdpSocket::recv_batch).
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// To stop polling loses no datagram. The waker of the latest call that polls to receive or to peek stays behind,
    /// and is woken by the next event; those of earlier calls are not.
    pub fn poll_recv_batch(&self, cx: &mut Context<'_>, batch: &mut RecvBatch) -> Poll<io::Result<usize>> {
        batch.arrivals.clear();
        self.source.poll_receive(cx, batch.slots, |socket| batch.fill(socket).map(sys::Received::from))
    }

    /// Receives the datagrams that are there now. Otherwise as [`recv_batch`](UdpSocket::recv_batch).
    ///
    /// ```
    /// # use epore::net::UdpSocket;
    /// # epore::block_on(async {
    /// # let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// # let peer = UdpSocket::bind("127.0.0.1:0").await?;
    /// # socket.connect(peer.local_addr()?).await?;
    /// # peer.connect(socket.local_addr()?).await?;
    /// use epore::net::udp::RecvBatch;
    ///
    /// let mut batch = RecvBatch::new(64, 1500);
    /// let error = socket.try_recv_batch(&mut batch).unwrap_err();
    /// assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock);
    /// peer.send(b"hello").await?;
    /// assert_eq!(socket.try_recv_batch(&mut batch)?, 1);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) if none is; otherwise those of [`recv_batch`](UdpSocket::recv_batch).
    pub fn try_recv_batch(&self, batch: &mut RecvBatch) -> io::Result<usize> {
        batch.arrivals.clear();
        self.source.try_receive(batch.slots, |socket| batch.fill(socket).map(sys::Received::from))
    }
}

/// Room for datagrams that are received together by [`recv_batch`](UdpSocket::recv_batch), and what was received last.
///
/// It is made once and used again and again: receiving allocates nothing.
///
/// ```
/// # use epore::net::UdpSocket;
/// # epore::block_on(async {
/// # let socket = UdpSocket::bind("127.0.0.1:0").await?;
/// # let peer = UdpSocket::bind("127.0.0.1:0").await?;
/// # socket.connect(peer.local_addr()?).await?;
/// # peer.connect(socket.local_addr()?).await?;
/// use epore::net::udp::RecvBatch;
///
/// let mut batch = RecvBatch::new(64, 1500);
/// for number in 0..3 {
///     peer.send(&[number]).await?;
///     socket.recv_batch(&mut batch).await?;
///     assert_eq!(batch.iter().next().unwrap().data(), [number]);
/// }
/// # Ok::<(), std::io::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug)]
pub struct RecvBatch {
    slots: usize,
    /// How many bytes each slot has.
    size: usize,
    /// The slots, one after another.
    bytes: Box<[u8]>,
    /// What is in the first slots. It has the capacity for all.
    arrivals: Vec<Arrival>,
}

impl RecvBatch {
    /// The most slots that there may be: one system call fills no more.
    pub const MAX_SLOTS: usize = sys::MAX_BATCH;

    /// Room for `slots` datagrams of up to `size` bytes each. What is longer is truncated.
    ///
    /// For a socket that [gathers datagrams](UdpSocket::set_gro) `size` should be 65,535, or else whole datagrams may be
    /// cut off.
    ///
    /// ```
    /// # use epore::net::UdpSocket;
    /// # epore::block_on(async {
    /// # let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// # let peer = UdpSocket::bind("127.0.0.1:0").await?;
    /// # socket.connect(peer.local_addr()?).await?;
    /// # peer.connect(socket.local_addr()?).await?;
    /// # peer.send(b"hello").await?;
    /// # peer.send(b"two").await?;
    /// use epore::net::udp::RecvBatch;
    ///
    /// let mut batch = RecvBatch::new(1, 3);   // one datagram of three bytes
    /// assert_eq!(socket.recv_batch(&mut batch).await?, 1);
    /// assert_eq!(batch.iter().next().unwrap().data(), b"hel");   // the rest is lost
    /// assert_eq!(socket.recv_batch(&mut batch).await?, 1);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Panics
    ///
    /// If `slots` is not from 1 to [`MAX_SLOTS`](RecvBatch::MAX_SLOTS), or `size` not from 1 to 65,535.
    #[track_caller]
    pub fn new(slots: usize, size: usize) -> RecvBatch {
        assert!(
            (1..=RecvBatch::MAX_SLOTS).contains(&slots),
            "a batch of {slots} slots: give it 1 to {}, as one system call fills no more",
            RecvBatch::MAX_SLOTS
        );
        assert!(
            (1..=MAX_SIZE).contains(&size),
            "a batch with slots of {size} bytes: give them 1 to {MAX_SIZE}, as no datagram is longer"
        );
        RecvBatch { slots, size, bytes: vec![0; slots * size].into_boxed_slice(), arrivals: Vec::with_capacity(slots) }
    }

    /// How many datagrams were received last.
    ///
    /// ```
    /// # use epore::net::UdpSocket;
    /// # use epore::net::udp::RecvBatch;
    /// # epore::block_on(async {
    /// # let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// # let peer = UdpSocket::bind("127.0.0.1:0").await?;
    /// # socket.connect(peer.local_addr()?).await?;
    /// # peer.connect(socket.local_addr()?).await?;
    /// # peer.send(b"one").await?;
    /// # peer.send(b"two").await?;
    /// let mut batch = RecvBatch::new(64, 1500);
    /// socket.recv_batch(&mut batch).await?;
    /// assert_eq!(batch.len(), 2);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn len(&self) -> usize {
        self.arrivals.len()
    }

    /// Whether none was received yet, or the last call has failed.
    ///
    /// ```
    /// # use epore::net::UdpSocket;
    /// # use epore::net::udp::RecvBatch;
    /// # epore::block_on(async {
    /// # let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// # let peer = UdpSocket::bind("127.0.0.1:0").await?;
    /// # socket.connect(peer.local_addr()?).await?;
    /// # peer.connect(socket.local_addr()?).await?;
    /// # peer.send(b"one").await?;
    /// # peer.send(b"two").await?;
    /// let mut batch = RecvBatch::new(64, 1500);
    /// socket.recv_batch(&mut batch).await?;
    /// assert!(!batch.is_empty());
    /// assert!(socket.try_recv_batch(&mut batch).is_err());
    /// assert!(batch.is_empty());   // what was there before is gone
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn is_empty(&self) -> bool {
        self.arrivals.is_empty()
    }

    /// The datagrams that were received last, in the order in which they have come.
    ///
    /// ```
    /// # use epore::net::UdpSocket;
    /// # use epore::net::udp::RecvBatch;
    /// # epore::block_on(async {
    /// # let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// # let peer = UdpSocket::bind("127.0.0.1:0").await?;
    /// # socket.connect(peer.local_addr()?).await?;
    /// # peer.connect(socket.local_addr()?).await?;
    /// # peer.send(b"one").await?;
    /// # peer.send(b"two").await?;
    /// let mut batch = RecvBatch::new(64, 1500);
    /// socket.recv_batch(&mut batch).await?;
    /// let data: Vec<&[u8]> = batch.iter().map(|datagram| datagram.data()).collect();
    /// assert_eq!(data, [b"one", b"two"]);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn iter(&self) -> Datagrams<'_> {
        Datagrams { slots: self.arrivals.iter().zip(self.bytes.chunks(self.size)) }
    }

    fn fill(&mut self, socket: &std::net::UdpSocket) -> io::Result<usize> {
        sys::recv_batch(socket.as_fd(), self.bytes.chunks_mut(self.size), &mut self.arrivals)
    }
}

impl<'a> IntoIterator for &'a RecvBatch {
    type Item = Received<'a>;
    type IntoIter = Datagrams<'a>;

    fn into_iter(self) -> Datagrams<'a> {
        self.iter()
    }
}

/// The datagrams of a [`RecvBatch`]. It knows how many are left.
///
/// ```
/// # use epore::net::UdpSocket;
/// # use epore::net::udp::RecvBatch;
/// # epore::block_on(async {
/// # let socket = UdpSocket::bind("127.0.0.1:0").await?;
/// # let peer = UdpSocket::bind("127.0.0.1:0").await?;
/// # socket.connect(peer.local_addr()?).await?;
/// # peer.connect(socket.local_addr()?).await?;
/// # peer.send(b"one").await?;
/// # peer.send(b"two").await?;
/// let mut batch = RecvBatch::new(64, 1500);
/// socket.recv_batch(&mut batch).await?;
/// let mut datagrams = batch.iter();
/// assert_eq!(datagrams.next().unwrap().data(), b"one");
/// assert_eq!(datagrams.len(), 1);
/// # Ok::<(), std::io::Error>(())
/// # }).unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct Datagrams<'a> {
    slots: iter::Zip<slice::Iter<'a, Arrival>, slice::Chunks<'a, u8>>,
}

impl<'a> Iterator for Datagrams<'a> {
    type Item = Received<'a>;

    fn next(&mut self) -> Option<Received<'a>> {
        let (arrival, slot) = self.slots.next()?;
        Some(Received::new(arrival, slot))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.slots.size_hint()
    }
}

impl ExactSizeIterator for Datagrams<'_> {}
