//! `Received`: a datagram of a batch.

#![forbid(unsafe_code)]

mod support;

use std::io;

use epore::net::udp::{Outgoing, Received, RecvBatch};
use support::polls::run;
use support::udp::{contents, pair};

#[test]
fn what_is_longer_than_its_slot_is_truncated_and_says_so() -> io::Result<()> {
    run(async {
        let (one, other) = pair().await?;
        let from = one.local_addr()?;
        one.send_batch(&[b"fits", &b"too long"[..], b"next"].map(Outgoing::new)).await?;
        let mut batch = RecvBatch::new(3, 4);
        other.recv_batch(&mut batch).await?;
        assert_eq!(
            contents(&batch),
            [(from, &b"fits"[..], None, false), (from, b"too ", None, true), (from, b"next", None, false)]
        );
        Ok(())
    })
}

#[test]
fn datagrams_that_were_put_together_come_apart() -> io::Result<()> {
    run(async {
        let (one, other) = pair().await?;
        let from = one.local_addr()?;
        other.set_gro(true)?;
        let datagrams = [Outgoing::new(b"onetwothree").segment_size(3), Outgoing::new(b""), Outgoing::new(b"alone")];
        assert_eq!(one.send_batch(&datagrams).await?, 3);
        let mut batch = RecvBatch::new(8, 65_535);
        assert_eq!(other.recv_batch(&mut batch).await?, 3);
        let expected =
            [(from, &b"onetwothree"[..], Some(3), false), (from, b"", None, false), (from, b"alone", None, false)];
        assert_eq!(contents(&batch), expected);
        let segments: Vec<&[u8]> = batch.iter().flat_map(|each| each.segments()).collect();
        assert_eq!(segments, [&b"one"[..], b"two", b"thr", b"ee", b"", b"alone"]);
        Ok(())
    })
}

#[test]
fn datagrams_put_together_that_do_not_fit_are_truncated() -> io::Result<()> {
    run(async {
        let (one, other) = pair().await?;
        other.set_gro(true)?;
        one.send_batch(&[Outgoing::new(b"onetwothree").segment_size(3)]).await?;
        let mut batch = RecvBatch::new(2, 8);
        assert_eq!(other.recv_batch(&mut batch).await?, 1);
        assert_eq!(contents(&batch), [(one.local_addr()?, &b"onetwoth"[..], Some(3), true)]);
        let segments: Vec<&[u8]> = batch.iter().flat_map(|each| each.segments()).collect();
        assert_eq!(segments, [&b"one"[..], b"two", b"th"]);
        Ok(())
    })
}

#[test]
fn it_says_who_has_sent_it_and_lives_as_long_as_its_batch() -> io::Result<()> {
    run(async {
        let (one, other) = pair().await?;
        one.send(b"hello").await?;
        let mut batch = RecvBatch::new(1, 16);
        other.recv_batch(&mut batch).await?;
        let data = {
            let received: Received<'_> = batch.iter().next().unwrap();
            assert_eq!(received.from(), one.local_addr()?);
            let copy = received;
            assert!(copy.segments().eq([received.data()]) && copy.segment_size().is_none());
            received.data()
        };
        assert_eq!(data, b"hello");
        Ok(())
    })
}
