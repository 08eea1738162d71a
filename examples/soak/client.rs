//! The clients: conversations with the server, and what else a program does beside them.

use std::io;
use std::rc::Rc;
use std::time::Duration;

use epore::net::stream::StreamSocket;
use epore::net::{Stream, TcpStream, UdpSocket, UnixStream};
use epore::time::{sleep, timeout};

use super::helper::Helper;
use super::random::{Pattern, Random};
use super::server::fail;
use super::tally::Tally;
use super::wire::{Header, Kind, Reset, check, corrupt, is_reset, send};

/// How long a step may take before it is held to hang. The slowest take seconds when thousands share two processors.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Where the server is, and who helps.
pub struct World {
    pub port: u16,
    pub path: String,
    pub helper: Helper,
    pub tally: Rc<Tally>,
}

/// Does one step after another, until the deadline has passed.
pub async fn work<F>(world: Rc<World>, seed: u64, deadline: epore::time::Instant, step: F)
where
    F: AsyncFn(&Rc<World>, &mut Random) -> io::Result<()>,
{
    let _live = world.tally.live();
    let mut random = Random::new(seed);
    while epore::time::Instant::now() < deadline {
        let seed = random.next();
        match timeout(PATIENCE, step(&world, &mut Random::new(seed))).await {
            Ok(Ok(())) => world.tally.add("steps", 1),
            Ok(Err(error)) => fail(&world.tally, &format!("step of seed {seed}: {error}")),
            Err(_) => fail(&world.tally, &format!("step of seed {seed}: it hangs")),
        }
    }
}

/// Any thing but a flood.
pub async fn step(world: &Rc<World>, random: &mut Random) -> io::Result<()> {
    match random.within(0..12) {
        0 => ask_a_thread(world, random).await,
        1 => compute_elsewhere(world, random).await,
        2 => exchange_datagrams(world, random).await,
        3 => arm_timers(world, random).await,
        4 => converse(UnixStream::connect(&world.path).await?, world, random).await,
        // By name, so that it is looked up on a thread.
        5 => {
            world.tally.add("names looked up", 1);
            converse(TcpStream::connect(("localhost", world.port)).await?, world, random).await
        }
        _ => converse(TcpStream::connect(("127.0.0.1", world.port)).await?, world, random).await,
    }
}

async fn converse<S: StreamSocket + 'static>(
    stream: Stream<S>,
    world: &Rc<World>,
    random: &mut Random,
) -> io::Result<()>
where
    Stream<S>: Reset,
{
    let kind = Kind::ALL[random.within(0..Kind::ALL.len())];
    // Most are short, some are long.
    let len = if random.within(0..8) == 0 { random.within(1..512 * 1024) } else { random.within(1..16 * 1024) };
    let header = Header { seed: random.next(), len, kind };
    world.tally.add("connections made", 1);
    let result = match kind {
        Kind::Abort => abort(stream, header, world, random).await,
        _ => talk(stream, header, &world.tally, random).await,
    };
    match result {
        Err(error) if kind.may_break() && is_reset(&error) => world.tally.add("resets met by clients", 1),
        Err(error) => return Err(io::Error::new(error.kind(), format!("client, {header:?}: {error}"))),
        Ok(()) => {}
    }
    Ok(())
}

/// Has the conversation that the header is of.
pub async fn talk<S: StreamSocket>(
    stream: Stream<S>,
    header: Header,
    tally: &Tally,
    random: &mut Random,
) -> io::Result<()>
where
    Stream<S>: Reset,
{
    let Header { len, kind, .. } = header;
    header.send(&stream).await?;
    let received = match kind {
        Kind::Echo | Kind::Abort => {
            let sending = async {
                send(&stream, &mut header.request(), len, random).await?;
                stream.shutdown().await
            };
            let echoed = &mut header.request();
            let (sent, received) = futures::join!(sending, check(&stream, echoed, tally, None));
            sent.and(received)?
        }
        Kind::HalfClose => {
            send(&stream, &mut header.request(), len, random).await?;
            stream.shutdown().await?;
            check(&stream, &mut header.answer(), tally, None).await?
        }
        Kind::SlowReader => {
            let pause = Some(Duration::from_micros(random.within(1..3000) as u64));
            check(&stream, &mut header.answer(), tally, pause).await?
        }
        Kind::ClientReset => {
            send(&stream, &mut header.request(), len / 2, random).await?;
            tally.add("resets by clients", 1);
            return stream.reset();
        }
        Kind::ServerReset => {
            // A reset may overtake what was sent before it.
            check(&stream, &mut header.answer(), tally, None).await?;
            len
        }
        Kind::Silence => {
            let early = timeout(Duration::from_millis(random.within(1..20) as u64), stream.read(&mut [0])).await;
            if early.is_ok() {
                return Err(corrupt("the silence"));
            }
            tally.add("timeouts", 1);
            stream.write_all(b"!").await?;
            check(&stream, &mut header.answer(), tally, None).await?
        }
    };
    if received == len { Ok(()) } else { Err(corrupt(&format!("an answer of {received} bytes"))) }
}

