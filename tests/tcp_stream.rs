#![forbid(unsafe_code)]

mod support;

use std::io::{self, ErrorKind, IoSlice, IoSliceMut, Read, Write};
use std::net::Shutdown;
use std::pin::pin;
use std::task::{Context, Waker};
use std::thread;
use std::time::Duration;

use support::polls::run;
use support::tcp::{fill, pair, pattern, registered_pair};

#[test]
fn a_read_brings_what_is_there() -> io::Result<()> {
    run(async {
        let (stream, mut peer) = pair()?;
        peer.write_all(b"hello")?;
        let mut buffer = [0; 16];
        assert_eq!(stream.read(&mut buffer).await?, 5);
        assert_eq!(&buffer[..5], b"hello");
        Ok(())
    })
}

#[test]
fn a_read_waits_for_bytes_to_come() -> io::Result<()> {
    run(async {
        let (stream, mut peer) = pair()?;
        let reader = epore::spawn(async move {
            let mut buffer = [0; 16];
            let count = stream.read(&mut buffer).await?;
            io::Result::Ok(buffer[..count].to_vec())
        });
        epore::yield_now().await;
        assert!(!reader.is_finished());
        peer.write_all(b"late")?;
        assert_eq!(reader.await.unwrap()?, b"late");
        Ok(())
    })
}

#[test]
fn the_end_of_the_stream_is_read_again_and_again() -> io::Result<()> {
    run(async {
        let (stream, peer) = pair()?;
        drop(peer);
        for _ in 0..3 {
            assert_eq!(stream.read(&mut [0; 16]).await?, 0);
        }
        Ok(())
    })
}

#[test]
fn read_exact_fills_the_buffer() -> io::Result<()> {
    run(async {
        let (stream, mut peer) = pair()?;
        let writer = thread::spawn(move || {
            for byte in b"abcdef" {
                peer.write_all(&[*byte])?;
            }
            io::Result::Ok(peer)
        });
        let mut buffer = [0; 4];
        stream.read_exact(&mut buffer).await?;
        assert_eq!(&buffer, b"abcd");
        stream.read_exact(&mut buffer[..2]).await?;
        assert_eq!(&buffer[..2], b"ef");
        writer.join().unwrap()?;
        Ok(())
    })
}

#[test]
fn read_exact_says_how_much_came_before_the_end() -> io::Result<()> {
    run(async {
        let (stream, mut peer) = pair()?;
        peer.write_all(b"abc")?;
        drop(peer);
        let mut buffer = [0; 5];
        let error = stream.read_exact(&mut buffer).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
        assert_eq!(error.to_string(), "the stream ended after 3 of 5 bytes");
        assert_eq!(&buffer, b"abc\0\0");
        Ok(())
    })
}

#[test]
fn read_to_end_appends_all_that_comes() -> io::Result<()> {
    run(async {
        let (stream, mut peer) = pair()?;
        let sent = pattern(1 << 20);
        let expected = sent.clone();
        let writer = thread::spawn(move || peer.write_all(&sent));
        let mut buffer = b"before".to_vec();
        assert_eq!(stream.read_to_end(&mut buffer).await?, expected.len());
        assert_eq!(&buffer[..6], b"before");
        assert!(buffer[6..] == expected);
        writer.join().unwrap()
    })
}

#[test]
fn vectored_forms_use_one_buffer_after_another() -> io::Result<()> {
    run(async {
        let (stream, mut peer) = pair()?;
        let count = stream.write_vectored(&[IoSlice::new(b"ab"), IoSlice::new(b""), IoSlice::new(b"cde")]).await?;
        let mut sent = vec![0; 5];
        peer.read_exact(&mut sent)?;
        assert_eq!((count, &sent[..]), (5, &b"abcde"[..]));

        peer.write_all(&sent)?;
        let (mut first, mut second) = ([0; 2], [0; 8]);
        let mut buffers = [IoSliceMut::new(&mut first), IoSliceMut::new(&mut second)];
        assert_eq!(stream.read_vectored(&mut buffers).await?, 5);
        assert_eq!((&first, &second[..3]), (b"ab", &b"cde"[..]));
        Ok(())
    })
}

#[test]
fn more_slices_than_the_system_takes_at_once_are_written_in_part() -> io::Result<()> {
    run(async {
        let (stream, mut peer) = pair()?;
        let slices = vec![IoSlice::new(b"x"); 5000];
        let count = stream.write_vectored(&slices).await?;
        assert!((1..=5000).contains(&count), "{count}");
        drop(stream);
        assert_eq!(peer.read_to_end(&mut Vec::new())?, count);
        Ok(())
    })
}

#[test]
fn write_all_reaches_a_slow_reader_whole() -> io::Result<()> {
    let sent = pattern(16 << 20);
    let received = run(async {
        let (stream, mut peer) = pair()?;
        let reader = thread::spawn(move || {
            let mut received = Vec::new();
            let mut step = 1;
            loop {
                let mut buffer = vec![0; step];
                match peer.read(&mut buffer)? {
                    0 => return io::Result::Ok(received),
                    count => received.extend_from_slice(&buffer[..count]),
                }
                step = step * 7 % 65_521 + 1;
            }
        });
        stream.write_all(&sent).await?;
        drop(stream);
        reader.join().unwrap()
    })?;
    assert!(received == sent);
    Ok(())
}

