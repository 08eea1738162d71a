//! Several datagrams in one system call.

use std::io;
use std::mem::{MaybeUninit, zeroed};
use std::net::SocketAddr;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr;

use libc::{c_int, c_uint, cmsghdr, iovec, mmsghdr, msghdr};

use super::address::Address;
use super::result::check;

/// How many datagrams one system call takes or gives at most. What they share is the entry into the kernel; on loopback 16
/// of them have saved all that there is to save of it, a fifth of their time. 64 is room for a kernel that is faster at the
/// rest. More would only let one task keep the others waiting for longer, and take more than these 22 KiB of stack.
pub(in crate::net) const MAX_BATCH: usize = 64;

/// Room for control data, in words of 8 bytes: a segment size, and what options set behind our back may add to it, as
/// time stamps.
const CONTROL_WORDS: usize = 16;

/// A datagram that was received.
#[derive(Clone, Copy, Debug)]
pub(in crate::net) struct Arrival {
    pub from: SocketAddr,
    pub len: usize,
    /// If the kernel has put several datagrams together: how long each but the last is.
    pub segment: Option<usize>,
    pub truncated: bool,
}

/// Receives one datagram into each buffer, up to [`MAX_BATCH`], and pushes what it learns of them.
pub(in crate::net) fn recv_batch<'a>(
    socket: BorrowedFd<'_>,
    buffers: impl Iterator<Item = &'a mut [u8]>,
    arrivals: &mut Vec<Arrival>,
) -> io::Result<usize> {
    let mut parts = [const { MaybeUninit::<Incoming>::uninit() }; MAX_BATCH];
    let mut headers = [const { MaybeUninit::<mmsghdr>::uninit() }; MAX_BATCH];
    let mut count = 0;
    for ((buffer, parts), header) in buffers.zip(&mut parts).zip(&mut headers) {
        header.write(parts.write(Incoming::new(buffer)).header());
        count += 1;
    }
    // SAFETY: the first `count` headers are initialized, and point to live parts, which point to live buffers. The kernel
    // writes to them no more than they have room for.
    let received =
        check(unsafe { libc::recvmmsg(socket.as_raw_fd(), headers.as_mut_ptr().cast(), count, 0, ptr::null_mut()) })?
            as usize;
    for (header, parts) in headers.iter().zip(&parts).take(received) {
        // SAFETY: no more were received than the `count` that were initialized above.
        let (header, parts) = unsafe { (header.assume_init_ref(), parts.assume_init_ref()) };
        arrivals.push(parts.arrival(header)?);
    }
    Ok(received)
}

/// Sends datagrams, up to [`MAX_BATCH`], and says how many. Each is its data, where it goes if not to the peer that the
/// socket is connected to, and the size of the segments that it is to be cut into.
pub(in crate::net) fn send_batch<'a>(
    socket: BorrowedFd<'_>,
    datagrams: impl Iterator<Item = (&'a [u8], Option<SocketAddr>, Option<u16>)>,
) -> io::Result<usize> {
    let mut parts = [const { MaybeUninit::<Outgoing>::uninit() }; MAX_BATCH];
    let mut headers = [const { MaybeUninit::<mmsghdr>::uninit() }; MAX_BATCH];
    let mut count = 0;
    for (((data, to, segment), parts), header) in datagrams.zip(&mut parts).zip(&mut headers) {
        header.write(parts.write(Outgoing::new(data, to, segment)).header());
        count += 1;
    }
    let flags = libc::MSG_NOSIGNAL;
    // SAFETY: the first `count` headers are initialized, and point to live parts, which point to live data. The kernel
    // writes only to the headers.
    let sent = check(unsafe { libc::sendmmsg(socket.as_raw_fd(), headers.as_mut_ptr().cast(), count, flags as _) })?;
    Ok(sent as usize)
}

/// What the header of a datagram to receive points to.
struct Incoming {
    from: Address,
    buffer: iovec,
    /// Written by the kernel alone, as far as it says.
    control: MaybeUninit<[u64; CONTROL_WORDS]>,
}

impl Incoming {
    fn new(buffer: &mut [u8]) -> Incoming {
        let buffer = iovec { iov_base: buffer.as_mut_ptr().cast(), iov_len: buffer.len() };
        Incoming { from: Address::room(), buffer, control: MaybeUninit::uninit() }
    }

    fn header(&mut self) -> mmsghdr {
        let mut message = empty_message();
        message.msg_name = (&raw mut self.from.storage).cast();
        message.msg_namelen = self.from.len;
        message.msg_iov = &raw mut self.buffer;
        message.msg_iovlen = 1;
        message.msg_control = self.control.as_mut_ptr().cast();
        message.msg_controllen = size_of_val(&self.control) as _;
        mmsghdr { msg_hdr: message, msg_len: 0 }
    }

