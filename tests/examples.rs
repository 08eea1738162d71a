//! The examples, each run as its reader would run it.

#![forbid(unsafe_code)]

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use support::{PATIENCE, in_time};

const SHORT: usize = 60;

/// These show more than fits in a few lines.
const LONG: [&str; 2] = ["fetch", "poll"];

/// The executable, which cargo has put beside that of this test.
fn example(name: &str) -> Command {
    let own = std::env::current_exe().unwrap();
    let program = own.ancestors().nth(2).unwrap().join("examples").join(name);
    assert!(program.is_file(), "{} is not built: run `cargo build --examples` first", program.display());
    Command::new(program)
}

fn run(name: &str) -> String {
    let mut command = example(name);
    let Output { status, stdout, stderr } = in_time(name, move || command.output().unwrap());
    assert!(status.success(), "{name}: {status}: {}", String::from_utf8_lossy(&stderr));
    String::from_utf8(stdout).unwrap()
}

/// An example that serves until this is dropped.
struct Server {
    process: Child,
    addr: SocketAddr,
}

impl Server {
    fn start(name: &str) -> Server {
        Server::start_with(name, &[])
    }

    fn start_with(name: &str, arguments: &[&str]) -> Server {
        let mut process = example(name).args(arguments).stdout(Stdio::piped()).spawn().unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let line = in_time(name, move || {
            let mut line = String::new();
            output.read_line(&mut line).map(|_| line).unwrap()
        });
        let addr = line.trim_end().strip_prefix("listening on ").expect("it says where it listens");
        Server { process, addr: addr.parse().unwrap() }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.addr).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        stream
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

/// A member of the chat room.
struct Member {
    lines: BufReader<TcpStream>,
    name: SocketAddr,
}

impl Member {
    fn join(server: &Server) -> Member {
        let stream = server.connect();
        Member { name: stream.local_addr().unwrap(), lines: BufReader::new(stream) }
    }

    fn say(&mut self, line: &str) {
        writeln!(self.lines.get_mut(), "{line}").unwrap();
    }

    fn hear(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }
}

#[test]
fn hello_runs_its_tasks_in_turns() {
    let output = run("hello");
    let lines: Vec<&str> = output.lines().collect();
    assert_eq!(lines[0], "hello from the main future");
    assert_eq!(lines[7], "together they make 12");
    for name in ["the hare", "the tortoise"] {
        let counted: Vec<&str> = lines.iter().filter_map(|line| line.strip_prefix(name)).collect();
        assert_eq!(counted, [" counts 1", " counts 2", " counts 3"], "{output}");
    }
}

#[test]
fn timeout_gives_up_and_then_has_the_patience() {
    assert_eq!(run("timeout"), "within 20ms: the time limit has passed\nwithin 20s: good things take time\n");
}

#[test]
fn wake_from_thread_awaits_its_threads() {
    assert_eq!(run("wake_from_thread"), "up to a hundred: 5050\nup to a million: 500000500000\n");
}

#[test]
fn poll_hears_every_answer() {
    let output = run("poll");
    let answers: BTreeSet<&str> =
        output.lines().filter_map(|line| line.trim_start().strip_prefix("it says: ")).collect();
    let expected = [50, 100, 150, 200, 250].map(|delay| format!("you asked me to wait for {delay} ms"));
    assert_eq!(answers, expected.iter().map(String::as_str).collect(), "{output}");
    for token in 0..5 {
        assert!(output.contains(&format!("Token({token}) is readable")), "{output}");
    }
}

#[test]
fn echo_server_sends_back_what_it_gets() {
    let server = Server::start("echo_server");
    let mut clients = [(); 3].map(|()| server.connect());
    for round in 0..3 {
        for (index, client) in clients.iter_mut().enumerate() {
            let text = format!("round {round} of client {index}");
            client.write_all(text.as_bytes()).unwrap();
            let mut echo = vec![0; text.len()];
            client.read_exact(&mut echo).unwrap();
            assert_eq!(echo, text.as_bytes());
        }
    }
    for mut client in clients {
        client.shutdown(Shutdown::Write).unwrap();
        assert_eq!(client.read(&mut [0]).unwrap(), 0, "the server ends what the client has ended");
    }
}

#[test]
fn echo_server_sends_back_a_megabyte() {
    let server = Server::start("echo_server");
    let mut client = server.connect();
    let mut writer = client.try_clone().unwrap();
    let text: Vec<u8> = (0..1 << 20).map(|index| (index % 251) as u8).collect();
    let sent = text.clone();
    let writing = std::thread::spawn(move || {
        writer.write_all(&sent).unwrap();
        writer.shutdown(Shutdown::Write).unwrap();
    });
    let mut echo = Vec::new();
    client.read_to_end(&mut echo).unwrap();
    writing.join().unwrap();
    assert!(echo == text, "{} bytes came back", echo.len());
}

#[test]
fn proxy_passes_bytes_and_ends_on() {
    let target = Server::start("echo_server");
    let proxy = Server::start_with("proxy", &["127.0.0.1:0", &target.addr.to_string()]);
    let text: Vec<u8> = (0..1 << 20).map(|index| (index % 251) as u8).collect();
    for _ in 0..2 {
        let mut client = proxy.connect();
        let (mut writer, sent) = (client.try_clone().unwrap(), text.clone());
        let writing = std::thread::spawn(move || {
            writer.write_all(&sent).unwrap();
            writer.shutdown(Shutdown::Write).unwrap();
        });
        let mut echo = Vec::new();
        client.read_to_end(&mut echo).unwrap();
        writing.join().unwrap();
        assert!(echo == text, "{} bytes came back", echo.len());
    }
}

#[test]
fn proxy_ends_a_connection_whose_target_is_gone() {
    let target = TcpListener::bind("127.0.0.1:0").unwrap();
    let proxy = Server::start_with("proxy", &["127.0.0.1:0", &target.local_addr().unwrap().to_string()]);
    drop(target);
    assert_eq!(proxy.connect().read(&mut [0]).unwrap(), 0);
}

#[test]
fn proxy_says_what_it_needs() {
    let output = example("proxy").output().unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("proxy LISTEN:PORT TARGET:PORT"));
}

