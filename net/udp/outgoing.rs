#![forbid(unsafe_code)]

use std::net::SocketAddr;

/// A datagram to be sent with others by [`send_batch`](super::UdpSocket::send_batch), or several to be cut out of one
/// buffer.
///
/// ```
/// use epore::net::udp::Outgoing;
///
/// let data = [7; 3000];
/// let to_peer = Outgoing::new(&data[..100]);
/// let to_other = Outgoing::new(&data[..100]).to(([127, 0, 0, 1], 4433).into());
/// let three_datagrams = Outgoing::new(&data).segment_size(1200);   // of 1200, 1200 and 600 bytes
/// # let _ = [to_peer, to_other, three_datagrams];
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Outgoing<'a> {
    pub(super) data: &'a [u8],
    pub(super) to: Option<SocketAddr>,
    pub(super) segment: Option<u16>,
}

impl<'a> Outgoing<'a> {
    /// A datagram to the peer that the socket is connected to.
    pub fn new(data: &'a [u8]) -> Outgoing<'a> {
        Outgoing { data, to: None, segment: None }
    }

    /// Sends it to `addr`.
    #[must_use]
    pub fn to(self, addr: SocketAddr) -> Outgoing<'a> {
        Outgoing { to: Some(addr), ..self }
    }

    /// Lets the kernel or the network card cut the data into datagrams of `size` bytes each, and what is left as the last
    /// ("generic segmentation offload", `UDP_SEGMENT`, see udp(7)). The data passes through the system once instead of
    /// once for each datagram.
    ///
    /// The limits are those of the kernel: 64 segments, 128 since Linux 6.9; all data together as long as one datagram may
    /// be; each segment no longer than the way's MTU lets pass in one piece. Data of `size` bytes or less is one datagram
    /// as ever.
    ///
    /// # Panics
    ///
    /// If `size` is zero.
    #[must_use]
    #[track_caller]
    pub fn segment_size(self, size: u16) -> Outgoing<'a> {
        assert!(size > 0, "segments of zero bytes would be without end: give a size of at least one byte");
        Outgoing { segment: Some(size), ..self }
    }
}