#[test]
fn peeking_takes_nothing() -> io::Result<()> {
    run(async {
        let (stream, mut peer) = pair()?;
        peer.write_all(b"hello")?;
        let mut buffer = [0; 16];
        assert_eq!(stream.peek(&mut buffer[..2]).await?, 2);
        assert_eq!(stream.peek(&mut buffer).await?, 5);
        assert_eq!(stream.read(&mut buffer).await?, 5);
        assert_eq!(&buffer[..5], b"hello");
        Ok(())
    })
}

/// R3
#[test]
fn a_short_peek_leaves_the_stream_readable() -> io::Result<()> {
    run(async {
        let (stream, mut peer) = registered_pair().await?;
        peer.write_all(b"hello")?;
        for _ in 0..3 {
            assert_eq!(stream.peek(&mut [0; 16]).await?, 5);
        }
        stream.readable().await?;
        assert_eq!(stream.read(&mut [0; 16]).await?, 5);
        Ok(())
    })
}

#[test]
fn each_direction_is_shut_down_by_itself() -> io::Result<()> {
    run(async {
        let (stream, mut peer) = pair()?;
        stream.shutdown_with(Shutdown::Write)?;
        assert_eq!(peer.read(&mut [0; 16])?, 0);
        assert_eq!(stream.write(b"more").await.unwrap_err().kind(), ErrorKind::BrokenPipe);
        peer.write_all(b"reply")?;
        assert_eq!(stream.read(&mut [0; 16]).await?, 5);
        stream.shutdown_with(Shutdown::Read)?;
        assert_eq!(stream.read(&mut [0; 16]).await?, 0);
        Ok(())
    })
}

#[test]
fn a_waiting_reader_wakes_when_its_own_side_is_shut_down() -> io::Result<()> {
    run(async {
        let (stream, _peer) = pair()?;
        let stream = std::rc::Rc::new(stream);
        let reading = stream.clone();
        let reader = epore::spawn(async move { reading.read(&mut [0; 16]).await });
        epore::yield_now().await;
        stream.shutdown_with(Shutdown::Both)?;
        assert_eq!(reader.await.unwrap()?, 0);
        Ok(())
    })
}

#[test]
fn what_would_block_is_tried_and_waited_for() -> io::Result<()> {
    run(async {
        let (stream, mut peer) = pair()?;
        let mut buffer = [0; 16];
        assert_eq!(stream.try_read(&mut buffer).unwrap_err().kind(), ErrorKind::WouldBlock);
        let error = stream.try_read_vectored(&mut [IoSliceMut::new(&mut buffer)]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::WouldBlock);
        peer.write_all(b"now")?;
        stream.readable().await?;
        assert_eq!(stream.try_read(&mut buffer)?, 3);

        let sent = fill(&stream)?;
        let error = stream.try_write_vectored(&[IoSlice::new(b"more")]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::WouldBlock);
        peer.read_exact(&mut vec![0; sent])?;
        stream.writable().await?;
        assert_eq!(stream.try_write(b"more")?, 4);
        peer.read_exact(&mut buffer[..4])?;
        assert_eq!(&buffer[..4], b"more");
        Ok(())
    })
}

#[test]
fn options_are_set_and_read() -> io::Result<()> {
    let (stream, _peer) = pair()?;
    for nodelay in [true, false] {
        stream.set_nodelay(nodelay)?;
        assert_eq!(stream.nodelay()?, nodelay);
    }
    stream.set_ttl(7)?;
    assert_eq!(stream.ttl()?, 7);
    for linger in [Some(Duration::from_secs(3)), Some(Duration::ZERO), None] {
        stream.set_linger(linger)?;
        assert_eq!(stream.linger()?, linger);
    }
    stream.set_zero_linger()?;
    assert_eq!(stream.linger()?, Some(Duration::ZERO));
    Ok(())
}

#[test]
fn an_option_that_is_refused_is_named() -> io::Result<()> {
    let (stream, _peer) = pair()?;
    let errors = [stream.set_ttl(0), stream.set_ttl(u32::MAX), stream.set_linger(Some(Duration::MAX))];
    let texts = [
        "cannot set IP_TTL to 0: Invalid argument (os error 22)",
        "cannot set IP_TTL to 4294967295: it is at most 2147483647",
        "cannot set SO_LINGER to 18446744073709551616 s: it is at most 2147483647",
    ];
    for (result, text) in errors.into_iter().zip(texts) {
        let error = result.unwrap_err();
        assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::InvalidInput, text));
    }
    assert_eq!(stream.linger()?, None);
    Ok(())
}

#[test]
#[should_panic(expected = "a socket was awaited")]
fn waiting_outside_of_a_runtime_panics_with_a_word_of_advice() {
    let (stream, _peer) = pair().unwrap();
    let _never = pin!(stream.readable()).poll(&mut Context::from_waker(Waker::noop()));
}
