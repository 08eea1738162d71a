#![forbid(unsafe_code)]

mod support;

use std::io::{self, ErrorKind, Write};
use std::net::Shutdown;
use std::string::FromUtf8Error;

use epore::io::BufReader;
use epore::net::TcpStream;
use futures::future::join;
use support::panics::panic_of;
use support::polls::{drop_at, run, turns};
use support::tcp::{pair, pattern, reset};

/// A reader of a stream that brings these bytes and then ends.
fn reader_of(bytes: &[u8]) -> io::Result<BufReader<TcpStream>> {
    let (stream, mut peer) = pair()?;
    peer.write_all(bytes)?;
    Ok(BufReader::new(stream))
}

#[test]
fn small_reads_come_from_the_buffer() -> io::Result<()> {
    run(async {
        let mut reader = reader_of(b"hello")?;
        let mut buffer = [0; 2];
        assert_eq!(reader.read(&mut buffer).await?, 2);
        assert_eq!((&buffer, reader.buffer()), (b"he", &b"llo"[..]));
        assert_eq!(reader.read(&mut []).await?, 0);
        assert_eq!(reader.read(&mut buffer).await?, 2);
        // What is left, and no more, though there is room.
        assert_eq!(reader.read(&mut buffer).await?, 1);
        assert_eq!(reader.read(&mut buffer).await?, 0);
        Ok(())
    })
}

#[test]
fn a_read_of_nothing_waits_for_nothing() -> io::Result<()> {
    run(async {
        let (stream, _silent) = pair()?;
        assert_eq!(BufReader::new(stream).read(&mut []).await?, 0);
        Ok(())
    })
}

#[test]
fn large_reads_pass_by_the_empty_buffer() -> io::Result<()> {
    run(async {
        let (stream, mut peer) = pair()?;
        let mut reader = BufReader::with_capacity(16, stream);
        peer.write_all(&pattern(100))?;
        let mut received = [0; 100];
        assert_eq!(reader.read(&mut received).await?, 100);
        assert_eq!(reader.buffer(), b"");
        assert!(received[..] == pattern(100));
        Ok(())
    })
}