#[test]
fn tcp_client_sends_its_input_and_prints_the_answer() {
    let server = Server::start("echo_server");
    let mut command = example("tcp_client");
    command.arg(server.addr.to_string()).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut client = command.spawn().unwrap();
    client.stdin.take().unwrap().write_all(b"one\ntwo\nno end").unwrap();
    let output = in_time("tcp_client", move || client.wait_with_output().unwrap());
    assert!(output.status.success());
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "one\ntwo\nno end");
}

#[test]
fn tcp_client_ends_with_its_server_though_there_may_be_more_input() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut command = example("tcp_client");
    command.arg(listener.local_addr().unwrap().to_string()).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut client = command.spawn().unwrap();
    let input = client.stdin.take();
    listener.accept().unwrap().0.write_all(b"bye").unwrap();
    let output = in_time("tcp_client", move || client.wait_with_output().unwrap());
    assert!(output.status.success());
    assert_eq!(output.stdout, b"bye");
    drop(input);
}

#[test]
fn tcp_client_says_what_it_needs() {
    let output = example("tcp_client").output().unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("tcp_client HOST:PORT"));
}

#[test]
fn chat_tells_everybody_else() {
    let server = Server::start("chat");
    let mut anna = Member::join(&server);
    anna.say("is anybody there?");
    let mut bert = Member::join(&server);
    assert_eq!(anna.hear(), format!("{} has come", bert.name));
    let mut carl = Member::join(&server);
    assert_eq!(anna.hear(), format!("{} has come", carl.name));
    assert_eq!(bert.hear(), format!("{} has come", carl.name));

    bert.say("good evening");
    bert.say("all of you");
    for member in [&mut anna, &mut carl] {
        assert_eq!(member.hear(), format!("{} says: good evening", bert.name));
        assert_eq!(member.hear(), format!("{} says: all of you", bert.name));
    }
    let carls_name = carl.name;
    drop(carl);
    assert_eq!(anna.hear(), format!("{carls_name} has left"));
    assert_eq!(bert.hear(), format!("{carls_name} has left"), "nobody hears what they said themselves");
}

#[test]
fn chat_throws_out_a_member_who_does_not_read() {
    let server = Server::start("chat");
    let mut talker = Member::join(&server);
    let mut reader = Member::join(&server);
    assert_eq!(talker.hear(), format!("{} has come", reader.name));
    let sleeper = Member::join(&server);
    assert_eq!(talker.hear(), format!("{} has come", sleeper.name));
    assert_eq!(reader.hear(), format!("{} has come", sleeper.name));

    let line = "bla ".repeat(900);
    let heard = in_time("the sleeper is thrown out", move || {
        loop {
            talker.say(&line);
            let heard = reader.hear();
            if !heard.contains("says: ") {
                return heard;
            }
        }
    });
    assert_eq!(heard, format!("{} has left", sleeper.name));
}

#[test]
fn chat_ends_with_a_member_whose_line_has_no_end() {
    let server = Server::start("chat");
    let mut listener = Member::join(&server);
    let mut shouter = Member::join(&server);
    assert_eq!(listener.hear(), format!("{} has come", shouter.name));
    shouter.lines.get_mut().write_all(&[b'a'; 5000]).unwrap();
    assert_eq!(listener.hear(), format!("{} is lost: invalid data", shouter.name));
}

/// The source of each example, by name.
fn sources() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let main_file = |path: PathBuf| if path.is_dir() { path.join("main.rs") } else { path };
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths
        .filter(|path| path.is_dir() || path.extension().is_some_and(|extension| extension == "rs"))
        .map(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (name, fs::read_to_string(main_file(path)).unwrap())
        })
        .collect()
}

#[test]
fn each_example_names_the_command_that_runs_it() {
    for (name, source) in sources() {
        let is_named = |line: &str| {
            let words: Vec<&str> = line.split_whitespace().collect();
            words.starts_with(&["//!", "cargo", "run"]) && words.windows(2).any(|pair| pair == ["--example", &name])
        };
        assert!(source.lines().any(is_named), "examples/{name} does not say in its header how to run it");
    }
}

#[test]
fn the_small_examples_are_short() {
    for (name, source) in sources().into_iter().filter(|(name, _)| !LONG.contains(&name.as_str())) {
        let lines = source.lines().count();
        assert!(lines < SHORT, "examples/{name}.rs has {lines} lines");
    }
}
