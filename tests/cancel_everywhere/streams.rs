#![forbid(unsafe_code)]

use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::sync::LazyLock;
use std::thread;

use epore::io::{BufReader, BufWriter, copy, copy_bidirectional};
use epore::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use epore::{spawn, yield_now};

use crate::backlog::short_listener;
use crate::support::cancel::{Cut, at_every_await};
use crate::support::polls::turns;
use crate::support::tcp::{fill, pair, pattern};
use crate::support::unix::{abstract_path, std_addr};

pub fn all() -> usize {
    at_every_await("connect", connect)
        + at_every_await("connect by name", connect_by_name)
        + at_every_await("connect to several", connect_to_several)
        + at_every_await("connect over a full backlog", connect_to_a_full_backlog)
        + at_every_await("accept", accept)
        + at_every_await("accept, Unix", accept_unix)
        + at_every_await("read", read)
        + at_every_await("read_vectored", read_vectored)
        + at_every_await("read_exact", read_exact)
        + at_every_await("read_to_end", read_to_end)
        + at_every_await("read_line", read_line)
        + at_every_await("write_vectored", write_vectored)
        + at_every_await("write_all", write_all)
        + at_every_await("buffered write", buffered_write)
        + at_every_await("copy", copying)
        + at_every_await("copy_bidirectional", copying_both_ways)
}

/// What was connected and is dropped is closed; who connects after it is the next.
async fn all_are_closed_but_the_last(listener: &TcpListener, connected: Option<TcpStream>) -> io::Result<()> {
    drop(connected);
    let last = std::net::TcpStream::connect(listener.local_addr()?)?;
    loop {
        let (stream, peer) = listener.accept().await?;
        if peer == last.local_addr()? {
            return Ok(());
        }
        assert_eq!(stream.read(&mut [0]).await?, 0, "it was closed");
    }
}

async fn connect(cut: &Cut) -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let connected = cut.here(TcpStream::connect(listener.local_addr()?)).await.transpose()?;
    all_are_closed_but_the_last(&listener, connected).await
}

async fn connect_by_name(cut: &Cut) -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let port = listener.local_addr()?.port();
    let connected = cut.here(TcpStream::connect(("localhost", port))).await.transpose()?;
    all_are_closed_but_the_last(&listener, connected).await
}

async fn connect_to_several(cut: &Cut) -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let (refusing, _held) = crate::support::tcp::closed_addr()?;
    let addrs: [SocketAddr; 3] = [refusing, refusing, listener.local_addr()?];
    let connected = cut.here(TcpStream::connect(&addrs[..])).await.transpose()?;
    all_are_closed_but_the_last(&listener, connected).await
}

async fn connect_to_a_full_backlog(cut: &Cut) -> io::Result<()> {
    let path = abstract_path();
    let listener = short_listener(&path)?;
    let first = std::os::unix::net::UnixStream::connect_addr(&std_addr(&path)?)?;
    let listening = spawn(async move {
        yield_now().await;
        listener.accept().map(|(accepted, _)| (accepted, listener))
    });
    let connected = cut.here(UnixStream::connect(&path)).await.transpose()?;
    let (_accepted, listener) = listening.await.unwrap()?;
    listener.set_nonblocking(true)?;
    assert_eq!(listener.accept().is_ok(), connected.is_some(), "one that was given up is not in the backlog");
    drop(first);
    Ok(())
}

async fn accept(cut: &Cut) -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let addr = listener.local_addr()?;
    let client = spawn(async move { std::net::TcpStream::connect(addr) });
    let accepted = cut.here(listener.accept()).await;
    let (_, peer) = match accepted {
        Some(accepted) => accepted?,
        None => listener.accept().await?,
    };
    assert_eq!(peer, client.await.unwrap()?.local_addr()?);
    Ok(())
}

