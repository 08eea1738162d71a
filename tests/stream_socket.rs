//! `StreamSocket`: what code can do that is written for all kinds of streams.

#![forbid(unsafe_code)]

mod support;

use std::collections::HashSet;
use std::fmt::{Debug, Display};
use std::io;

use epore::net::stream::{OwnedReadHalf, OwnedWriteHalf, ReuniteError, Stream, StreamSocket};
use epore::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use support::polls::run;
use support::unix::abstract_path;

/// A peer as a log has it, and as a list keeps it.
fn name_of<S: StreamSocket>(stream: &Stream<S>) -> io::Result<[String; 3]> {
    let peer = stream.peer_addr()?;
    let kept: S::Addr = peer.clone();
    Ok([format!("{peer}"), format!("{kept}"), format!("{peer:?}")])
}

async fn echo<S: StreamSocket>(stream: Stream<S>) -> io::Result<usize> {
    let (reader, writer): (OwnedReadHalf<S>, OwnedWriteHalf<S>) = stream.into_split();
    let mut all = Vec::new();
    reader.read_to_end(&mut all).await?;
    writer.write_all(&all).await?;
    let _whole: Stream<S> =
        reader.reunite(writer).map_err(|error: ReuniteError<S>| io::Error::other(error.to_string()))?;
    Ok(all.len())
}

async fn call<S: StreamSocket>(client: Stream<S>, server: Stream<S>) -> io::Result<()> {
    let serving = epore::spawn(echo(server));
    client.write_all(b"hello").await?;
    client.shutdown().await?;
    let mut answer = Vec::new();
    client.read_to_end(&mut answer).await?;
    assert_eq!(answer, b"hello");
    assert_eq!(serving.await.unwrap()?, 5);
    Ok(())
}

#[test]
fn peers_of_all_kinds_can_be_printed_and_kept() -> io::Result<()> {
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let addr = listener.local_addr()?.to_string();
        let names = name_of(&TcpStream::connect(&addr).await?)?;
        assert_eq!(HashSet::from(names), HashSet::from([addr]));

        let path = abstract_path();
        let _listener = UnixListener::bind(&path)?;
        let [shown, kept, debug] = name_of(&UnixStream::connect(&path).await?)?;
        assert_eq!([shown, kept], [path.replace('\0', "@"), path.replace('\0', "@")]);
        assert!(debug.contains(&path[1..]), "{debug}");
        Ok(())
    })
}

#[test]
fn one_server_serves_streams_of_all_kinds() -> io::Result<()> {
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let client = TcpStream::connect(listener.local_addr()?).await?;
        call(client, listener.accept().await?.0).await?;
        let (client, server) = UnixStream::pair()?;
        call(client, server).await
    })
}

#[test]
fn addresses_are_clone_debug_and_display() {
    fn is_shown<T: Clone + Debug + Display>() {}
    fn of_any<S: StreamSocket>() {
        is_shown::<S::Addr>();
    }
    of_any::<std::net::TcpStream>();
    of_any::<std::os::unix::net::UnixStream>();
}
