//! Three programs that were written for tokio, and ported by changing the imports: the text is the same, and so is what they do.

#![forbid(unsafe_code)]

mod support;

use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, UdpSocket};
use std::path::Path;
use std::thread;

use support::PATIENCE;
use support::examples::{Member, Server};

/// The program up to `main`, without what is to differ: the head of the file and the imports.
fn text(path: String) -> String {
    let source = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(&path)).unwrap();
    let program = source.lines().take_while(|line| !line.contains("fn main()"));
    let differs = |line: &&str| line.is_empty() || ["//", "#", "use "].iter().any(|start| line.starts_with(start));
    program.filter(|line| !differs(line)).collect::<Vec<_>>().join("\n")
}

/// The imports of a path, without the crate that they are of.
fn imports(path: String, of: &str) -> Vec<String> {
    let source = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap();
    let imports = source.lines().filter_map(|line| line.strip_prefix(&format!("use {of}::")));
    imports.map(str::to_owned).collect()
}

#[test]
fn the_ports_differ_from_the_originals_in_imports_and_main_alone() {
    for name in ["proxy", "line_chat", "udp_echo"] {
        let [original, port] = [format!("tests/ports/{name}.rs"), format!("examples/{name}.rs")];
        let body = text(original.clone());
        assert!(body.lines().count() > 5, "{body}");
        assert_eq!(body, text(port.clone()));
        assert!(!imports(original, "tokio").is_empty());
        assert!(!imports(port.clone(), "epore").is_empty());
        assert!(imports(port, "tokio").iter().all(|import| import.starts_with("sync::")), "channels run anywhere");
    }
}

/// Runs a client against both.
fn against(name: &str, arguments: &[&str], client: impl Fn(Server)) {
    for program in [name.to_owned(), format!("tokio_{name}")] {
        println!("against {program}");
        client(Server::start_with(&program, arguments));
    }
}

/// An echo server that ends with its client, for `count` clients.
fn echo(count: usize) -> (SocketAddr, thread::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    let thread = thread::spawn(move || {
        for _ in 0..count {
            let (mut stream, _) = listener.accept().unwrap();
            let mut text = Vec::new();
            stream.read_to_end(&mut text).unwrap();
            stream.write_all(&text).unwrap();
        }
    });
    (addr, thread)
}

#[test]
fn the_proxy_passes_on_what_comes_after_the_client_has_ended() {
    let (addr, target) = echo(2);
    against("proxy", &["127.0.0.1:0", &addr.to_string()], |server| {
        let mut client = server.connect();
        let sent = support::tcp::pattern(1 << 20);
        client.write_all(&sent).unwrap();
        client.shutdown(Shutdown::Write).unwrap();
        let mut echo = Vec::new();
        client.read_to_end(&mut echo).unwrap();
        assert!(echo == sent, "{} bytes came back", echo.len());
    });
    target.join().unwrap();
}

#[test]
fn the_chat_tells_all_others_line_by_line() {
    against("line_chat", &[], |server| {
        let (mut anna, mut bert) = (Member::join(&server), Member::join(&server));
        // Whoever hears the other is in the room.
        bert.say("anna?");
        assert_eq!(anna.hear(), format!("{}: anna?", bert.name));
        anna.lines.get_mut().write_all(b"half a li").unwrap();
        anna.say("ne\r\nand another");
        assert_eq!(bert.hear(), format!("{}: half a line", anna.name));
        assert_eq!(bert.hear(), format!("{}: and another", anna.name));
        drop(anna);
        bert.say("alone");
        bert.lines.get_ref().shutdown(Shutdown::Write).unwrap();
        assert_eq!(bert.hear(), "", "nobody hears what they said themselves");
    });
}

#[test]
fn udp_echo_sends_back_each_datagram() {
    against("udp_echo", &[], |server| {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut buffer = vec![0; 65_507];
        for len in [0, 1, 1400, 65_507] {
            let sent = support::tcp::pattern(len);
            socket.send_to(&sent, server.addr).unwrap();
            let (count, from) = socket.recv_from(&mut buffer).unwrap();
            assert_eq!((&buffer[..count], from), (&sent[..], server.addr));
        }
    });
}