async fn accept_unix(cut: &Cut) -> io::Result<()> {
    let path = abstract_path();
    let listener = UnixListener::bind(&path)?;
    let addr = std_addr(&path)?;
    let client = spawn(async move { std::os::unix::net::UnixStream::connect_addr(&addr) });
    let (stream, _) = match cut.here(listener.accept()).await {
        Some(accepted) => accepted?,
        None => listener.accept().await?,
    };
    client.await.unwrap()?.write_all(b"x")?;
    assert_eq!(stream.read(&mut [0; 2]).await?, 1);
    Ok(())
}

/// A stream whose peer sends four times a part of the pattern, and lets a turn pass before each, and then ends.
pub fn parts() -> io::Result<(TcpStream, epore::JoinHandle<io::Result<()>>)> {
    let (stream, mut peer) = pair()?;
    let sender = spawn(async move {
        for part in pattern(40).chunks(10) {
            turns(2).await;
            peer.write_all(part)?;
        }
        peer.shutdown(Shutdown::Write)
    });
    Ok((stream, sender))
}

/// All that comes before the end.
pub async fn rest(stream: &TcpStream) -> io::Result<Vec<u8>> {
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await?;
    Ok(rest)
}

async fn read(cut: &Cut) -> io::Result<()> {
    let (stream, sender) = parts()?;
    let mut buffer = [0; 64];
    let count = cut.here(stream.read(&mut buffer)).await.transpose()?.unwrap_or(0);
    assert_eq!([&buffer[..count], &rest(&stream).await?].concat(), pattern(40));
    sender.await.unwrap()
}

async fn read_vectored(cut: &Cut) -> io::Result<()> {
    let (stream, sender) = parts()?;
    let (mut head, mut tail) = ([0; 3], [0; 61]);
    let mut buffers = [IoSliceMut::new(&mut head), IoSliceMut::new(&mut tail)];
    let count = cut.here(stream.read_vectored(&mut buffers)).await.transpose()?.unwrap_or(0);
    let read = [&head[..], &tail].concat();
    assert_eq!([&read[..count], &rest(&stream).await?].concat(), pattern(40));
    sender.await.unwrap()
}

async fn read_exact(cut: &Cut) -> io::Result<()> {
    let (stream, sender) = parts()?;
    let mut buffer = [0; 35];
    cut.here(stream.read_exact(&mut buffer)).await.transpose()?;
    let rest = rest(&stream).await?;
    // What was read before the drop is in the buffer.
    assert_eq!([&buffer[..40 - rest.len()], &rest].concat(), pattern(40));
    sender.await.unwrap()
}

async fn read_to_end(cut: &Cut) -> io::Result<()> {
    let (stream, sender) = parts()?;
    let mut all = Vec::new();
    cut.here(stream.read_to_end(&mut all)).await.transpose()?;
    stream.read_to_end(&mut all).await?;
    assert_eq!(all, pattern(40));
    sender.await.unwrap()
}

async fn read_line(cut: &Cut) -> io::Result<()> {
    let (stream, mut peer) = pair()?;
    let sender = spawn(async move {
        for part in ["one", " line\nand", " another\n"] {
            turns(2).await;
            peer.write_all(part.as_bytes())?;
        }
        peer.shutdown(Shutdown::Write)
    });
    let mut lines = BufReader::new(&stream).lines();
    let mut read = Vec::new();
    cut.here(async {
        while let Some(line) = lines.next_line().await? {
            read.push(line);
        }
        io::Result::Ok(())
    })
    .await
    .transpose()?;
    while let Some(line) = lines.next_line().await? {
        read.push(line);
    }
    assert_eq!(read, ["one line", "and another"]);
    sender.await.unwrap()
}

/// More than the buffers of a connection hold, so that its sender has to wait.
const MUCH: usize = 8 << 20;

static SENT: LazyLock<Vec<u8>> = LazyLock::new(|| pattern(MUCH));

