//! Thousands of connections at once, for as long as told: with resets, half-closed ends, slow readers, floods, timeouts,
//! aborted tasks, wakes from another thread, names that are looked up and work that blocks. Each byte is compared with what
//! its seed says it must be, or by a hash if it is one of a flood; in the end nothing may be left, and the memory must not
//! have grown.
//!
//! cargo run --release --example soak -- --seconds 60
//!
//! It prints its seed. Given again, the same things are done, if not in the same order.

#![forbid(unsafe_code)]

mod census;
mod client;
mod flood;
mod helper;
mod random;
mod server;
mod tally;
mod wire;

use std::io;
use std::process::{self, ExitCode};
use std::rc::Rc;
use std::thread;
use std::time::{Duration, SystemTime};

use clap::Parser;
use epore::net::{TcpListener, TcpSocket, UnixListener};
use epore::time::{Instant, sleep_until};
use epore::{Runtime, TaskGroup};

use census::Census;
use client::{PATIENCE, World};
use helper::Helper;
use random::Random;
use server::fail;
use tally::Tally;

/// Between two marks of a run of several minutes.
const MARK: Duration = Duration::from_secs(60);

/// How many marks a shorter run has.
const MARKS: u32 = 6;

/// How much the memory may grow, in KiB, after the first mark: what the allocator keeps of the worst moment so far.
const GROWTH: usize = 16 * 1024;

/// How many tasks flood, however many others there are: what all of them hold at once is bounded.
const FLOODS: usize = 4;

/// What the runtime says of itself when nothing is left in it.
const NOTHING_LEFT: &str = "Runtime { tasks: 0, timers: 0, sources: 0, .. }";

/// Runs everything at once for a while, and looks whether all of it is right.
#[derive(Parser)]
struct Options {
    /// For how long.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// How many things are done at once: most of them are connections, of two descriptors each. The floods take up to 1600 more.
    #[arg(long, default_value_t = 1000)]
    tasks: u64,
    /// By default another one each time.
    #[arg(long)]
    seed: Option<u64>,
}

/// Ends the process if it has not ended by itself in time: what hangs must not depend on the runtime to be found.
fn watch(options: &Options) {
    let limit = Duration::from_secs(options.seconds) + 2 * PATIENCE;
    thread::spawn(move || {
        thread::sleep(limit);
        eprintln!("failure: it has not ended {limit:?} after it began");
        process::exit(2)
    });
}

fn main() -> ExitCode {
    let options = Options::parse();
    watch(&options);
    // Signals rain on it under `.ci/storm` alone.
    let _storm = storm::begin();
    match run(&options) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(failures) => {
            eprintln!("{failures} failures");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Says how many failures there were.
fn run(options: &Options) -> io::Result<u64> {
    let now = SystemTime::UNIX_EPOCH.elapsed().map_err(io::Error::other)?;
    let seed = options.seed.unwrap_or(now.as_nanos() as u64);
    println!("seed {seed}, {} tasks, {} seconds", options.tasks, options.seconds);
    let before = Census::take()?;
    let tally = Rc::new(Tally::default());
    let runtime = Runtime::new()?;
    let marks = runtime.block_on(soak(options, seed, &tally))?;
    let left = format!("{runtime:?}");
    drop(runtime);
    println!("{tally}");
    if tally.live.get() > 0 || left != NOTHING_LEFT {
        fail(&tally, &format!("something is left: {left}, and {} futures that were not dropped", tally.live.get()));
    }
    let after = Census::take()?;
    if after.descriptors != before.descriptors {
        fail(&tally, &format!("{before:?} before, but {after:?} after it all"));
    }
    if let [first, .., last] = &marks[..]
        && last.memory > first.memory + GROWTH
    {
        fail(&tally, &format!("the memory has grown: {marks:?}"));
    }
    Ok(tally.count("failures"))
}

/// Does everything, waits until all of it has ended, and gives the marks.
async fn soak(options: &Options, seed: u64, tally: &Rc<Tally>) -> io::Result<Vec<Census>> {
    let listener = listen()?;
    let port = listener.local_addr()?.port();
    let path = format!("\0epore-soak-{}", process::id());
    let serving = TaskGroup::new();
    let tcp = epore::spawn(server::serve_tcp(listener, serving.clone(), Rc::clone(tally)));
    let unix = epore::spawn(server::serve_unix(UnixListener::bind(&path)?, serving.clone(), Rc::clone(tally)));

    let end = Instant::now() + Duration::from_secs(options.seconds);
    let world = Rc::new(World { port, path, helper: Helper::start(), tally: Rc::clone(tally) });
    let working = TaskGroup::new();
    let mut random = Random::new(seed);
    for _ in 0..options.tasks {
        drop(working.spawn(client::work(Rc::clone(&world), random.next(), end, client::step)));
    }
    for _ in 0..FLOODS {
        drop(working.spawn(client::work(Rc::clone(&world), random.next(), end, flood::step)));
    }
    working.close();
    let marks = mark(options, tally, end).await?;
    working.wait().await;
    // Whoever was served has gone, and so will the servers.
    serving.close();
    serving.wait().await;
    for task in [tcp, unix] {
        task.abort();
        let _cancelled = task.await;
    }
    Ok(marks)
}

/// Listens with small buffers, which the connections inherit: so writers have to wait, and their writes are cut short.
fn listen() -> io::Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    socket.set_send_buffer_size(16 * 1024)?;
    socket.set_recv_buffer_size(16 * 1024)?;
    socket.bind(([127, 0, 0, 1], 0).into())?;
    // As many may wait as the system allows.
    socket.listen(u32::MAX)
}

/// Takes a census now and then.
async fn mark(options: &Options, tally: &Tally, end: Instant) -> io::Result<Vec<Census>> {
    let between = MARK.min(Duration::from_secs(options.seconds) / MARKS);
    let mut marks = Vec::new();
    let mut next = Instant::now() + between;
    while next <= end {
        sleep_until(next).await;
        let census = Census::take()?;
        let Census { descriptors, memory, threads } = census;
        let (steps, bytes) = (tally.count("steps"), tally.count("bytes checked") >> 20);
        println!("{steps} steps, {bytes} MiB, {descriptors} descriptors, {threads} threads, {memory} KiB");
        marks.push(census);
        next += between;
    }
    Ok(marks)
}
