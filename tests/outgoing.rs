//! `Outgoing`: a datagram to be sent with others.

#![forbid(unsafe_code)]

mod support;

use std::io::{self, ErrorKind};

use epore::net::UdpSocket;
use epore::net::udp::{Outgoing, RecvBatch};
use support::panics::panic_of;
use support::polls::run;
use support::udp::{contents, pair};

#[test]
fn segments_are_datagrams_of_their_own() -> io::Result<()> {
    run(async {
        let (one, other) = pair().await?;
        let from = one.local_addr()?;
        let datagrams = [Outgoing::new(b"onetwothree").segment_size(3), Outgoing::new(b"whole").segment_size(5)];
        assert_eq!(one.send_batch(&datagrams).await?, 2);
        let mut batch = RecvBatch::new(8, 16);
        assert_eq!(other.recv_batch(&mut batch).await?, 5);
        let expected = [&b"one"[..], b"two", b"thr", b"ee", b"whole"].map(|data| (from, data, None, false));
        assert_eq!(contents(&batch), expected);
        assert!(batch.iter().all(|each| each.segments().eq([each.data()])));
        Ok(())
    })
}

#[test]
fn the_limits_of_segments_are_those_of_the_kernel_and_errors_name_them() -> io::Result<()> {
    run(async {
        let (one, other) = pair().await?;
        let bytes = vec![7; 70_000];
        assert_eq!(one.send_batch(&[Outgoing::new(&bytes[..64_000]).segment_size(1000)]).await?, 1);
        for _ in 0..64 {
            assert_eq!(other.recv(&mut [0; 1500]).await?, 1000);
        }
        let error = one.send_batch(&[Outgoing::new(&bytes[..12_900]).segment_size(100)]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        let text = error.to_string();
        assert!(text.starts_with("cannot send 12900 bytes as 129 segments of 100: Invalid argument"), "{text}");
        let error = one.send_batch(&[Outgoing::new(&bytes).segment_size(1400)]).await.unwrap_err();
        assert_eq!(error.raw_os_error(), Some(libc::EMSGSIZE));
        assert_eq!(other.try_recv(&mut [0; 1500]).unwrap_err().kind(), ErrorKind::WouldBlock, "all segments or none");
        Ok(())
    })
}

#[test]
fn the_latest_address_and_size_count() -> io::Result<()> {
    run(async {
        let (socket, receiver) = (UdpSocket::bind("127.0.0.1:0").await?, UdpSocket::bind("127.0.0.1:0").await?);
        let (own, addr) = (socket.local_addr()?, receiver.local_addr()?);
        let datagram = Outgoing::new(b"abcd").to(own).segment_size(1).segment_size(2).to(addr);
        assert_eq!(socket.try_send_batch(&[datagram])?, 1);
        let mut batch = RecvBatch::new(4, 16);
        assert_eq!(receiver.recv_batch(&mut batch).await?, 2);
        assert_eq!(contents(&batch), [(own, &b"ab"[..], None, false), (own, b"cd", None, false)]);
        Ok(())
    })
}

#[test]
fn without_an_address_it_goes_to_the_peer_alone() -> io::Result<()> {
    run(async {
        let socket = UdpSocket::bind("127.0.0.1:0").await?;
        let error = socket.send_batch(&[Outgoing::new(b"to whom?")]).await.unwrap_err();
        assert_eq!(error.raw_os_error(), Some(libc::EDESTADDRREQ));
        let (one, other) = pair().await?;
        one.send_batch(&[Outgoing::new(b"to the peer")]).await?;
        assert_eq!(other.recv(&mut [0; 16]).await?, 11);
        Ok(())
    })
}

#[test]
fn segments_of_no_bytes_are_refused_with_a_word() {
    let zero = || {
        let _ = Outgoing::new(b"x").segment_size(0);
    };
    assert_eq!(panic_of(zero).0, "segments of zero bytes would be without end: give a size of at least one byte");
}
