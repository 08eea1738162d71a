//! What both ends agree on: the header of a conversation, and how the bytes of a pattern are sent and checked.

use std::io;
use std::time::Duration;

use epore::net::Stream;
use epore::net::stream::StreamSocket;
use epore::time::sleep;

use super::random::{Pattern, Random};
use super::tally::Tally;

/// How much is written or read at once, at most.
const CHUNK: usize = 16 * 1024;

/// What a conversation is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// All comes back while it is still being sent.
    Echo,
    /// The answer comes when the request has ended.
    HalfClose,
    /// The client reads more slowly than the server writes.
    SlowReader,
    /// The client gives up with a reset.
    ClientReset,
    /// The server gives up with a reset.
    ServerReset,
    /// The client runs out of patience before there is an answer, and asks again.
    Silence,
    /// The client's task is aborted.
    Abort,
}

impl Kind {
    pub const ALL: [Kind; 7] = [
        Kind::Echo,
        Kind::HalfClose,
        Kind::SlowReader,
        Kind::ClientReset,
        Kind::ServerReset,
        Kind::Silence,
        Kind::Abort,
    ];

    /// Whether an end may come at any time.
    pub fn may_break(self) -> bool {
        matches!(self, Kind::ClientReset | Kind::ServerReset | Kind::Abort)
    }
}

/// What a client says first.
#[derive(Clone, Copy, Debug)]
pub struct Header {
    pub seed: u64,
    pub len: usize,
    pub kind: Kind,
}

impl Header {
    pub async fn send<S: StreamSocket>(self, stream: &Stream<S>) -> io::Result<()> {
        let mut bytes = [0; 17];
        bytes[..8].copy_from_slice(&self.seed.to_ne_bytes());
        bytes[8..16].copy_from_slice(&(self.len as u64).to_ne_bytes());
        bytes[16] = self.kind as u8;
        stream.write_all(&bytes).await
    }

    pub async fn receive<S: StreamSocket>(stream: &Stream<S>) -> io::Result<Header> {
        let (mut seed, mut len, mut kind) = ([0; 8], [0; 8], [0]);
        stream.read_exact(&mut seed).await?;
        stream.read_exact(&mut len).await?;
        stream.read_exact(&mut kind).await?;
        let kind = *Kind::ALL.get(usize::from(kind[0])).ok_or_else(|| corrupt("the header"))?;
        Ok(Header { seed: u64::from_ne_bytes(seed), len: u64::from_ne_bytes(len) as usize, kind })
    }

    /// The bytes that the client sends.
    pub fn request(self) -> Pattern {
        Pattern::new(self.seed)
    }

    /// The bytes that the server sends, if it does not echo.
    pub fn answer(self) -> Pattern {
        Pattern::new(!self.seed)
    }
}

/// Sends so many bytes of a pattern, in chunks of random sizes.
pub async fn send<S: StreamSocket>(
    stream: &Stream<S>,
    pattern: &mut Pattern,
    mut len: usize,
    random: &mut Random,
) -> io::Result<()> {
    let mut buffer = vec![0; CHUNK.min(len)];
    while len > 0 {
        let size = random.within(1..CHUNK).min(len);
        pattern.fill(&mut buffer[..size]);
        stream.write_all(&buffer[..size]).await?;
        len -= size;
    }
    Ok(())
}

/// Reads until the end, compares each byte with the pattern, and says how many there were. Who is slow sleeps in between.
pub async fn check<S: StreamSocket>(
    stream: &Stream<S>,
    pattern: &mut Pattern,
    tally: &Tally,
    pause: Option<Duration>,
) -> io::Result<usize> {
    let mut buffer = vec![0; if pause.is_some() { CHUNK / 2 } else { CHUNK }];
    let mut total = 0;
    loop {
        let count = stream.read(&mut buffer).await?;
        if !pattern.is_next(&buffer[..count]) {
            return Err(corrupt("a stream"));
        }
        tally.add("bytes checked", count as u64);
        total += count;
        if count == 0 {
            return Ok(total);
        }
        if let Some(pause) = pause {
            sleep(pause).await;
        }
    }
}

/// An error that no conversation may end with.
pub fn corrupt(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("{what} does not hold what was sent"))
}

/// Whether the error is one that a reset causes at the other end.
pub fn is_reset(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionReset, NotConnected, UnexpectedEof};
    matches!(error.kind(), BrokenPipe | ConnectionReset | NotConnected | UnexpectedEof)
}

/// A connection that can be given up at once.
pub trait Reset {
    /// Closes it so that the peer gets an error, if the kind of socket has such a thing, or else the end.
    fn reset(self) -> io::Result<()>;
}

impl Reset for epore::net::TcpStream {
    fn reset(self) -> io::Result<()> {
        self.set_linger(Some(Duration::ZERO))
    }
}

impl Reset for epore::net::UnixStream {
    fn reset(self) -> io::Result<()> {
        Ok(())
    }
}