/// Talks in a task of its own, and aborts it at some moment.
async fn abort<S: StreamSocket + 'static>(
    stream: Stream<S>,
    header: Header,
    world: &Rc<World>,
    random: &mut Random,
) -> io::Result<()>
where
    Stream<S>: Reset,
{
    let (tally, mut own) = (Rc::clone(&world.tally), Random::new(random.next()));
    let task = epore::spawn(async move {
        let _live = tally.live();
        talk(stream, header, &tally, &mut own).await
    });
    sleep(Duration::from_micros(random.within(0..5000) as u64)).await;
    task.abort();
    match task.await {
        Ok(result) => result,
        Err(error) if error.is_cancelled() => {
            world.tally.add("tasks aborted", 1);
            Ok(())
        }
        Err(error) => Err(io::Error::other(error)),
    }
}

/// Sends a number to another thread, which wakes this task when it has the answer. Now and then nobody waits for it.
async fn ask_a_thread(world: &World, random: &mut Random) -> io::Result<()> {
    for _ in 0..random.within(1..20) {
        let number = random.next();
        let answer = world.helper.ask(number);
        if random.within(0..4) == 0 {
            continue;
        }
        if answer.await != Ok(!number) {
            return Err(corrupt("the answer of a thread"));
        }
        world.tally.add("wakes by other threads", 1);
    }
    Ok(())
}

/// Has a sum done on a thread for blocking work.
async fn compute_elsewhere(world: &World, random: &mut Random) -> io::Result<()> {
    let seed = random.next();
    let sum = |seed| {
        let mut bytes = vec![0; 4096];
        Pattern::new(seed).fill(&mut bytes);
        bytes.iter().map(|&byte| u64::from(byte)).sum::<u64>()
    };
    let elsewhere = epore::spawn_blocking(move || sum(seed));
    if random.within(0..4) == 0 {
        elsewhere.abort();
        world.tally.add("blocking work given up", 1);
        return Ok(());
    }
    world.tally.add("blocking work done", 1);
    if elsewhere.await.map_err(io::Error::other)? == sum(seed) { Ok(()) } else { Err(corrupt("a sum")) }
}

/// Has datagrams come back, of which there is one under way at a time: so none is dropped.
async fn exchange_datagrams(world: &World, random: &mut Random) -> io::Result<()> {
    let (one, other) = (UdpSocket::bind("127.0.0.1:0").await?, UdpSocket::bind("127.0.0.1:0").await?);
    one.connect(other.local_addr()?).await?;
    other.connect(one.local_addr()?).await?;
    let mut pattern = Pattern::new(random.next());
    let (mut sent, mut received) = (vec![0; 1400], vec![0; 1500]);
    for _ in 0..random.within(1..20) {
        let len = random.within(1..sent.len());
        pattern.fill(&mut sent[..len]);
        one.send(&sent[..len]).await?;
        let count = other.recv(&mut received).await?;
        other.send(&received[..count]).await?;
        let count = one.recv(&mut received).await?;
        if received[..count] != sent[..len] {
            return Err(corrupt("a datagram"));
        }
        world.tally.add("datagrams exchanged", 2);
        world.tally.add("bytes checked", count as u64);
    }
    Ok(())
}

/// Arms timers of which most are cancelled.
async fn arm_timers(world: &World, random: &mut Random) -> io::Result<()> {
    for _ in 0..random.within(1..50) {
        let limit = Duration::from_micros(random.within(1..100_000) as u64);
        let short = Duration::from_micros(random.within(1..500) as u64);
        let before = epore::time::Instant::now();
        // Whichever is first: the other is dropped with its timer armed.
        let _first = timeout(limit, sleep(short)).await;
        if before.elapsed() < limit.min(short) {
            return Err(corrupt("a timer that was early"));
        }
        world.tally.add("timers armed", 2);
    }
    Ok(())
}
