#![forbid(unsafe_code)]

use std::cell::Cell;
use std::io::{self, Read, Write};
use std::rc::Rc;

use epore::net::TcpStream;
use futures::future::try_join;

use crate::support::polls::run;
use crate::support::tcp::registered_pair;

/// How much a peer sends before the test begins, so that there is always something to read. It fits into the buffers.
const FLOOD: usize = 32 * 1024;

/// R10
#[test]
fn waiting_for_a_socket_that_is_always_ready_lets_other_tasks_run() -> io::Result<()> {
    run(async {
        let (stream, mut peer) = registered_pair().await?;
        peer.write_all(b"x")?;
        stream.readable().await?;
        let others = Rc::new(Cell::new(false));
        let other = Rc::clone(&others);
        let _other = epore::spawn(async move { other.set(true) });
        for _ in 0..1_000_000 {
            stream.readable().await?;
            if others.get() {
                return Ok(());
            }
        }
        panic!("a million waits, and no other task has run");
    })
}

/// The reader used up all that its socket was allowed in a poll, and nothing was ever written while there was data to read.
#[test]
fn a_reader_that_is_always_ready_leaves_the_writer_its_turn() -> io::Result<()> {
    run(async {
        let (stream, mut peer) = registered_pair().await?;
        peer.write_all(&[b'.'; FLOOD])?;
        stream.readable().await?;
        let written = Cell::new(false);
        let read = async {
            for _ in 0..FLOOD {
                stream.read_exact(&mut [0; 1]).await?;
                if written.get() {
                    return io::Result::Ok(());
                }
            }
            panic!("all is read, and nothing has been written");
        };
        let write = async {
            stream.write_all(b"hello").await?;
            written.set(true);
            Ok(())
        };
        try_join(read, write).await?;
        peer.read_exact(&mut [0; 5])
    })
}

/// The writer used up all that its socket was allowed in a poll, and nothing was ever read while there was room to write.
#[test]
fn a_writer_that_is_always_ready_leaves_the_reader_its_turn() -> io::Result<()> {
    run(async {
        let (stream, mut peer) = registered_pair().await?;
        peer.write_all(b"hello")?;
        stream.readable().await?;
        let read = Cell::new(false);
        let writing = async {
            for _ in 0..1000 {
                stream.write_all(b".").await?;
                if read.get() {
                    return io::Result::Ok(());
                }
            }
            panic!("a thousand writes, and nothing has been read");
        };
        let reading = async {
            stream.read_exact(&mut [0; 5]).await?;
            read.set(true);
            Ok(())
        };
        try_join(writing, reading).await.map(|_| ())
    })
}

/// One direction used up what both sockets were allowed in a poll, and the other stood still.
#[test]
fn both_directions_of_a_proxy_move() -> io::Result<()> {
    run(async {
        let ((one, mut one_peer), (other, mut other_peer)) = (registered_pair().await?, registered_pair().await?);
        for peer in [&mut one_peer, &mut other_peer] {
            peer.write_all(&[b'.'; FLOOD])?;
        }
        try_join(one.readable(), other.readable()).await?;
        let (there, back) = (Cell::new(0), Cell::new(0));
        try_join(forward(&one, &other, &there, &back), forward(&other, &one, &back, &there)).await.map(|_| ())
    })
}

/// Moves bytes, until the other direction has moved some.
async fn forward(from: &TcpStream, to: &TcpStream, moved: &Cell<usize>, moved_back: &Cell<usize>) -> io::Result<()> {
    let mut buffer = [0; 16];
    while moved.get() == 0 || moved_back.get() == 0 {
        assert!(moved.get() < FLOOD, "all is moved, and nothing has come the other way");
        let count = from.read(&mut buffer).await?;
        to.write_all(&buffer[..count]).await?;
        moved.set(moved.get() + count);
    }
    Ok(())
}
