//! What sockets are ready for, as it is remembered.

use std::cell::Cell;
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;
use std::pin::{Pin, pin};
use std::process::Command;

use epore::io::Interest;
use epore::net::AsyncFd;

use crate::support::child::in_own_process;
use crate::support::polls::{poll_once, run, turns};
use crate::support::tcp::registered_pair;
use crate::support::udp::refused;
use crate::support::unix::Scratch;

/// What the operation said was taken for the truth about the socket, and the end that had come with the data was forgotten.
#[test]
fn an_operation_that_waits_for_more_than_has_come_learns_of_the_end() -> io::Result<()> {
    run(async {
        let (stream, mut peer) = registered_pair().await?;
        let twin = std::net::TcpStream::from(stream.as_fd().try_clone_to_owned()?);
        peer.write_all(b"half")?;
        drop(peer);
        // Both have come as one event, or as two of which this awaits the second.
        while !stream.ready(Interest::READABLE).await?.is_read_closed() {
            turns(1).await;
        }
        let mut frame = Vec::new();
        let length = stream.async_io(Interest::READABLE, || {
            let mut buffer = [0; 1024];
            match (&twin).read(&mut buffer)? {
                0 => Ok(frame.len()),
                count => {
                    frame.extend_from_slice(&buffer[..count]);
                    Err(ErrorKind::WouldBlock.into())
                }
            }
        });
        assert_eq!(length.await?, 4);
        Ok(())
    })
}

/// It was reported again and again.
#[test]
fn an_error_that_was_taken_is_gone() -> io::Result<()> {
    run(async {
        let (socket, _owner) = refused().await?;
        socket.writable().await?;
        socket.send(b"x").await?;
        assert!(socket.ready(Interest::ERROR).await?.is_error());
        assert_eq!(socket.take_error()?.map(|error| error.kind()), Some(ErrorKind::ConnectionRefused));
        let mut again = pin!(socket.ready(Interest::ERROR));
        for _ in 0..3 {
            assert!(poll_once(again.as_mut()).await.is_pending());
            turns(1).await;
        }
        Ok(())
    })
}

/// An operation that was tried through a guard had told it, and it was reported again and again.
#[test]
fn an_error_that_an_operation_through_a_guard_has_told_is_gone() -> io::Result<()> {
    run(async {
        let (socket, _owner) = refused().await?;
        let mut socket = AsyncFd::new(socket.into_std()?)?;
        for is_mut in [false, true] {
            socket.writable().await?.get_inner().send(b"x")?;
            let told = match is_mut {
                false => socket.ready(Interest::ERROR).await?.try_io(|socket| socket.get_ref().send(b"x")),
                true => socket.ready_mut(Interest::ERROR).await?.try_io(|socket| socket.get_ref().send(b"x")),
            };
            assert_eq!(told.unwrap().unwrap_err().kind(), ErrorKind::ConnectionRefused);
            let mut again = pin!(socket.ready(Interest::ERROR));
            for _ in 0..3 {
                assert!(poll_once(again.as_mut()).await.is_pending());
                turns(1).await;
            }
        }
        Ok(())
    })
}

/// The reading end of a FIFO, and where it stands.
fn fifo() -> io::Result<(AsyncFd<File>, Scratch)> {
    let path = Scratch::new()?;
    assert!(Command::new("mkfifo").arg(&*path).status()?.success());
    let file = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(&path)?;
    Ok((AsyncFd::with_interest(file, Interest::READABLE)?, path))
}

/// Polls what must wait once in each of a hundred turns, in which it may try so often.
async fn assert_sleeps<T>(mut waiting: Pin<&mut impl Future<Output = T>>, tries: &Cell<usize>, most: usize) {
    tries.set(0);
    for _ in 0..100 {
        assert!(poll_once(waiting.as_mut()).await.is_pending());
        turns(1).await;
    }
    assert!(tries.get() <= most, "tried {} times", tries.get());
}