    fn arrival(&self, header: &mmsghdr) -> io::Result<Arrival> {
        Ok(Arrival {
            from: SocketAddr::try_from(&self.from)?,
            len: header.msg_len as usize,
            segment: segment_size(&header.msg_hdr),
            truncated: header.msg_hdr.msg_flags & (libc::MSG_TRUNC | libc::MSG_CTRUNC) != 0,
        })
    }
}

/// How long a control message with an integer is.
// SAFETY: the call only does sums.
const GRO_LEN: usize = unsafe { libc::CMSG_LEN(size_of::<c_int>() as c_uint) } as usize;

/// The segment size among the control data of a message that the kernel has filled in, see udp(7).
fn segment_size(message: &msghdr) -> Option<usize> {
    // SAFETY: the message points to its control data, of which the kernel has said how much there is.
    let mut next = unsafe { libc::CMSG_FIRSTHDR(message) };
    while !next.is_null() {
        // SAFETY: what is not null is the header of a control message inside of that data, and aligned as cmsg(3) says.
        let header = unsafe { next.read() };
        if (header.cmsg_level, header.cmsg_type, header.cmsg_len as usize) == (libc::SOL_UDP, libc::UDP_GRO, GRO_LEN) {
            // SAFETY: the header says that an integer follows it, whole.
            let size = unsafe { libc::CMSG_DATA(next).cast::<c_int>().read_unaligned() };
            return usize::try_from(size).ok().filter(|&size| size > 0);
        }
        // SAFETY: as for the first one.
        next = unsafe { libc::CMSG_NXTHDR(message, next) };
    }
    None
}

/// What the header of a datagram to send points to.
struct Outgoing {
    to: Option<Address>,
    data: iovec,
    segment: Option<SegmentControl>,
}

/// The control message that says into segments of what size a datagram is to be cut, see udp(7).
#[repr(C)]
struct SegmentControl {
    header: cmsghdr,
    size: u16,
    /// A field, since the kernel copies these bytes too, and must not be given what was in memory before.
    padding: [u8; CONTROL_PADDING],
}

// SAFETY: the calls only do sums.
const CONTROL_LEN: usize = unsafe { libc::CMSG_LEN(size_of::<u16>() as c_uint) } as usize;
// SAFETY: as above.
const CONTROL_SPACE: usize = unsafe { libc::CMSG_SPACE(size_of::<u16>() as c_uint) } as usize;
const CONTROL_PADDING: usize = CONTROL_SPACE - CONTROL_LEN;
const _: () = assert!(size_of::<SegmentControl>() == CONTROL_SPACE, "laid out as cmsg(3) says");
const _: () = assert!(
    size_of::<SegmentControl>() == size_of::<cmsghdr>() + size_of::<u16>() + CONTROL_PADDING,
    "the compiler adds no padding, which would be sent uninitialized"
);

impl SegmentControl {
    fn new(size: u16) -> SegmentControl {
        // SAFETY: all zeros is a valid value of a C structure of integers.
        let mut header: cmsghdr = unsafe { zeroed() };
        header.cmsg_level = libc::SOL_UDP;
        header.cmsg_type = libc::UDP_SEGMENT;
        header.cmsg_len = CONTROL_LEN as _;
        SegmentControl { header, size, padding: [0; CONTROL_PADDING] }
    }
}

impl Outgoing {
    fn new(data: &[u8], to: Option<SocketAddr>, segment: Option<u16>) -> Outgoing {
        // The kernel only reads through this pointer.
        let data = iovec { iov_base: data.as_ptr().cast_mut().cast(), iov_len: data.len() };
        Outgoing { to: to.map(Address::from), data, segment: segment.map(SegmentControl::new) }
    }

    fn header(&mut self) -> mmsghdr {
        let mut message = empty_message();
        if let Some(to) = &mut self.to {
            message.msg_name = (&raw mut to.storage).cast();
            message.msg_namelen = to.len;
        }
        message.msg_iov = &raw mut self.data;
        message.msg_iovlen = 1;
        if let Some(segment) = &mut self.segment {
            message.msg_control = (&raw mut *segment).cast();
            message.msg_controllen = size_of::<SegmentControl>() as _;
        }
        mmsghdr { msg_hdr: message, msg_len: 0 }
    }
}

/// A message with no name, no buffers and no control data.
fn empty_message() -> msghdr {
    // SAFETY: all zeros is a valid value of this C structure of integers and pointers.
    unsafe { zeroed() }
}
