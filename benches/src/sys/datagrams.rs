use std::io;
use std::mem;
use std::net::UdpSocket;
use std::os::fd::AsRawFd;
use std::ptr;

/// Buffers of datagrams, as sendmmsg(2) and recvmmsg(2) want them.
pub struct Batch {
    buffers: Vec<Vec<u8>>,
    /// Each points to the buffer at its place, whose memory stays where it is.
    pieces: Vec<libc::iovec>,
    /// Each points to the piece at its place.
    headers: Vec<libc::mmsghdr>,
}

impl Batch {
    /// Room for `count` datagrams of `size` bytes.
    pub fn new(count: usize, size: usize) -> Batch {
        let mut buffers = vec![vec![0; size]; count];
        let piece = |buffer: &mut Vec<u8>| libc::iovec { iov_base: buffer.as_mut_ptr().cast(), iov_len: size };
        let mut pieces: Vec<libc::iovec> = buffers.iter_mut().map(piece).collect();
        let header = |piece: &mut libc::iovec| {
            // SAFETY: a header of zeros has no name, no pieces and no control data, and is valid.
            let mut header: libc::mmsghdr = unsafe { mem::zeroed() };
            header.msg_hdr.msg_iov = piece;
            header.msg_hdr.msg_iovlen = 1;
            header
        };
        let headers = pieces.iter_mut().map(header).collect();
        Batch { buffers, pieces, headers }
    }

    /// The buffers, whose length stays.
    pub fn buffers(&mut self) -> impl Iterator<Item = &mut [u8]> {
        self.buffers.iter_mut().map(Vec::as_mut_slice)
    }

    /// What the first `count` have received.
    pub fn received(&self, count: usize) -> impl Iterator<Item = &[u8]> {
        let lengths = self.headers.iter().map(|header| header.msg_len as usize);
        self.buffers.iter().zip(lengths).take(count).map(|(buffer, length)| &buffer[..length])
    }
}

/// Sends all of a batch to where the socket is connected.
pub fn send_batch(socket: &UdpSocket, batch: &mut Batch) {
    let count = batch.pieces.len() as u32;
    // SAFETY: the headers are that many, and all that they point to is there.
    let sent = unsafe { libc::sendmmsg(socket.as_raw_fd(), batch.headers.as_mut_ptr(), count, 0) };
    assert_eq!(sent, count as i32, "sendmmsg: {}", io::Error::last_os_error());
}

/// Receives what is there. Returns how many datagrams that is.
pub fn receive_batch(socket: &UdpSocket, batch: &mut Batch) -> usize {
    let (headers, count) = (batch.headers.as_mut_ptr(), batch.headers.len() as u32);
    // SAFETY: as above, and the buffers are writable.
    let received = unsafe { libc::recvmmsg(socket.as_raw_fd(), headers, count, libc::MSG_DONTWAIT, ptr::null_mut()) };
    assert!(received >= 0, "recvmmsg: {}", io::Error::last_os_error());
    received as usize
}

/// Lets the kernel cut what is sent into datagrams of so many bytes.
pub fn cut(socket: &UdpSocket, size: usize) {
    set(socket, libc::UDP_SEGMENT, size as i32);
}

/// Lets the kernel give datagrams that have come together in one piece.
pub fn gather(socket: &UdpSocket) {
    set(socket, libc::UDP_GRO, 1);
}

fn set(socket: &UdpSocket, option: i32, value: i32) {
    let (fd, length) = (socket.as_raw_fd(), mem::size_of_val(&value) as u32);
    // SAFETY: the value is valid for the call and as long as is said.
    let result = unsafe { libc::setsockopt(fd, libc::SOL_UDP, option, (&raw const value).cast(), length) };
    assert_eq!(result, 0, "setsockopt: {}", io::Error::last_os_error());
}
