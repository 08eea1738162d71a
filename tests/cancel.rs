//! R24: every operation is dropped at every await at which it waits. Afterwards all bytes, connections and descriptors
//! add up.

#![forbid(unsafe_code)]

mod support;

use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::pin::pin;
use std::rc::Rc;

use epore::net::{TcpListener, TcpStream};
use support::child::in_own_process;
use support::open_descriptors;
use support::polls::{count_polls, drop_at, poll_once, run, turns};
use support::tcp::{fill, pair, pattern};

/// More awaits than any operation here has.
const MOST_AWAITS: usize = 10_000;

/// Runs a scenario that drops something at its first await, then at its second, and so on until it gets to its end, and
/// says at how many it was dropped. Each run must leave as many descriptors open as there were.
async fn at_every_await(mut scenario: impl AsyncFnMut(usize) -> io::Result<bool>) -> io::Result<usize> {
    let before = open_descriptors().len();
    for nth in 1..MOST_AWAITS {
        let completed = scenario(nth).await?;
        assert_eq!(open_descriptors().len(), before, "descriptors after await {nth}");
        if completed {
            return Ok(nth - 1);
        }
    }
    panic!("the scenario does not end");
}

#[test]
fn dropping_a_connect_closes_what_it_began() {
    in_own_process("dropping_a_connect_closes_what_it_began", || {
        run(async {
            let listener = TcpListener::bind("127.0.0.1:0").await?;
            let addr = listener.local_addr()?;
            let dropped = at_every_await(async |nth| {
                let connected = drop_at(nth, TcpStream::connect(addr)).await.transpose()?;
                let completed = connected.is_some();
                drop(connected);
                let (stream, _) = listener.accept().await?;
                assert_eq!(stream.read(&mut [0; 16]).await?, 0, "the connection was closed");
                Ok(completed)
            })
            .await?;
            assert!(dropped > 0);
            io::Result::Ok(())
        })
        .unwrap();
    });
}

#[test]
fn dropping_an_exchange_closes_both_sides() {
    in_own_process("dropping_an_exchange_closes_both_sides", || {
        run(async {
            let server = async |listener: &TcpListener| {
                let (stream, _) = listener.accept().await?;
                let mut buffer = vec![0; 1 << 20];
                stream.read_exact(&mut buffer).await?;
                stream.write_all(&buffer).await
            };
            let client = async |addr| {
                let stream = TcpStream::connect(addr).await?;
                stream.write_all(&pattern(1 << 20)).await?;
                let mut echo = vec![0; 1 << 20];
                stream.read_exact(&mut echo).await?;
                assert!(echo == pattern(1 << 20));
                io::Result::Ok(())
            };
            let dropped = at_every_await(async |nth| {
                let listener = TcpListener::bind("127.0.0.1:0").await?;
                let addr = listener.local_addr()?;
                let both = futures::future::try_join(server(&listener), client(addr));
                Ok(drop_at(nth, both).await.transpose()?.is_some())
            })
            .await?;
            assert!(dropped > 3, "{dropped}");
            io::Result::Ok(())
        })
        .unwrap();
    });
}

#[test]
fn one_side_of_an_exchange_learns_that_the_other_was_dropped() {
    in_own_process("one_side_of_an_exchange_learns_that_the_other_was_dropped", || {
        run(async {
            let sent: Rc<[u8]> = pattern(8 << 20).into();
            let dropped = at_every_await(async |nth| {
                let listener = TcpListener::bind("127.0.0.1:0").await?;
                let addr = listener.local_addr()?;
                let sending = Rc::clone(&sent);
                let client = epore::spawn(drop_at(nth, async move {
                    let stream = TcpStream::connect(addr).await?;
                    stream.write_all(&sending).await?;
                    stream.shutdown_with(Shutdown::Write)?;
                    stream.read_exact(&mut [0; 4]).await
                }));
                let (stream, _) = listener.accept().await?;
                let mut received = Vec::new();
                // A client that goes with something unread breaks the connection off.
                let end = stream.read_to_end(&mut received).await;
                let replied = if end.is_ok() { stream.write_all(b"done").await } else { Ok(()) };
                assert!(sent.starts_with(&received));
                let completed = client.await.unwrap().transpose()?.is_some();
                if completed {
                    assert_eq!(end?, sent.len());
                    replied?;
                }
                Ok(completed)
            })
            .await?;
            assert!(dropped > 2, "{dropped}");
            io::Result::Ok(())
        })
        .unwrap();
    });
}

