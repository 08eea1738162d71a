//! The server, which does what each client's header asks for.

use std::io;
use std::rc::Rc;

use epore::TaskGroup;
use epore::net::stream::StreamSocket;
use epore::net::{Stream, TcpListener, UnixListener};

use super::random::Random;
use super::tally::Tally;
use super::wire::{Header, Kind, Reset, check, corrupt, is_reset, send};

/// Serves all who come, each in a task of the group, until it is dropped.
pub async fn serve_tcp(listener: TcpListener, group: TaskGroup, tally: Rc<Tally>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => drop(group.spawn(serve(stream, Rc::clone(&tally)))),
            Err(error) => fail(&tally, &error),
        }
    }
}

pub async fn serve_unix(listener: UnixListener, group: TaskGroup, tally: Rc<Tally>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => drop(group.spawn(serve(stream, Rc::clone(&tally)))),
            Err(error) => fail(&tally, &error),
        }
    }
}

/// Says what should not have happened. The run goes on, and fails in the end.
pub fn fail(tally: &Tally, why: &dyn std::fmt::Display) {
    eprintln!("failure: {why}");
    tally.add("failures", 1);
}

async fn serve<S: StreamSocket>(stream: Stream<S>, tally: Rc<Tally>)
where
    Stream<S>: Reset,
{
    let _live = tally.live();
    tally.add("connections accepted", 1);
    match Header::receive(&stream).await {
        Ok(header) => match answer(stream, header, &tally).await {
            Err(error) if header.kind.may_break() && is_reset(&error) => tally.add("resets met by the server", 1),
            Err(error) => fail(&tally, &format!("server, {header:?}: {error}")),
            Ok(()) => {}
        },
        // The client was aborted before it had said what it wanted.
        Err(error) if is_reset(&error) => tally.add("clients gone before their header", 1),
        Err(error) => fail(&tally, &format!("server, no header: {error}")),
    }
}

async fn answer<S: StreamSocket>(stream: Stream<S>, header: Header, tally: &Tally) -> io::Result<()>
where
    Stream<S>: Reset,
{
    let Header { seed, len, kind } = header;
    let random = &mut Random::new(seed ^ 1);
    match kind {
        Kind::Echo | Kind::ClientReset | Kind::Abort => echo(&stream, header, tally).await,
        Kind::HalfClose => {
            if check(&stream, &mut header.request(), tally, None).await? != len {
                return Err(corrupt("the request"));
            }
            send(&stream, &mut header.answer(), len, random).await
        }
        Kind::SlowReader => {
            send(&stream, &mut header.answer(), len, random).await?;
            stream.shutdown().await?;
            check(&stream, &mut header.request(), tally, None).await.map(drop)
        }
        Kind::ServerReset => {
            send(&stream, &mut header.answer(), len / 2, random).await?;
            stream.reset()
        }
        Kind::Silence => {
            let mut impatience = [0];
            stream.read_exact(&mut impatience).await?;
            send(&stream, &mut header.answer(), len, random).await
        }
    }
}

async fn echo<S: StreamSocket>(stream: &Stream<S>, header: Header, tally: &Tally) -> io::Result<()> {
    let mut pattern = header.request();
    let mut buffer = vec![0; 8 * 1024];
    loop {
        let count = stream.read(&mut buffer).await?;
        if !pattern.is_next(&buffer[..count]) {
            return Err(corrupt("a stream"));
        }
        tally.add("bytes checked", count as u64);
        if count == 0 {
            return Ok(());
        }
        stream.write_all(&buffer[..count]).await?;
    }
}