/// What a thread receives that reads until the end.
pub fn drain(mut peer: std::net::TcpStream) -> thread::JoinHandle<io::Result<Vec<u8>>> {
    thread::spawn(move || {
        let mut received = Vec::new();
        peer.read_to_end(&mut received).map(|_| received)
    })
}

async fn write_vectored(cut: &Cut) -> io::Result<()> {
    let (stream, peer) = pair()?;
    let filled = fill(&stream)?;
    let draining = spawn(async move {
        turns(2).await;
        drain(peer)
    });
    let buffers = [IoSlice::new(b"he"), IoSlice::new(b"ad")];
    let count = cut.here(stream.write_vectored(&buffers)).await.transpose()?.unwrap_or(0);
    stream.shutdown().await?;
    let received = draining.await.unwrap().join().unwrap()?;
    assert_eq!(&received[filled..], &b"head"[..count], "what was given up was not sent");
    Ok(())
}

async fn write_all(cut: &Cut) -> io::Result<()> {
    let (stream, peer) = pair()?;
    let (sent, received) = (&*SENT, drain(peer));
    let completed = cut.here(stream.write_all(sent)).await.transpose()?.is_some();
    stream.shutdown().await?;
    let received = received.join().unwrap()?;
    assert!(sent.starts_with(&received) && (!completed || received.len() == MUCH));
    Ok(())
}

async fn buffered_write(cut: &Cut) -> io::Result<()> {
    let (stream, peer) = pair()?;
    let (sent, received) = (&*SENT, drain(peer));
    let (mut writer, mut taken) = (BufWriter::new(&stream), 0);
    cut.here(async {
        // Less than the buffer holds, so that all goes through it.
        for part in sent.chunks(5000) {
            writer.write_all(part).await?;
            taken += part.len();
        }
        writer.flush().await
    })
    .await
    .transpose()?;
    // What was taken is sent later, or it was never taken.
    writer.flush().await?;
    drop(writer);
    stream.shutdown().await?;
    let received = received.join().unwrap()?;
    assert!(sent.starts_with(&received) && received.len() == taken, "{} of {taken} bytes came", received.len());
    Ok(())
}

/// What `copy` may have taken and not given, see its documentation.
const COPY_BUFFER: usize = 32 * 1024;

async fn copying(cut: &Cut) -> io::Result<()> {
    let ((from, mut source), (to, sink)) = (pair()?, pair()?);
    let received = drain(sink);
    let sender = thread::spawn(move || source.write_all(&SENT));
    let completed = cut.here(copy(&from, &to)).await.transpose()?.is_some();
    to.shutdown().await?;
    let rest = rest(&from).await?;
    sender.join().unwrap()?;
    let received = received.join().unwrap()?;
    assert!(SENT.starts_with(&received) && SENT.ends_with(&rest));
    let lost = MUCH - received.len() - rest.len();
    assert!(lost <= if completed { 0 } else { COPY_BUFFER }, "{lost} bytes are lost");
    Ok(())
}

async fn copying_both_ways(cut: &Cut) -> io::Result<()> {
    let ((one, mut client), (other, mut server)) = (pair()?, pair()?);
    let asking = thread::spawn(move || {
        client.write_all(b"question")?;
        client.shutdown(Shutdown::Write)?;
        let mut answer = Vec::new();
        client.read_to_end(&mut answer).map(|_| answer)
    });
    let answering = thread::spawn(move || {
        let mut question = Vec::new();
        server.read_to_end(&mut question)?;
        server.write_all(b"answer")?;
        io::Result::Ok(question)
    });
    let completed = cut.here(copy_bidirectional(&one, &other)).await.transpose()?;
    drop((one, other));
    let answer = asking.join().unwrap();
    let question = answering.join().unwrap();
    if let Some(counts) = completed {
        assert_eq!((counts, &answer?[..], &question?[..]), ((8, 6), &b"answer"[..], &b"question"[..]));
    }
    Ok(())
}