#[test]
fn read_exact_fills_its_buffer_from_both() -> io::Result<()> {
    run(async {
        let (stream, mut peer) = pair()?;
        let mut reader = BufReader::with_capacity(16, stream);
        peer.write_all(&pattern(100))?;
        let mut received = [0; 90];
        assert_eq!(reader.read_exact(&mut received[..1]).await?, 1);
        assert_eq!(reader.read_exact(&mut received[1..]).await?, 89);
        assert!(received[..] == pattern(100)[..90]);
        drop(peer);
        let error = reader.read_exact(&mut [0; 11]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
        assert_eq!(error.to_string(), "the stream ended after 10 of 11 bytes");
        Ok(())
    })
}

#[test]
fn read_to_end_begins_with_the_buffer() -> io::Result<()> {
    run(async {
        let mut reader = reader_of(b"one\ntwo\n")?;
        reader.read_line(&mut String::new()).await?;
        let mut rest = b"and ".to_vec();
        assert_eq!(reader.read_to_end(&mut rest).await?, 4);
        assert_eq!(rest, b"and two\n");
        assert_eq!(reader.read_to_end(&mut rest).await?, 0);
        Ok(())
    })
}

#[test]
fn read_to_string_reads_text_to_the_end() -> io::Result<()> {
    run(async {
        let text = "größer als der Puffer ".repeat(10_000);
        let (stream, mut peer) = pair()?;
        let sent = text.clone();
        let sending = std::thread::spawn(move || peer.write_all(sent.as_bytes()));
        let mut reader = BufReader::with_capacity(7, stream);
        let mut received = String::new();
        assert_eq!(reader.read_to_string(&mut received).await?, text.len());
        assert!(received == text);
        sending.join().unwrap()
    })
}

#[test]
fn fill_buf_shows_what_consume_takes() -> io::Result<()> {
    run(async {
        let mut reader = reader_of(b"hello")?;
        assert_eq!(reader.fill_buf().await?, b"hello");
        reader.consume(2);
        assert_eq!(reader.fill_buf().await?, b"llo");
        reader.consume(3);
        assert_eq!(reader.fill_buf().await?, b"");
        assert_eq!(reader.fill_buf().await?, b"");
        Ok(())
    })
}

#[test]
fn the_whole_buffer_is_room_for_what_comes_next() -> io::Result<()> {
    run(async {
        let (stream, mut peer) = pair()?;
        let mut reader = BufReader::with_capacity(8, stream);
        peer.write_all(b"12345")?;
        assert_eq!(reader.fill_buf().await?, b"12345");
        reader.consume(5);
        peer.write_all(b"abcdefgh")?;
        assert_eq!(reader.fill_buf().await?, b"abcdefgh");
        reader.consume(7);
        peer.write_all(b"ijklmno!")?;
        assert_eq!(reader.read_until(b'o', &mut Vec::new()).await?, 8);
        assert_eq!(reader.buffer(), b"", "it took what there was room for, and did not grow");
        Ok(())
    })
}

#[test]
fn read_until_stops_behind_each_delimiter() -> io::Result<()> {
    run(async {
        let mut reader = reader_of(b"one,,two")?;
        let mut parts = Vec::new();
        for expected in [4, 1, 3, 0, 0] {
            assert_eq!(reader.read_until(b',', &mut parts).await?, expected);
            parts.push(b'|');
        }
        assert_eq!(parts, b"one,|,|two|||");
        Ok(())
    })
}

#[test]
fn lines_longer_than_the_buffer_are_whole() -> io::Result<()> {
    run(async {
        for capacity in [1, 2, 7, 64] {
            let (stream, mut peer) = pair()?;
            let mut reader = BufReader::with_capacity(capacity, stream);
            let lines: Vec<String> = (0..200).map(|len| "ü".repeat(len) + "\n").collect();
            peer.write_all(lines.concat().as_bytes())?;
            for line in lines {
                let mut read = "> ".to_owned();
                assert_eq!(reader.read_line(&mut read).await?, line.len());
                assert_eq!(read, format!("> {line}"));
            }
        }
        Ok(())
    })
}

#[test]
fn a_line_that_is_not_utf8_is_in_the_error_and_the_next_one_comes() -> io::Result<()> {
    run(async {
        let mut reader = reader_of(b"one\nt\xffo\nthree\n\xc3")?;
        let mut lines = String::new();
        reader.read_line(&mut lines).await?;
        let error = reader.read_line(&mut lines).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidData);
        assert_eq!(error.to_string(), "invalid utf-8 sequence of 1 bytes from index 1");
        let line = error.into_inner().unwrap().downcast::<FromUtf8Error>().unwrap().into_bytes();
        assert_eq!(line, b"t\xffo\n");
        reader.read_line(&mut lines).await?;
        assert_eq!(lines, "one\nthree\n");
        assert_eq!(reader.read_to_string(&mut lines).await.unwrap_err().kind(), ErrorKind::InvalidData);
        assert_eq!(lines, "one\nthree\n");
        Ok(())
    })
}

#[test]
fn a_line_may_have_as_many_bytes_as_the_limit_says() -> io::Result<()> {
    run(async {
        for (bytes, is_fit) in [(&b"1234\n"[..], true), (b"12345\n", false), (b"12345", true), (b"123456", false)] {
            for capacity in [1, 5, 100] {
                let (stream, mut peer) = pair()?;
                peer.write_all(bytes)?;
                peer.shutdown(Shutdown::Write)?;
                let mut reader = BufReader::with_capacity(capacity, stream).max_line(5);
                let mut line = String::new();
                let result = reader.read_line(&mut line).await;
                assert_eq!(result.is_ok(), is_fit, "{bytes:?} {capacity}");
                assert_eq!(line.as_bytes(), if is_fit { bytes } else { b"" });
            }
        }
        Ok(())
    })
}

#[test]
fn a_line_without_end_takes_no_more_memory_than_the_limit_says() -> io::Result<()> {
    run(async {
        let (stream, peer) = pair()?;
        let peer = TcpStream::from_std(peer)?;
        let flood = epore::spawn(async move { peer.write_all(&vec![b'a'; 8 << 20]).await });
        let mut reader = BufReader::new(stream).max_line(20_000);
        for _ in 0..3 {
            let error = reader.read_line(&mut String::new()).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidData);
            assert_eq!(error.to_string(), "a line is longer than the 20000 bytes that it may have");
        }
        assert!((20_001..40_000).contains(&reader.buffer().len()), "{}", reader.buffer().len());
        assert!(!flood.is_finished());
        Ok(())
    })
}

