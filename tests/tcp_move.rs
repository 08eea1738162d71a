//! Streams that come from the standard library, go there, and change runtimes and threads.

#![forbid(unsafe_code)]

mod support;

use std::future::pending;
use std::io::{self, Read, Write};
use std::rc::Rc;
use std::thread;
use std::time::Duration;

use epore::Runtime;
use epore::net::TcpStream;
use support::in_time;
use support::polls::run;
use support::tcp::{pair, registered_pair, std_pair};

/// R28
#[test]
fn a_blocking_stream_of_the_standard_library_does_not_block_the_runtime() -> io::Result<()> {
    in_time("a stream that blocked before", || {
        run(async {
            let (blocking, mut peer) = std_pair()?;
            blocking.set_nonblocking(false)?;
            let stream = TcpStream::from_std(blocking)?;
            let reader = epore::spawn(async move { stream.read(&mut [0; 16]).await });
            epore::time::sleep(Duration::from_millis(1)).await;
            assert!(!reader.is_finished());
            peer.write_all(b"hello")?;
            assert_eq!(reader.await.unwrap()?, 5);
            Ok(())
        })
    })
}

#[test]
fn into_std_loses_nothing_that_was_received() -> io::Result<()> {
    run(async {
        let (stream, mut peer) = registered_pair().await?;
        peer.write_all(b"hello")?;
        stream.readable().await?;
        let mut stream = stream.into_std()?;
        let mut buffer = [0; 5];
        stream.read_exact(&mut buffer)?;
        assert_eq!(&buffer, b"hello");
        Ok(())
    })
}

#[test]
fn a_stream_goes_to_the_standard_library_and_comes_back() -> io::Result<()> {
    run(async {
        let (mut stream, mut peer) = registered_pair().await?;
        for _ in 0..3 {
            stream = TcpStream::from_std(stream.into_std()?)?;
            peer.write_all(b"hello")?;
            assert_eq!(stream.read(&mut [0; 16]).await?, 5);
            stream.writable().await?;
        }
        Ok(())
    })
}

#[test]
fn a_stream_that_was_given_away_outside_of_its_runtime_comes_back() -> io::Result<()> {
    let runtime = Runtime::new()?;
    let (mut stream, mut peer) = runtime.block_on(registered_pair())?;
    for _ in 0..3 {
        stream = TcpStream::from_std(stream.into_std()?)?;
        peer.write_all(b"hello")?;
        runtime.block_on(async {
            stream.readable().await?;
            assert_eq!(stream.read(&mut [0; 16]).await?, 5);
            stream.writable().await
        })?;
    }
    Ok(())
}

#[test]
fn a_stream_that_has_not_waited_belongs_to_no_runtime() -> io::Result<()> {
    let (stream, mut peer) = pair()?;
    peer.write_all(b"ab")?;
    assert_eq!(run(stream.read(&mut [0; 1]))?, 1);
    assert_eq!(run(stream.read(&mut [0; 1]))?, 1);
    assert_eq!(run(stream.write(b"hello"))?, 5);
    Ok(())
}

#[test]
fn waiting_in_another_runtime_is_an_error_that_says_what_to_do() -> io::Result<()> {
    let (stream, mut peer) = run(registered_pair())?;
    let error = run(stream.readable()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the socket belongs to another runtime, where it has waited before: move it with `into_std` and `from_std`, an `AsyncFd` \
         with `into_inner` and `new`"
    );
    assert_eq!(run(stream.read(&mut [0; 16])).unwrap_err().to_string(), error.to_string());

    let moved = TcpStream::from_std(stream.into_std()?)?;
    peer.write_all(b"hello")?;
    assert_eq!(run(moved.read(&mut [0; 16]))?, 5);
    Ok(())
}

#[test]
fn a_stream_moves_to_a_runtime_of_another_thread() -> io::Result<()> {
    run(async {
        let (stream, mut peer) = registered_pair().await?;
        let stream = stream.into_std()?;
        let other = thread::spawn(move || {
            run(async {
                let stream = TcpStream::from_std(stream)?;
                stream.readable().await?;
                stream.read(&mut [0; 16]).await
            })
        });
        peer.write_all(b"hello")?;
        assert_eq!(other.join().unwrap()?, 5);
        Ok(())
    })
}

#[test]
fn a_stream_given_away_on_another_thread_moves_to_its_runtime() -> io::Result<()> {
    run(async {
        let (stream, mut peer) = registered_pair().await?;
        let other = thread::spawn(move || {
            let stream = TcpStream::from_std(stream.into_std()?)?;
            run(async {
                stream.readable().await?;
                stream.read(&mut [0; 16]).await
            })
        });
        peer.write_all(b"hello")?;
        assert_eq!(other.join().unwrap()?, 5);
        Ok(())
    })
}

#[test]
fn dropping_a_stream_on_another_thread_closes_it() -> io::Result<()> {
    run(async {
        for _ in 0..100 {
            let (stream, mut peer) = registered_pair().await?;
            thread::spawn(move || drop(stream)).join().unwrap();
            assert_eq!(peer.read(&mut [0; 16])?, 0);
        }
        Ok(())
    })
}

#[test]
fn a_stream_outlives_its_runtime() -> io::Result<()> {
    let (stream, mut peer) = run(registered_pair())?;
    peer.write_all(b"hello")?;
    assert_eq!(stream.try_read(&mut [0; 16])?, 5);
    drop(stream);
    assert_eq!(peer.read(&mut [0; 16])?, 0);
    Ok(())
}

/// R19
#[test]
fn a_runtime_that_is_dropped_closes_the_streams_of_its_tasks() -> io::Result<()> {
    let runtime = Runtime::new()?;
    let (stream, mut peer) = runtime.block_on(registered_pair())?;
    let shared = Rc::new(stream);
    for _ in 0..3 {
        let stream = Rc::clone(&shared);
        let _waiting = runtime.spawn(async move {
            stream.read(&mut [0; 16]).await?;
            pending::<io::Result<()>>().await
        });
    }
    drop(shared);
    runtime.block_on(epore::yield_now());
    drop(runtime);
    assert_eq!(peer.read(&mut [0; 16])?, 0);
    Ok(())
}

#[test]
fn sockets_are_send_and_sync() {
    fn is_send_and_sync<T: Send + Sync>() {}
    is_send_and_sync::<TcpStream>();
    is_send_and_sync::<epore::net::TcpListener>();
    is_send_and_sync::<epore::net::tcp::OwnedReadHalf>();
    is_send_and_sync::<epore::net::tcp::OwnedWriteHalf>();
    is_send_and_sync::<epore::time::Sleep>();
}
