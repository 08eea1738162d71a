//! The examples, each run as its reader would run it.

#![forbid(unsafe_code)]

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream, UdpSocket};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use support::examples::{Member, Server, example, run};
use support::in_time;
use support::tcp::closed_addr;

const SHORT: usize = 64;

/// These show more than fits in a few lines.
const LONG: [&str; 7] = ["chat", "fetch", "graceful", "line_chat", "per_core", "poll", "soak"];

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
fn per_core_deals_its_clients_out_among_the_cores() {
    let server = Server::start("per_core");
    // The kernel deals by a hash of the addresses: that one of n cores gets none of 64 n is less likely than 64 equal coins.
    let cores = std::thread::available_parallelism().unwrap().get();
    let clients: Vec<_> = (0..64 * cores).map(|_| BufReader::new(server.connect())).collect();
    let mut seen = BTreeSet::new();
    for mut client in clients {
        let mut core = String::new();
        client.read_line(&mut core).unwrap();
        seen.insert(core);
        client.get_mut().write_all(b"hello").unwrap();
        let mut echo = [0; 5];
        client.read_exact(&mut echo).unwrap();
        assert_eq!(&echo, b"hello");
    }
    assert_eq!(seen, (0..cores).map(|core| format!("core {core}\n")).collect());
}

/// What an example that must fail says of it: one line, for people.
fn complaint(name: &str, arguments: &[&str]) -> String {
    let mut command = example(name);
    command.args(arguments);
    let output = in_time(name, move || command.output().unwrap());
    assert_eq!(output.status.code(), Some(1), "{name}: {output:?}");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn servers_name_an_address_that_is_used() {
    let (tcp, udp) = (TcpListener::bind("127.0.0.1:0").unwrap(), UdpSocket::bind("127.0.0.1:0").unwrap());
    let [tcp, udp] = [tcp.local_addr(), udp.local_addr()].map(|addr| addr.unwrap().to_string());
    let why = "Address already in use (os error 98)";
    for (name, doing, addr) in [
        ("chat", "listen on", &tcp),
        ("echo_server", "listen on", &tcp),
        ("graceful", "listen on", &tcp),
        ("line_chat", "listen on", &tcp),
        ("per_core", "bind to", &tcp),
        ("udp_echo", "bind to", &udp),
    ] {
        assert_eq!(complaint(name, &[addr]), format!("error: cannot {doing} {addr}: {why}\n"), "{name}");
    }
    assert_eq!(complaint("proxy", &[&tcp, &udp]), format!("error: cannot listen on {tcp}: {why}\n"));
}

#[test]
fn tcp_client_names_an_address_that_nobody_listens_on() {
    let (closed, _held) = closed_addr().unwrap();
    let expected = format!("error: cannot connect to {closed}: Connection refused (os error 111)\n");
    assert_eq!(complaint("tcp_client", &[&closed.to_string()]), expected);
}

#[test]
fn per_core_says_what_is_no_address() {
    let expected = "error: `nowhere` is not an address like 127.0.0.1:7000\n";
    assert_eq!(complaint("per_core", &["nowhere"]), expected);
}

/// A client of `graceful` that has been given work, as its server knows: an answer to a first piece of none has come.
fn worker(server: &Server, millis: u32) -> BufReader<TcpStream> {
    let mut client = BufReader::new(server.connect());
    client.get_mut().write_all(format!("0\n{millis}\n").as_bytes()).unwrap();
    let mut answer = String::new();
    client.read_line(&mut answer).unwrap();
    assert_eq!(answer, "done after 0 ms\n");
    client
}

#[test]
fn graceful_finishes_what_is_under_way_and_cuts_off_what_takes_too_long() {
    let mut server = Server::start("graceful");
    let mut idle = worker(&server, 0);
    idle.read_line(&mut String::new()).unwrap();
    let (mut quick, mut slow) = (worker(&server, 500), worker(&server, 3_600_000));
    server.interrupt();

    let mut text = String::new();
    idle.read_to_string(&mut text).unwrap();
    assert_eq!(text, "goodbye\n");
    text.clear();
    quick.read_to_string(&mut text).unwrap();
    assert_eq!(text, "done after 500 ms\ngoodbye\n");
    text.clear();
    slow.read_to_string(&mut text).unwrap();
    assert_eq!(text, "", "its work is not done, and nobody says so");

    assert!(TcpStream::connect(server.addr).is_err(), "nobody accepts any more");
    let (status, output) = server.end();
    assert!(status.success(), "{status}");
    assert_eq!(output, "connections to finish: 3; Ctrl-C again kills\ncut off: 1\n");
}

#[test]
fn graceful_is_killed_by_the_second_signal() {
    let mut server = Server::start("graceful");
    let _slow = worker(&server, 3_600_000);
    server.interrupt();
    assert!(server.next_line().starts_with("connections to finish: 1;"));
    server.interrupt();
    let (status, _) = server.end();
    assert_eq!(status.signal(), Some(libc::SIGINT));
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
fn proxy_ends_a_connection_whose_target_is_gone() {
    let target = TcpListener::bind("127.0.0.1:0").unwrap();
    let proxy = Server::start_with("proxy", &["127.0.0.1:0", &target.local_addr().unwrap().to_string()]);
    drop(target);
    assert_eq!(proxy.connect().read(&mut [0]).unwrap(), 0);
}

#[test]
fn proxy_says_what_it_needs() {
    assert!(complaint("proxy", &[]).starts_with("error: usage: proxy ADDRESS TARGET"));
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
    assert_eq!(complaint("tcp_client", &[]), "error: say where to connect to: tcp_client HOST:PORT\n");
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
