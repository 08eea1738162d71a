//! Floods: a peer that pours bytes at full speed, and a crowd that connects at once.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use epore::net::{TcpListener, TcpStream};
use epore::time::sleep;
use futures::future::try_join_all;

use super::client::{PATIENCE, World, talk};
use super::random::{Pattern, Random};
use super::wire::{Header, Kind, corrupt};

/// How much is poured at once.
const BLOCK: usize = 64 * 1024;

/// How many blocks a flood has at most: 4 MiB, more than all buffers hold, so that it lasts for many turns of the runtime.
const MAX_BLOCKS: usize = 64;

/// How many connect at once, at most. Each holds two descriptors, of which the other tasks need some too.
const MAX_CROWD: usize = 200;

/// How many milliseconds a task waits between two floods, at most.
const MAX_CALM: usize = 100;

/// A flood, of either kind, after a calm.
pub async fn step(world: &Rc<World>, random: &mut Random) -> io::Result<()> {
    sleep(Duration::from_millis(random.within(0..MAX_CALM) as u64)).await;
    match random.within(0..2) {
        0 => read_flood(world, random).await,
        _ => connect_crowd(world, random).await,
    }
}

/// Reads what a thread pours, as fast as it can, and compares its hash with that of the thread.
async fn read_flood(world: &World, random: &mut Random) -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let (addr, seed, count) = (listener.local_addr()?, random.next(), random.within(1..MAX_BLOCKS + 1));
    let pouring = epore::spawn_blocking(move || pour(addr, seed, count));
    let (stream, _) = listener.accept().await?;
    let (mut buffer, mut hash, mut total) = (vec![0; BLOCK], Hash::default(), 0);
    loop {
        let count = stream.read(&mut buffer).await?;
        if count == 0 {
            break;
        }
        hash.add(&buffer[..count]);
        total += count;
    }
    world.tally.add("floods read", 1);
    world.tally.add("bytes of floods checked", total as u64);
    let poured = pouring.await.map_err(io::Error::other)??;
    if (total, hash) == (count * BLOCK, poured) { Ok(()) } else { Err(corrupt("a flood")) }
}

/// Pours as fast as the reader takes it, and gives the hash, which is taken beforehand so that it does not slow the flood.
fn pour(addr: SocketAddr, seed: u64, count: usize) -> io::Result<Hash> {
    let mut hash = Hash::default();
    each_block(seed, count, |block| {
        hash.add(block);
        Ok(())
    })?;
    let mut stream = std::net::TcpStream::connect(addr)?;
    stream.set_write_timeout(Some(PATIENCE))?;
    each_block(seed, count, |block| stream.write_all(block))?;
    Ok(hash)
}

/// The blocks of a flood, each of which begins with its number, so that none can stand for another.
fn each_block(seed: u64, count: usize, mut f: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
    let mut block = vec![0; BLOCK];
    Pattern::new(seed).fill(&mut block);
    (0..count).try_for_each(|number| {
        block[..8].copy_from_slice(&(number as u64).to_ne_bytes());
        f(&block)
    })
}

/// A hundred or two connect at once, and when all are there each has a little echoed.
async fn connect_crowd(world: &World, random: &mut Random) -> io::Result<()> {
    let size = random.within(MAX_CROWD / 2..MAX_CROWD + 1);
    let streams = try_join_all((0..size).map(|_| TcpStream::connect(("127.0.0.1", world.port)))).await?;
    world.tally.add("crowds connected", 1);
    world.tally.add("connections made", size as u64);
    let talks = streams.into_iter().map(|stream| {
        let header = Header { seed: random.next(), len: random.within(1..1024), kind: Kind::Echo };
        let mut own = Random::new(random.next());
        async move { talk(stream, header, &world.tally, &mut own).await }
    });
    try_join_all(talks).await.map(drop)
}

/// The hash FNV-1a, which is the same however the bytes are cut.
#[derive(PartialEq, Eq)]
struct Hash(u64);

impl Default for Hash {
    fn default() -> Hash {
        Hash(0xcbf2_9ce4_8422_2325)
    }
}

impl Hash {
    fn add(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    }
}
