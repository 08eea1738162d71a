//! What the runtime remembers of a socket: nothing that was received may be waited for, nothing that is gone tried.

#![forbid(unsafe_code)]

mod support;

use std::cell::Cell;
use std::io::{self, IoSliceMut, Read, Write};
use std::net::Shutdown;
use std::rc::Rc;
use std::thread;

use epore::net::TcpStream;
use futures::future::join_all;
use support::polls::{count_polls, run, turns};
use support::tcp::{fill, pair, registered_pair};

/// A registered stream whose peer has sent ten bytes and the end, in what the runtime sees as one event.
async fn ten_bytes_and_the_end() -> io::Result<TcpStream> {
    let (stream, mut peer) = registered_pair().await?;
    peer.write_all(b"0123456789")?;
    drop(peer);
    Ok(stream)
}

/// R3
#[test]
fn data_and_end_in_one_event_are_both_read() -> io::Result<()> {
    run(async {
        let stream = ten_bytes_and_the_end().await?;
        let mut buffer = [0; 64];
        assert_eq!(stream.read(&mut buffer).await?, 10);
        assert_eq!(stream.read(&mut buffer).await?, 0);
        Ok(())
    })
}

/// R3
#[test]
fn data_and_end_before_the_first_wait_are_both_read() -> io::Result<()> {
    run(async {
        let (stream, mut peer) = pair()?;
        peer.write_all(b"0123456789")?;
        drop(peer);
        assert_eq!(stream.read(&mut [0; 64]).await?, 10);
        assert_eq!(stream.read(&mut [0; 64]).await?, 0);
        Ok(())
    })
}

/// R3
#[test]
fn data_and_end_in_one_event_are_both_read_into_several_buffers() -> io::Result<()> {
    run(async {
        let stream = ten_bytes_and_the_end().await?;
        let (mut first, mut second) = ([0; 6], [0; 64]);
        let mut buffers = [IoSliceMut::new(&mut first), IoSliceMut::new(&mut second)];
        assert_eq!(stream.read_vectored(&mut buffers).await?, 10);
        assert_eq!(stream.read_vectored(&mut buffers).await?, 0);
        Ok(())
    })
}

/// R3
#[test]
fn data_and_end_in_one_event_are_both_read_to_the_end() -> io::Result<()> {
    run(async {
        let stream = ten_bytes_and_the_end().await?;
        let mut all = Vec::with_capacity(64);
        assert_eq!(stream.read_to_end(&mut all).await?, 10);
        assert_eq!(stream.read_to_end(&mut all).await?, 0);
        Ok(())
    })
}

/// R3
#[test]
fn data_and_end_in_one_event_are_peeked_and_read() -> io::Result<()> {
    run(async {
        let stream = ten_bytes_and_the_end().await?;
        let mut buffer = [0; 64];
        assert_eq!(stream.peek(&mut buffer).await?, 10);
        assert_eq!(stream.read(&mut buffer).await?, 10);
        assert_eq!(stream.peek(&mut buffer).await?, 0);
        assert_eq!(stream.read(&mut buffer).await?, 0);
        Ok(())
    })
}

/// R3
#[test]
fn an_empty_read_leaves_data_and_end_to_be_read() -> io::Result<()> {
    run(async {
        let stream = ten_bytes_and_the_end().await?;
        assert_eq!(stream.read(&mut []).await?, 0);
        assert_eq!(stream.read(&mut [0; 64]).await?, 10);
        assert_eq!(stream.read(&mut []).await?, 0);
        assert_eq!(stream.read(&mut [0; 64]).await?, 0);
        Ok(())
    })
}

/// R3
#[test]
fn a_full_read_leaves_the_rest_to_be_read() -> io::Result<()> {
    run(async {
        let (stream, mut peer) = registered_pair().await?;
        peer.write_all(b"0123456789")?;
        for _ in 0..5 {
            assert_eq!(stream.read(&mut [0; 2]).await?, 2);
        }
        peer.write_all(b"more")?;
        assert_eq!(stream.read(&mut [0; 64]).await?, 4);
        Ok(())
    })
}

#[test]
fn two_readers_of_one_socket_get_each_byte_once() -> io::Result<()> {
    const BYTES: usize = 1 << 20;
    run(async {
        let (stream, mut peer) = pair()?;
        let stream = Rc::new(stream);
        let readers = [7, 1024].map(|size| {
            let stream = Rc::clone(&stream);
            epore::spawn(async move {
                let mut total = 0;
                loop {
                    match stream.read(&mut vec![0; size]).await? {
                        0 => return io::Result::Ok(total),
                        count => total += count,
                    }
                }
            })
        });
        let writer = thread::spawn(move || peer.write_all(&vec![0; BYTES]));
        let mut total = 0;
        for reader in readers {
            total += reader.await.unwrap()?;
        }
        assert_eq!(total, BYTES);
        writer.join().unwrap()
    })
}

