//! Many connections at once: a server, and its clients in processes of their own, so that each end has all descriptors that
//! a process may have, and what the clients do takes no time of the server's.
//!
//! In `cargo test` it is small and counts; `.ci/load` runs it at full size, and prints what it measures. There the memory of a
//! connection and the median latency beside a crowd have limits. The 99th of a hundred is printed and has none: it is
//! the twentieth slowest of two thousand messages, and what makes those slow is that the system gave the processor to
//! others for a while, of which the server knows nothing.

mod support;

use std::cell::Cell;
use std::fs;
use std::io::{self, BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::rc::Rc;
use std::thread;
use std::time::{Duration, Instant};

use epore::TaskGroup;
use epore::net::{TcpListener, TcpStream};
use epore::time::sleep;
use support::child::{is_child, rerun};
use support::polls::run;
use support::program;

/// How many connections are held; unset, as many as fit into a test.
const CONNECTIONS: &str = "EPORE_LOAD";

/// So many of them have a message under way at the same time, at full size.
const ACTIVE: usize = 10_000;

/// How many messages each of those has echoed.
const ROUNDS: usize = 5;

/// The port of the server, for the process of the slow crowd.
const CROWD_OF: &str = "EPORE_LOAD_CROWD_OF";

/// Between two bytes of one of the slow crowd.
const SLOW: Duration = Duration::from_secs(1);

/// How many bytes a connection may take in the server, in user space and with its task and its buffer: 466 were measured with
/// 19,950 connections. The rest is for allocators and compilers that are not those of the measurement.
const MEMORY: usize = 1024;

/// How many times as long as on a quiet server a message may take beside the slow crowd, in the median. Ten thousand of them
/// send ten thousand bytes a second, which leaves the server time; it would be far more if each event cost a look at all.
const SLOWDOWN: u32 = 2;

/// Whether it is run to be measured, and not to be quick.
fn is_full_size() -> bool {
    std::env::var_os(CONNECTIONS).is_some()
}

/// Whether the clients can have another processor than the server.
fn has_processors() -> bool {
    thread::available_parallelism().is_ok_and(|count| count.get() > 1)
}

/// How many messages the normal client beside the crowd has echoed.
fn samples() -> usize {
    if is_full_size() { 2000 } else { 200 }
}

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

/// Sends a byte from each of the streams in each interval. It comes back when each has had its first one echoed, and then goes
/// on.
async fn slow_crowd(streams: Vec<TcpStream>) -> TaskGroup {
    let (crowd, echoed) = (TaskGroup::new(), Rc::new(Cell::new(0)));
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
    while echoed.get() < size {
        sleep(Duration::from_millis(10)).await;
    }
    crowd
}

/// Ends a crowd of which nobody has been given up.
async fn end(crowd: TaskGroup, size: usize) {
    assert_eq!(crowd.len(), size, "none of the crowd was given up");
    crowd.close();
    crowd.abort_all();
    crowd.wait().await;
}

/// The slow crowd of a server, which says when it is there. It ends with its standard input.
fn be_crowd(port: u16) {
    epore::block_on(async {
        let size = connections() / 2;
        let crowd = slow_crowd(connect_all(port, size).await).await;
        println!("slow clients: {size}");
        epore::spawn_blocking(|| io::stdin().read_to_end(&mut Vec::new())).await.unwrap().unwrap();
        end(crowd, size).await;
    });
}

/// Connects to one of the server's addresses: to one alone the kernel is slow to find a port, when most are taken.
async fn connect(port: u16, client: usize) -> io::Result<TcpStream> {
    TcpStream::connect(SocketAddr::from(([127, 0, 0, 1 + (client % 16) as u8], port))).await
}

/// Connects so many clients, of which a hundred at a time are under way.
async fn connect_all(port: u16, count: usize) -> Vec<TcpStream> {
    let mut streams = Vec::with_capacity(count);
    while streams.len() < count {
        let some = (streams.len()..count).take(100).map(|client| connect(port, client));
        streams.extend(futures::future::try_join_all(some).await.unwrap());
    }
    streams
}

/// Runs the test again in a process, which at full size stays on one processor, if there is a choice.
fn rerun_on(processor: &str, test: &str) -> Command {
    let taskset = if has_processors() && is_full_size() { program("taskset") } else { None };
    match taskset {
        Some(taskset) => rerun(&[taskset.to_str().unwrap(), "-c", processor], test),
        None => rerun(&[], test),
    }
}

/// Another process of the test, which ends with this.
struct Process {
    process: Child,
    stdin: Option<ChildStdin>,
    _output: BufReader<ChildStdout>,
    /// The number behind the line that it prints when it is ready: of a server, its port.
    number: usize,
}

impl Process {
    fn server(test: &str) -> Process {
        Process::start(rerun_on("0", test), "listening on ")
    }

    fn crowd(test: &str, server: &Process) -> Process {
        let mut command = rerun_on("1", test);
        command.env(CROWD_OF, server.number.to_string());
        Process::start(command, "slow clients: ")
    }

    fn start(mut command: Command, ready: &str) -> Process {
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        while !line.contains(ready) {
            line.clear();
            assert!(output.read_line(&mut line).unwrap() > 0, "the process has ended");
        }
        let number = line.trim().rsplit(' ').next().unwrap().parse().unwrap();
        Process { stdin: process.stdin.take(), process, _output: output, number }
    }

    fn port(&self) -> u16 {
        self.number as u16
    }

    fn memory(&self) -> usize {
        memory(&self.process.id().to_string())
    }

    /// How long it has run on a processor, and how long it has waited for one that others had.
    fn schedule(&self) -> [Duration; 2] {
        let threads = fs::read_dir(format!("/proc/{}/task", self.process.id())).unwrap();
        let numbers = threads.map(|thread| {
            let text = fs::read_to_string(thread.unwrap().path().join("schedstat")).unwrap_or_default();
            let mut numbers = text.split_whitespace().map(|number| number.parse::<u64>().unwrap());
            [(); 2].map(|()| Duration::from_nanos(numbers.next().unwrap_or_default()))
        });
        numbers.fold([Duration::ZERO; 2], |sum, one| [sum[0] + one[0], sum[1] + one[1]])
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.stdin = None;
        let status = self.process.wait().unwrap();
        assert!(status.success() || thread::panicking(), "{status}");
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
    let mut times = Vec::with_capacity(samples());
    for round in 0..samples() {
        let before = Instant::now();
        exchange(stream, usize::MAX, round).await;
        times.push(before.elapsed());
        // In its own time: one that sends without a pause finds a server that never sleeps.
        sleep(Duration::from_micros(500)).await;
    }
    times.sort();
    [times[times.len() / 2], times[times.len() * 99 / 100]]
}

#[test]
fn each_of_many_connections_gets_its_own_bytes_back() {
    if is_child() {
        return serve();
    }
    let server = Process::server("each_of_many_connections_gets_its_own_bytes_back");
    let (before, own_before) = (server.memory(), memory("self"));
    run(async {
        let begun = Instant::now();
        let streams: Vec<_> = connect_all(server.port(), connections()).await.into_iter().map(Rc::new).collect();
        let connected = begun.elapsed();
        for (client, stream) in streams.iter().enumerate() {
            exchange(stream, client, 0).await;
        }
        // The kernel may have taken pages back meanwhile.
        let per = |before: usize, now: usize| now.saturating_sub(before) * 1024 / streams.len();
        println!("{} connections, made in {connected:?}", streams.len());
        let in_server = per(before, server.memory());
        println!("{in_server} bytes each in the server, with its task");
        assert!(!is_full_size() || in_server < MEMORY, "a connection takes {in_server} bytes in the server");
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

/// Measures a new client, and prints with how long the server has worked meanwhile, and how long it was kept from working.
/// Gives the median.
async fn print_latency(beside: &str, server: &Process) -> Duration {
    let client = connect(server.port(), 0).await.unwrap();
    let before = server.schedule();
    let [median, most] = latency(&client).await;
    let [ran, waited] = server.schedule();
    println!(
        "{beside}: median {median:?}, 99 % below {most:?}; the server ran for {:?} and waited for a processor for {:?}",
        ran - before[0],
        waited - before[1],
    );
    median
}

/// At full size, and only where the server has a processor that the crowd leaves alone.
fn assert_not_slower(quiet: Duration, beside: Duration) {
    if is_full_size() && has_processors() {
        assert!(beside <= quiet * SLOWDOWN, "a message takes {beside:?} beside the crowd, and {quiet:?} without");
    }
}

#[test]
fn a_normal_client_is_served_beside_a_crowd_of_slow_ones() {
    let test = "a_normal_client_is_served_beside_a_crowd_of_slow_ones";
    if is_child() {
        return match std::env::var(CROWD_OF) {
            Ok(port) => be_crowd(port.parse().unwrap()),
            Err(_) => serve(),
        };
    }
    let server = Process::server(test);
    let quiet = run(print_latency("quiet", &server));

    let crowd = Process::crowd(test, &server);
    let beside = run(print_latency(&format!("beside {} slow clients on another processor", crowd.number), &server));
    drop(crowd);
    assert_not_slower(quiet, beside);

    run(async {
        let size = connections() / 2;
        let crowd = slow_crowd(connect_all(server.port(), size).await).await;
        let beside = print_latency(&format!("beside {size} slow clients in its own thread"), &server).await;
        end(crowd, size).await;
        assert_not_slower(quiet, beside);
    });
}
