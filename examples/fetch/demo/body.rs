use std::io;
use std::time::Duration;

use bytes::Bytes;
use epore::time::sleep;
use futures::stream::{self, Stream};
use hyper::body::Frame;

/// How much the server sends at once of a body that is whole.
const PIECE: u64 = 256 * 1024;

/// `total` bytes, in pieces.
pub fn whole(total: u64) -> impl Stream<Item = io::Result<Frame<Bytes>>> {
    let piece = Bytes::from(vec![b'.'; total.min(PIECE) as usize]);
    stream::unfold(total, move |left| {
        let frame = piece.slice(..left.min(PIECE) as usize);
        async move { (left > 0).then(|| (Ok(Frame::data(frame.clone())), left - frame.len() as u64)) }
    })
}

/// `count` pieces, with a pause before each.
pub fn chunks(count: u64, bytes: u64, pause: Duration) -> impl Stream<Item = io::Result<Frame<Bytes>>> {
    let piece = Bytes::from(vec![b':'; bytes as usize]);
    stream::unfold(count, move |left| {
        let frame = piece.clone();
        async move {
            if left == 0 {
                return None;
            }
            if !pause.is_zero() {
                sleep(pause).await;
            }
            Some((Ok(Frame::data(frame)), left - 1))
        }
    })
}

/// An error, which makes the server break off.
pub fn fault() -> impl Stream<Item = io::Result<Frame<Bytes>>> {
    stream::iter([Err(io::Error::other("made to fail"))])
}
