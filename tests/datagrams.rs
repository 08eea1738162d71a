//! `Datagrams`: those of a batch, one after another.

#![forbid(unsafe_code)]

mod support;

use std::io;

use epore::net::udp::{Datagrams, Outgoing, RecvBatch};
use support::polls::run;
use support::udp::pair;

/// A batch with room for four datagrams that holds three.
fn three() -> io::Result<RecvBatch> {
    run(async {
        let (one, other) = pair().await?;
        one.send_batch(&[&b"one"[..], b"", b"three"].map(Outgoing::new)).await?;
        let mut batch = RecvBatch::new(4, 16);
        assert_eq!(other.recv_batch(&mut batch).await?, 3);
        Ok(batch)
    })
}

#[test]
fn all_that_were_received_come_in_order_and_no_more() -> io::Result<()> {
    let batch = three()?;
    let data: Vec<&[u8]> = batch.iter().map(|each| each.data()).collect();
    assert_eq!(data, [&b"one"[..], b"", b"three"]);
    assert!((&batch).into_iter().map(|each| each.data()).eq(data));
    let mut datagrams = batch.iter();
    assert_eq!(datagrams.by_ref().count(), 3);
    assert!(datagrams.next().is_none());
    Ok(())
}

#[test]
fn it_knows_how_many_are_left() -> io::Result<()> {
    let batch = three()?;
    let mut datagrams: Datagrams<'_> = batch.iter();
    for left in (0..3).rev() {
        datagrams.next().unwrap();
        assert_eq!((datagrams.len(), datagrams.size_hint()), (left, (left, Some(left))));
    }
    Ok(())
}

#[test]
fn a_clone_goes_on_by_itself() -> io::Result<()> {
    let batch = three()?;
    let mut datagrams = batch.iter();
    datagrams.next();
    let clone = datagrams.clone();
    assert_eq!((datagrams.count(), clone.count()), (2, 2));
    Ok(())
}

#[test]
fn a_batch_that_was_not_used_has_none() {
    assert_eq!(RecvBatch::new(4, 16).iter().len(), 0);
}