#[test]
fn what_came_before_an_error_is_kept() -> io::Result<()> {
    run(async {
        let (stream, mut peer) = pair()?;
        peer.write_all(b"half a li")?;
        let mut reader = BufReader::new(stream);
        reader.fill_buf().await?;
        reset(peer)?;
        let error = reader.read_line(&mut String::new()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        assert_eq!(reader.buffer(), b"half a li");
        Ok(())
    })
}

/// R24
#[test]
fn reads_that_are_dropped_lose_no_byte() -> io::Result<()> {
    run(async {
        let (stream, mut peer) = pair()?;
        let mut reader = BufReader::with_capacity(4, stream);
        let sent = b"one\ntwenty-two\nthree hundred and three\n".repeat(20);
        let (mut received, mut drops) = (Vec::new(), 0);
        let mut kind = 0;
        for chunk in sent.chunks(5) {
            kind = (kind + 1) % 4;
            let (mut bytes, mut text) = (Vec::new(), String::new());
            let mut small = [0; 3];
            let read = async {
                match kind {
                    0 => reader.read_line(&mut text).await.map(drop),
                    1 => reader.read_until(b' ', &mut bytes).await.map(drop),
                    2 => reader.fill_buf().await.map(drop),
                    _ => {
                        let count = reader.read(&mut small).await?;
                        bytes.extend_from_slice(&small[..count]);
                        Ok(())
                    }
                }
            };
            // It has read the chunk, and waits for more.
            let (done, sent) = join(drop_at(2, read), async {
                turns(1).await;
                peer.write_all(chunk)
            })
            .await;
            sent?;
            match done {
                Some(result) => result?,
                None => {
                    drops += 1;
                    assert!(bytes.is_empty() && text.is_empty(), "all or nothing");
                }
            }
            received.extend_from_slice(&bytes);
            received.extend_from_slice(text.as_bytes());
        }
        drop(peer);
        reader.read_to_end(&mut received).await?;
        assert_eq!(String::from_utf8_lossy(&received), String::from_utf8_lossy(&sent));
        assert!(drops > 10, "{drops}");
        Ok(())
    })
}

#[test]
fn it_reads_streams_and_halves_owned_and_borrowed() -> io::Result<()> {
    run(async {
        let (mut stream, mut peer) = pair()?;
        peer.write_all(b"1\n2\n3\n4\n")?;
        let mut line = String::new();
        BufReader::with_capacity(2, &stream).read_line(&mut line).await?;
        BufReader::with_capacity(2, &mut stream).read_line(&mut line).await?;
        BufReader::with_capacity(2, stream.split().0).read_line(&mut line).await?;
        let (half, _writer) = stream.into_split();
        let mut reader = BufReader::with_capacity(2, half);
        reader.read_line(&mut line).await?;
        assert_eq!(line, "1\n2\n3\n4\n");
        assert_eq!(reader.get_ref().peer_addr()?, peer.local_addr()?);
        assert_eq!(reader.get_mut().peer_addr()?, peer.local_addr()?);
        assert_eq!(reader.into_inner().peer_addr()?, peer.local_addr()?);
        Ok(())
    })
}

#[test]
fn reading_can_be_sent_to_another_thread() -> io::Result<()> {
    fn assert_send(_: &impl Send) {}
    let mut reader = reader_of(b"")?;
    assert_send(&reader);
    assert_send(&reader.read_line(&mut String::new()));
    assert_send(&reader.lines().next_line());
    Ok(())
}

#[test]
fn misuse_is_told() -> io::Result<()> {
    let mut reader = reader_of(b"")?;
    let (message, place) = panic_of(|| reader.consume(1));
    assert_eq!(message, "1 bytes were consumed of a buffer that holds 0: consume what was read from it");
    assert!(place.starts_with(file!()), "{place}");
    let (message, place) = panic_of(|| BufReader::with_capacity(0, ()));
    assert_eq!(message, "a buffered reader has a capacity of 0, so it could hold nothing: give it at least a byte");
    assert!(place.starts_with(file!()), "{place}");
    Ok(())
}
