//! Many connections at once: a server, and its clients in a process of their own, so that each end has all descriptors that
//! a process may have.
//!
//! In `cargo test` it is small and counts; `.ci/load` runs it at full size, and prints what it measures.

mod support;

use std::cell::Cell;
use std::fs;
use std::io::{self, BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::rc::Rc;
use std::time::{Duration, Instant};

use epore::TaskGroup;
use epore::net::{TcpListener, TcpStream};
use epore::time::sleep;
use support::child::{is_child, rerun};
use support::polls::run;

/// How many connections are held; unset, as many as fit into a test.
const CONNECTIONS: &str = "EPORE_LOAD";

/// So many of them have a message under way at the same time, at full size.
const ACTIVE: usize = 10_000;

/// How many messages each of those has echoed.
const ROUNDS: usize = 5;

/// How many messages the normal client beside the crowd has echoed.
const SAMPLES: usize = 2000;

/// Between two bytes of one of the slow crowd.
const SLOW: Duration = Duration::from_secs(1);

fn connections() -> usize {
    std::env::var(CONNECTIONS).map_or(400, |count| count.parse().expect("a number of connections"))
}

/// In KiB: the memory that a process has resident.
fn memory(process: &str) -> usize {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// The server: echoes, and prints where it listens. It ends with its standard input.
fn serve() {
    let group = TaskGroup::new();
    epore::block_on(async {
        let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
        println!("listening on {}", listener.local_addr().unwrap().port());
        let end = epore::spawn_blocking(|| io::stdin().read_to_end(&mut Vec::new()));
        let serving = group.clone();
        let _accepting = epore::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                drop(serving.spawn(echo(stream)));
            }
        });
        end.await.unwrap().unwrap();
        group.shutdown(support::PATIENCE).await;
    });
}

async fn echo(stream: TcpStream) {
    let mut buffer = [0; 64];
    while let Ok(count @ 1..) = stream.read(&mut buffer).await {
        if stream.write_all(&buffer[..count]).await.is_err() {
            return;
        }
    }
}

/// The process of the server, which ends with this.
struct Server {
    process: Child,
    stdin: Option<ChildStdin>,
    _output: BufReader<ChildStdout>,
    port: u16,
}

impl Server {
    fn start(test: &str) -> Server {
        let mut process = rerun(&[], test).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        while !line.contains("listening on ") {
            line.clear();
            assert!(output.read_line(&mut line).unwrap() > 0, "the server has ended");
        }
        let port = line.trim().rsplit(' ').next().unwrap().parse().unwrap();
        Server { stdin: process.stdin.take(), process, _output: output, port }
    }

    /// Connects to one of its addresses: to one alone the kernel is slow to find a port, when most are taken.
    async fn connect(&self, client: usize) -> io::Result<TcpStream> {
        TcpStream::connect(SocketAddr::from(([127, 0, 0, 1 + (client % 16) as u8], self.port))).await
    }

    /// Connects so many clients, of which a hundred at a time are under way.
    async fn connect_all(&self, count: usize) -> Vec<TcpStream> {
        let mut streams = Vec::with_capacity(count);
        while streams.len() < count {
            let some = (streams.len()..count).take(100).map(|client| self.connect(client));
            streams.extend(futures::future::try_join_all(some).await.unwrap());
        }
        streams
    }

    fn memory(&self) -> usize {
        memory(&self.process.id().to_string())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stdin = None;
        self.process.wait().unwrap();
    }
}

/// Sends a message that no other client sends, and checks what comes back.
async fn exchange(stream: &TcpStream, client: usize, round: usize) {
    let message = [client as u64, round as u64].map(u64::to_ne_bytes).concat();
    stream.write_all(&message).await.unwrap();
    let mut echoed = [0; 16];
    stream.read_exact(&mut echoed).await.unwrap();
    assert_eq!(echoed, message[..], "client {client}, round {round}");
}

/// The median and the 99th of a hundred, of the time that a message takes there and back.
async fn latency(stream: &TcpStream) -> [Duration; 2] {
    let mut times = Vec::with_capacity(SAMPLES);
    for round in 0..SAMPLES {
        let before = Instant::now();
        exchange(stream, usize::MAX, round).await;
        times.push(before.elapsed());
        // In its own time: one that sends without a pause finds a server that never sleeps.
        sleep(Duration::from_micros(500)).await;
    }
    times.sort();
    [times[SAMPLES / 2], times[SAMPLES * 99 / 100]]
}

#[test]
fn each_of_many_connections_gets_its_own_bytes_back() {
    if is_child() {
        return serve();
    }
    let server = Server::start("each_of_many_connections_gets_its_own_bytes_back");
    let (before, own_before) = (server.memory(), memory("self"));
    run(async {
        let begun = Instant::now();
        let streams: Vec<_> = server.connect_all(connections()).await.into_iter().map(Rc::new).collect();
        let connected = begun.elapsed();
        for (client, stream) in streams.iter().enumerate() {
            exchange(stream, client, 0).await;
        }
        let per = |before: usize, now: usize| (now - before) * 1024 / streams.len();
        println!("{} connections, made in {connected:?}", streams.len());
        println!("{} bytes each in the server, with its task", per(before, server.memory()));
        println!("{} bytes each in the client", per(own_before, memory("self")));

        let begun = Instant::now();
        let active = streams.iter().take(ACTIVE).cloned().enumerate().map(|(client, stream)| {
            epore::spawn(async move {
                for round in 0..ROUNDS {
                    exchange(&stream, client, round).await;
                }
            })
        });
        let active: Vec<_> = active.collect();
        let count = active.len();
        for task in active {
            task.await.unwrap();
        }
        println!("{count} of them active at once: {} messages in {:?}", count * ROUNDS, begun.elapsed());
    });
}

#[test]
fn a_normal_client_is_served_beside_a_crowd_of_slow_ones() {
    if is_child() {
        return serve();
    }
    let server = Server::start("a_normal_client_is_served_beside_a_crowd_of_slow_ones");
    run(async {
        let normal = server.connect(0).await.unwrap();
        let quiet = latency(&normal).await;
        let echoed = Rc::new(Cell::new(0));
        let crowd = TaskGroup::new();
        let streams = server.connect_all(connections() / 2).await;
        let size = streams.len() as u32;
        for (client, stream) in streams.into_iter().enumerate() {
            let echoed = Rc::clone(&echoed);
            drop(crowd.spawn(async move {
                // Each at its own moment of the interval.
                sleep(SLOW * client as u32 / size).await;
                loop {
                    stream.write_all(b"x").await.unwrap();
                    assert_eq!(stream.read_exact(&mut [0]).await.unwrap(), 1);
                    echoed.set(echoed.get() + 1);
                    sleep(SLOW).await;
                }
            }));
        }
        let beside = latency(&normal).await;
        println!("quiet: median {:?}, 99 % below {:?}", quiet[0], quiet[1]);
        println!("beside {size} slow clients: median {:?}, 99 % below {:?}", beside[0], beside[1]);
        assert!(echoed.get() > 0, "the crowd is there, and is served");
        assert_eq!(crowd.len(), size as usize, "none of the crowd was given up");
        crowd.close();
        crowd.abort_all();
        crowd.wait().await;
    });
}