/// Its end was believed for ever, and whoever waited for the next writer was polled without end.
#[test]
fn the_reader_of_a_fifo_sleeps_when_another_writer_has_come() -> io::Result<()> {
    run(async {
        let (fifo, path) = fifo()?;
        let tries = Cell::new(0);
        let read = |mut file: &File| {
            tries.set(tries.get() + 1);
            file.read(&mut [0; 16])
        };
        let by_guard = async || loop {
            if let Ok(result) = fifo.readable().await?.try_io(|fifo| read(fifo.get_ref())) {
                return result;
            }
        };

        let mut first = OpenOptions::new().write(true).open(&path)?;
        let mut reading = pin!(fifo.async_io(Interest::READABLE, read));
        assert!(poll_once(reading.as_mut()).await.is_pending());
        first.write_all(b"one")?;
        drop(first);
        assert_eq!((reading.await?, fifo.async_io(Interest::READABLE, read).await?), (3, 0));

        for is_guard in [false, true] {
            let mut writer = OpenOptions::new().write(true).open(&path)?;
            let mut reading =
                pin!(async { if is_guard { by_guard().await } else { fifo.async_io(Interest::READABLE, read).await } });
            assert_sleeps(reading.as_mut(), &tries, 2).await;
            writer.write_all(b"two")?;
            drop(writer);
            assert_eq!(reading.await?, 3);
            assert_eq!(by_guard().await?, 0);
        }
        Ok(())
    })
}

/// Its end came as an event again each time that it was denied.
#[test]
fn the_reader_of_a_fifo_sleeps_when_all_writers_are_gone() -> io::Result<()> {
    run(async {
        let (fifo, path) = fifo()?;
        let tries = Cell::new(0);
        let read = |mut file: &File| {
            tries.set(tries.get() + 1);
            match file.read(&mut [0; 16])? {
                0 => Err(ErrorKind::WouldBlock.into()),
                count => Ok(count),
            }
        };
        for _ in 0..2 {
            let mut reading = pin!(fifo.async_io(Interest::READABLE, read));
            assert!(poll_once(reading.as_mut()).await.is_pending());
            let mut writer = OpenOptions::new().write(true).open(&path)?;
            writer.write_all(b"one")?;
            drop(writer);
            assert_eq!(reading.await?, 3);
            let mut reading = pin!(fifo.async_io(Interest::READABLE, read));
            assert_sleeps(reading.as_mut(), &tries, 3).await;
        }
        Ok(())
    })
}

/// R4. The end of the other direction came as an event again each time that there was no room.
#[test]
fn a_writer_through_an_async_fd_sleeps_when_its_peer_has_ended_its_half() -> io::Result<()> {
    run(async {
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        let stream = std::net::TcpStream::connect(listener.local_addr()?)?;
        let (peer, _) = listener.accept()?;
        peer.shutdown(std::net::Shutdown::Write)?;
        stream.set_nonblocking(true)?;
        let fd = AsyncFd::new(stream)?;
        let tries = Cell::new(0);
        let write = |mut stream: &std::net::TcpStream| -> io::Result<()> {
            tries.set(tries.get() + 1);
            while stream.write(&[0; 65536])? > 0 {}
            Ok(())
        };
        let mut writing = pin!(fd.async_io(Interest::READABLE | Interest::WRITABLE, write));
        assert!(poll_once(writing.as_mut()).await.is_pending());
        assert_sleeps(writing.as_mut(), &tries, 10).await;
        Ok(())
    })
}

/// What the operation said was taken for the truth about the pipe, and the end that had come with the data was forgotten.
/// Alone, as a child that another test starts would hold the writer for a moment after it is dropped here.
#[test]
fn an_end_that_came_with_the_data_of_a_pipe_outlives_an_operation_that_wants_more() {
    in_own_process("ready::an_end_that_came_with_the_data_of_a_pipe_outlives_an_operation_that_wants_more", || {
        run(async {
            for is_guard in [false, true] {
                let (reader, mut writer) = io::pipe()?;
                let reader = AsyncFd::new(reader)?;
                assert!(poll_once(pin!(reader.readable())).await.is_pending());
                writer.write_all(b"half")?;
                drop(writer);
                turns(1).await;
                let mut frame = Vec::new();
                let mut read = |mut reader: &io::PipeReader| {
                    let mut buffer = [0; 1024];
                    match reader.read(&mut buffer)? {
                        0 => Ok(frame.len()),
                        count => {
                            frame.extend_from_slice(&buffer[..count]);
                            Err(ErrorKind::WouldBlock.into())
                        }
                    }
                };
                let length = match is_guard {
                    false => reader.async_io(Interest::READABLE, read).await?,
                    true => loop {
                        let mut guard = reader.readable().await?;
                        assert!(guard.ready().is_read_closed());
                        if let Ok(length) = guard.try_io(|reader| read(reader.get_ref())) {
                            break length?;
                        }
                    },
                };
                assert_eq!(length, 4);
            }
            io::Result::Ok(())
        })
        .unwrap();
    });
}
