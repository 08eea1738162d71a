//! The I/O traits of futures on streams.

#![forbid(unsafe_code)]

mod support;

use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::thread;

use epore::net::{TcpStream, UnixStream};
use futures::future::try_join;
use futures::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader, copy};
use support::polls::run;
use support::tcp::{pair, pattern};

/// Says hello, and reads the answer to its end.
async fn converse(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> io::Result<String> {
    assert_eq!(stream.write_vectored(&[IoSlice::new(b"hel"), IoSlice::new(b"lo\n")]).await?, 6);
    stream.flush().await?;
    stream.close().await?;
    let (mut first, mut second) = ([0; 2], [0; 1]);
    assert_eq!(stream.read_vectored(&mut [IoSliceMut::new(&mut first), IoSliceMut::new(&mut second)]).await?, 3);
    let mut text = String::from_utf8([&first[..], &second].concat()).unwrap();
    stream.read_to_string(&mut text).await?;
    Ok(text)
}

/// Reads to the end, and says goodbye.
fn answer(mut peer: impl Read + Write + Send + 'static) -> thread::JoinHandle<io::Result<String>> {
    thread::spawn(move || {
        peer.write_all(b"goodbye")?;
        let mut text = String::new();
        peer.read_to_string(&mut text).map(|_| text)
    })
}

#[test]
fn streams_are_read_and_written_by_value_and_by_reference() -> io::Result<()> {
    run(async {
        let (stream, peer) = pair()?;
        let peer = answer(peer);
        assert_eq!(converse(stream).await?, "goodbye");
        assert_eq!(peer.join().unwrap()?, "hello\n");

        let (stream, peer) = pair()?;
        let peer = answer(peer);
        assert_eq!(converse(&stream).await?, "goodbye");
        assert_eq!(peer.join().unwrap()?, "hello\n");

        let (stream, peer) = std::os::unix::net::UnixStream::pair()?;
        let peer = answer(peer);
        assert_eq!(converse(UnixStream::from_std(stream)?).await?, "goodbye");
        assert_eq!(peer.join().unwrap()?, "hello\n");
        Ok(())
    })
}

#[test]
fn halves_copy_both_ways_at_once() -> io::Result<()> {
    run(async {
        let sent = pattern(1 << 20);
        let (stream, peer) = pair()?;
        let (reader, writer) = stream.into_split();
        let (mut echo_reader, mut echo_writer) = TcpStream::from_std(peer)?.into_split();
        let echo = epore::spawn(async move {
            let count = copy(&mut echo_reader, &mut echo_writer).await?;
            echo_writer.close().await.map(|()| count)
        });
        let send = async {
            let mut writer = writer;
            AsyncWriteExt::write_all(&mut writer, &sent).await?;
            writer.close().await
        };
        let receive = async {
            let (mut reader, mut received) = (reader, Vec::new());
            AsyncReadExt::read_to_end(&mut reader, &mut received).await.map(|_| received)
        };
        let ((), received) = try_join(send, receive).await?;
        assert!(received == sent);
        assert_eq!(echo.await.unwrap()?, 1 << 20);
        Ok(())
    })
}

#[test]
fn its_buffered_reader_takes_a_borrowed_half() -> io::Result<()> {
    run(async {
        let (stream, mut peer) = pair()?;
        peer.write_all(b"one\ntwo\n")?;
        let (reader, _writer) = stream.split();
        let mut lines = BufReader::new(reader);
        let mut line = String::new();
        lines.read_line(&mut line).await?;
        lines.read_line(&mut line).await?;
        assert_eq!(line, "one\ntwo\n");
        Ok(())
    })
}