#[test]
fn all_who_wait_for_one_socket_wake() -> io::Result<()> {
    run(async {
        let (stream, mut peer) = pair()?;
        let waiting = Rc::new(Cell::new(0));
        let tasks = (0..100).map(|_| async {
            waiting.set(waiting.get() + 1);
            stream.readable().await
        });
        let send = async {
            while waiting.get() < 100 {
                epore::yield_now().await;
            }
            peer.write_all(b"x")
        };
        let (woken, sent) = futures::future::join(join_all(tasks), send).await;
        sent?;
        woken.into_iter().collect()
    })
}

#[test]
fn tasks_that_wait_for_one_socket_all_wake() -> io::Result<()> {
    run(async {
        let (stream, mut peer) = pair()?;
        let stream = Rc::new(stream);
        let tasks: Vec<_> = (0..100)
            .map(|_| {
                let stream = Rc::clone(&stream);
                epore::spawn(async move { stream.readable().await })
            })
            .collect();
        turns(2).await;
        assert!(tasks.iter().all(|task| !task.is_finished()));
        peer.write_all(b"x")?;
        for task in tasks {
            task.await.unwrap()?;
        }
        Ok(())
    })
}

/// R2
#[test]
fn a_reader_sleeps_while_its_socket_only_writes() -> io::Result<()> {
    const BYTES: usize = 16 << 20;
    run(async {
        let (stream, mut peer) = pair()?;
        let stream = Rc::new(stream);
        let reading = Rc::clone(&stream);
        let (reader, polls) = count_polls(async move { reading.read(&mut [0; 64]).await });
        let reader = epore::spawn(reader);
        let drain = thread::spawn(move || {
            peer.read_exact(&mut vec![0; BYTES])?;
            peer.write_all(b"done").map(|()| peer)
        });
        stream.write_all(&vec![0; BYTES]).await?;
        assert_eq!(reader.await.unwrap()?, 4);
        assert_eq!(polls.get(), 2, "one to wait, one to read");
        drain.join().unwrap()?;
        Ok(())
    })
}

/// R2
#[test]
fn traffic_in_both_directions_polls_the_reader_once_for_each_message() -> io::Result<()> {
    const ROUNDS: usize = 2000;
    run(async {
        let (stream, mut peer) = pair()?;
        let stream = Rc::new(stream);
        let reading = Rc::clone(&stream);
        let (reader, polls) = count_polls(async move {
            for _ in 0..ROUNDS {
                reading.read_exact(&mut [0; 3]).await?;
            }
            io::Result::Ok(())
        });
        let reader = epore::spawn(reader);
        let echo = thread::spawn(move || {
            let mut buffer = vec![0; 64 * 1024];
            for _ in 0..ROUNDS {
                peer.read_exact(&mut buffer)?;
                peer.write_all(b"ack")?;
            }
            io::Result::Ok(peer)
        });
        for _ in 0..ROUNDS {
            stream.write_all(&[0; 64 * 1024]).await?;
        }
        reader.await.unwrap()?;
        assert!(polls.get() <= ROUNDS + 1, "{} polls for {ROUNDS} messages", polls.get());
        echo.join().unwrap()?;
        Ok(())
    })
}

/// R4
#[test]
fn a_full_send_buffer_waits_quietly_after_the_peer_has_ended_its_side() -> io::Result<()> {
    const MORE: usize = 1 << 20;
    run(async {
        let (stream, mut peer) = pair()?;
        let filled = fill(&stream)?;
        peer.shutdown(Shutdown::Write)?;
        assert_eq!(stream.read(&mut [0; 16]).await?, 0);

        let (writer, polls) = count_polls(async move { stream.write_all(&vec![0; MORE]).await });
        let writer = epore::spawn(writer);
        turns(1000).await;
        assert!(!writer.is_finished());
        assert!(polls.get() <= 2, "{} polls of a writer that cannot write", polls.get());

        let drain = thread::spawn(move || peer.read_to_end(&mut Vec::new()));
        writer.await.unwrap()?;
        assert_eq!(drain.join().unwrap()?, filled + MORE);
        Ok(())
    })
}

/// R10
#[test]
fn a_socket_that_is_always_ready_lets_other_tasks_run() -> io::Result<()> {
    run(async {
        let (stream, mut peer) = registered_pair().await?;
        peer.write_all(b"x")?;
        let others = Rc::new(Cell::new(false));
        let other = Rc::clone(&others);
        let _other = epore::spawn(async move { other.set(true) });
        for _ in 0..1_000_000 {
            stream.readable().await?;
            stream.peek(&mut [0; 1]).await?;
            if others.get() {
                return Ok(());
            }
        }
        panic!("a million peeks, and no other task has run");
    })
}
