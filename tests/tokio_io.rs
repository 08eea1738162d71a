//! The I/O traits of tokio on streams, without its runtime.

#![forbid(unsafe_code)]

mod support;

use std::io::{self, IoSlice, Read, Write};
use std::thread;

use epore::net::{TcpStream, UnixStream};
use support::polls::run;
use support::tcp::{pair, pattern};
use tokio::io::{
    AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader, copy, copy_bidirectional,
};

/// Says hello, and reads the answer to its end.
async fn converse(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> io::Result<String> {
    assert!(stream.is_write_vectored());
    assert_eq!(stream.write_vectored(&[IoSlice::new(b"hel"), IoSlice::new(b"lo\n")]).await?, 6);
    stream.flush().await?;
    stream.shutdown().await?;
    let mut text = String::new();
    stream.read_to_string(&mut text).await?;
    Ok(text)
}

/// Reads to the end, and says goodbye.
fn answer(mut peer: impl Read + Write + Send + 'static) -> thread::JoinHandle<io::Result<String>> {
    thread::spawn(move || {
        let mut text = String::new();
        peer.read_to_string(&mut text)?;
        peer.write_all(b"goodbye").map(|()| text)
    })
}

#[test]
fn streams_of_both_kinds_are_read_and_written() -> io::Result<()> {
    run(async {
        let (stream, peer) = pair()?;
        let peer = answer(peer);
        assert_eq!(converse(stream).await?, "goodbye");
        assert_eq!(peer.join().unwrap()?, "hello\n");

        let (stream, peer) = std::os::unix::net::UnixStream::pair()?;
        let peer = answer(peer);
        assert_eq!(converse(UnixStream::from_std(stream)?).await?, "goodbye");
        assert_eq!(peer.join().unwrap()?, "hello\n");
        Ok(())
    })
}

#[test]
fn halves_are_read_and_written_by_its_own_functions() -> io::Result<()> {
    run(async {
        let sent = pattern(1 << 20);
        let (stream, peer) = pair()?;
        let (mut echo_reader, mut echo_writer) = TcpStream::from_std(peer)?.into_split();
        let echo = epore::spawn(async move {
            let count = copy(&mut echo_reader, &mut echo_writer).await?;
            AsyncWriteExt::shutdown(&mut echo_writer).await.map(|()| count)
        });
        let (reader, writer) = stream.into_split();
        let sending = epore::spawn({
            let sent = sent.clone();
            async move {
                let mut writer = writer;
                AsyncWriteExt::write_all(&mut writer, &sent).await
            }
        });
        let mut received = Vec::new();
        BufReader::new(reader).read_to_end(&mut received).await?;
        assert!(received == sent);
        sending.await.unwrap()?;
        assert_eq!(echo.await.unwrap()?, 1 << 20);
        Ok(())
    })
}

/// A buffer that has been filled in part is filled on, and no byte of it is lost or made up.
#[test]
fn what_was_in_a_buffer_stays() -> io::Result<()> {
    run(async {
        let (mut stream, mut peer) = pair()?;
        peer.write_all(b"world\n")?;
        drop(peer);
        let mut buffer = Vec::with_capacity(64);
        buffer.extend_from_slice(b"hello, ");
        AsyncReadExt::read_to_end(&mut stream, &mut buffer).await?;
        assert_eq!(buffer, b"hello, world\n");
        Ok(())
    })
}

#[test]
fn its_proxy_and_its_lines_run_here() -> io::Result<()> {
    run(async {
        let ((mut inbound, mut client), (mut outbound, server)) = (pair()?, pair()?);
        let server = answer(server);
        let proxy = epore::spawn(async move { copy_bidirectional(&mut inbound, &mut outbound).await });
        client.write_all(b"hello\n")?;
        client.shutdown(std::net::Shutdown::Write)?;
        let client = TcpStream::from_std(client)?;
        let mut lines = BufReader::new(client).lines();
        assert_eq!(lines.next_line().await?.as_deref(), Some("goodbye"));
        assert_eq!(server.join().unwrap()?, "hello\n");
        assert_eq!(proxy.await.unwrap()?, (6, 7));
        Ok(())
    })
}
