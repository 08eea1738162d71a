//! Counting system calls, exactly: a test runs itself again under strace, once for a few times of what it counts and once
//! for many. The difference is the cost of that, free of what starting and ending takes.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{self, ChildStdin, Stdio};

use super::child::{is_child, rerun};
use super::{PATIENCE, program};

const TIMES: &str = "EPORE_TEST_TIMES";
pub const ADDRESS: &str = "listening on ";

/// System calls by name. All that wait for events count as `epoll_wait`.
pub type Calls = BTreeMap<String, i64>;

/// How many system calls `server` makes for what it does `many` times, less those for `few` times, while `client` runs
/// here. `None` where there is no strace.
pub fn count(
    test: &str,
    [few, many]: [usize; 2],
    server: impl AsyncFnOnce(usize) -> io::Result<()>,
    client: impl Fn(usize, &mut Server) -> io::Result<()>,
) -> Option<Calls> {
    let [few, many] = logs(test, [few, many], |times| epore::block_on(server(times)).unwrap(), client)?;
    let [few, many] = [parse(&few), parse(&many)];
    let names = few.keys().chain(many.keys());
    let get = |calls: &Calls, name| calls.get(name).copied().unwrap_or(0);
    let difference = names.map(|name| (name.clone(), get(&many, name) - get(&few, name)));
    Some(difference.filter(|&(_, calls)| calls != 0).collect())
}

/// What strace writes of the process that does what `server` does, once for each number of times.
pub fn logs(
    test: &str,
    times: [usize; 2],
    server: impl FnOnce(usize),
    client: impl Fn(usize, &mut Server) -> io::Result<()>,
) -> Option<[String; 2]> {
    if is_child() {
        server(std::env::var(TIMES).unwrap().parse().unwrap());
        // Here and now: how far the thread gets with unmapping its memory otherwise differs.
        process::exit(0);
    }
    let strace = program("strace")?;
    let strace = strace.to_str().unwrap();
    Some(times.map(|times| trace(strace, test, times, |server| client(times, server))))
}

/// The process that is counted, as seen by its client.
pub struct Server {
    lines: Box<dyn BufRead>,
    stdin: ChildStdin,
    addr: Option<SocketAddr>,
}

impl Server {
    pub fn connect(&mut self) -> io::Result<TcpStream> {
        let addr = *self.addr.get_or_insert_with(|| read_addr(&mut self.lines));
        let stream = TcpStream::connect(addr)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(stream)
    }

    /// Lets a server go on that waits for its client to be prepared.
    pub fn prepared(&mut self) -> io::Result<()> {
        self.stdin.write_all(b"go\n")
    }

    pub fn wait_for_its_end(&mut self) -> io::Result<()> {
        io::copy(&mut self.lines, &mut io::sink()).map(|_| ())
    }
}

fn read_addr(lines: &mut dyn BufRead) -> SocketAddr {
    let mut line = String::new();
    loop {
        line.clear();
        assert!(lines.read_line(&mut line).unwrap() > 0, "the server has ended");
        if let Some((_, addr)) = line.trim().split_once(ADDRESS) {
            return addr.parse().unwrap();
        }
    }
}

fn trace(strace: &str, test: &str, times: usize, client: impl FnOnce(&mut Server) -> io::Result<()>) -> String {
    let log = std::env::temp_dir().join(format!("epore-{test}-{}-{times}", process::id()));
    let mut command = rerun(&[strace, "-f", "-o", log.to_str().unwrap()], test);
    command.env(TIMES, times.to_string()).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let lines = Box::new(BufReader::new(child.stdout.take().unwrap()));
    let mut server = Server { lines, stdin: child.stdin.take().unwrap(), addr: None };
    client(&mut server).unwrap();
    let Server { mut lines, stdin, .. } = server;
    drop(stdin);
    let mut rest = String::new();
    lines.read_to_string(&mut rest).unwrap();
    assert!(child.wait().unwrap().success(), "{rest}");
    let calls = std::fs::read_to_string(&log).unwrap();
    std::fs::remove_file(&log).unwrap();
    calls
}

/// Reads lines of `thread call(arguments) = result`, and counts those of the runtime's thread from when there is one.
fn parse(log: &str) -> Calls {
    let entries = log.lines().filter_map(|line| line.split_once(' '));
    let mut entries = entries.map(|(thread, call)| (thread, call.trim_start())).peekable();
    while entries.next_if(|(_, call)| !call.starts_with("epoll_create1(")).is_some() {}
    let &(runtime, _) = entries.peek().expect("a runtime is made");
    let mut calls = Calls::new();
    for (_, call) in entries.filter(|&(thread, _)| thread == runtime) {
        // The second part of a call that was interrupted in the log begins with `<`, what is no call with `+` or `-`.
        if let Some((name, _)) = call.split_once('(').filter(|_| call.starts_with(char::is_alphabetic)) {
            let name = if name.starts_with("epoll_pwait") { "epoll_wait" } else { name };
            *calls.entry(name.to_owned()).or_default() += 1;
        }
    }
    calls
}

pub fn calls<const N: usize>(expected: [(&str, i64); N]) -> Calls {
    expected.map(|(name, count)| (name.to_owned(), count)).into()
}