#[test]
fn dropping_accepts_loses_no_connection() {
    in_own_process("dropping_accepts_loses_no_connection", || {
        run(async {
            let listener = TcpListener::bind("127.0.0.1:0").await?;
            let addr = listener.local_addr()?;
            let dropped = at_every_await(async |nth| {
                let accept = drop_at(nth, listener.accept());
                let connect = async {
                    epore::yield_now().await;
                    std::net::TcpStream::connect(addr)
                };
                let (accepted, client) = futures::future::join(accept, connect).await;
                let completed = accepted.is_some();
                let (_, peer) = match accepted {
                    Some(accepted) => accepted?,
                    None => listener.accept().await?,
                };
                assert_eq!(peer, client?.local_addr()?);
                Ok(completed)
            })
            .await?;
            assert!(dropped > 0);
            io::Result::Ok(())
        })
        .unwrap();
    });
}

#[test]
fn dropping_reads_loses_no_byte() -> io::Result<()> {
    const BYTES: usize = 10_000;
    run(async {
        let (stream, mut peer) = pair()?;
        let mut received = Vec::new();
        let mut drops = 0;
        for chunk in pattern(BYTES).chunks(7) {
            for nth in 1..3 {
                let mut buffer = [0; 5];
                let read = drop_at(nth, stream.read(&mut buffer));
                // The reader waits, the bytes come, and then it is dropped or not.
                let (count, sent) = futures::future::join(read, async {
                    epore::yield_now().await;
                    if nth == 1 { peer.write_all(chunk) } else { Ok(()) }
                })
                .await;
                sent?;
                match count {
                    None => drops += 1,
                    Some(count) => received.extend_from_slice(&buffer[..count?]),
                }
            }
        }
        peer.shutdown(Shutdown::Write)?;
        stream.read_to_end(&mut received).await?;
        assert!(received == pattern(BYTES));
        assert!(drops > 0);
        Ok(())
    })
}

#[test]
fn dropping_writes_writes_nothing_twice() -> io::Result<()> {
    run(async {
        let (stream, mut peer) = pair()?;
        let filled = fill(&stream)?;
        let sent = pattern(4 << 20);
        let (mut place, mut drops) = (0, 0);
        let drain = std::thread::spawn(move || {
            peer.read_exact(&mut vec![0; filled])?;
            let mut received = Vec::new();
            peer.read_to_end(&mut received).map(|_| received)
        });
        let mut nth = 1;
        while place < sent.len() {
            match drop_at(nth, stream.write(&sent[place..])).await {
                Some(count) => place += count?,
                None => drops += 1,
            }
            // What is dropped at once each time would never get to see an event.
            nth = nth % 2 + 1;
        }
        drop(stream);
        assert!(drain.join().unwrap()? == sent);
        assert!(drops > 0);
        Ok(())
    })
}

#[test]
fn a_read_that_is_dropped_takes_its_waker_with_it() -> io::Result<()> {
    run(async {
        let (stream, mut peer) = pair()?;
        let stream = Rc::new(stream);
        let reading = Rc::clone(&stream);
        let (other, polls) = count_polls(async move {
            {
                let mut buffer = [0; 16];
                let mut read = pin!(reading.read(&mut buffer));
                assert!(poll_once(read.as_mut()).await.is_pending());
            }
            std::future::pending::<()>().await;
        });
        let _other = epore::spawn(other);
        let reading = Rc::clone(&stream);
        let reader = epore::spawn(async move { reading.read(&mut [0; 16]).await });
        turns(2).await;
        peer.write_all(b"hello")?;
        assert_eq!(reader.await.unwrap()?, 5);
        turns(2).await;
        assert_eq!(polls.get(), 1, "it waits for nothing, and nothing wakes it");
        Ok(())
    })
}
