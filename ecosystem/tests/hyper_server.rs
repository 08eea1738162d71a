//! The example `hyper_server`, as curl and h2load see it.

#![forbid(unsafe_code)]

mod support;

use std::fs;
use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::process::{Command, Output};
use std::thread;

use support::certificate::Certificate;
use support::few_descriptors::server_that_ran_out;
use support::folder::Folder;
use support::{Server, in_time, program};

fn curl(args: &[&str]) -> Option<Output> {
    let mut command = Command::new(program("curl")?);
    command.args(["--silent", "--show-error"]).args(args);
    Some(in_time("curl", move || command.output().unwrap()))
}

fn stdout(output: &Output) -> &str {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    std::str::from_utf8(&output.stdout).unwrap()
}

fn with_tls(certificate: &Certificate) -> Server {
    let files = [&certificate.chain, &certificate.key].map(|file| file.to_str().unwrap());
    Server::start_with("hyper_server", &["127.0.0.1:0", files[0], files[1]])
}

#[test]
fn in_the_clear_it_speaks_both_versions() {
    let server = Server::start("hyper_server");
    let url = format!("http://{}/", server.addr);
    let Some(output) = curl(&[&url]) else { return };
    assert_eq!(stdout(&output), "hello over HTTP/1.1\n");
    assert_eq!(stdout(&curl(&["--http2-prior-knowledge", &url]).unwrap()), "hello over HTTP/2.0\n");
}

#[test]
fn over_tls_the_client_has_the_choice() {
    let certificate = Certificate::new();
    let server = with_tls(&certificate);
    let (url, root) = (format!("https://localhost:{}/", server.addr.port()), certificate.chain.to_str().unwrap());
    let Some(output) = curl(&["--http2", "--cacert", root, &url]) else { return };
    assert_eq!(stdout(&output), "hello over HTTP/2.0\n");
    assert_eq!(stdout(&curl(&["--http1.1", "--cacert", root, &url]).unwrap()), "hello over HTTP/1.1\n");
}

#[test]
fn what_is_posted_comes_back_whole() {
    let certificate = Certificate::new();
    let (clear, tls) = (Server::start("hyper_server"), with_tls(&certificate));
    let folder = Folder::new();
    let (sent, received) = (folder.path().join("sent"), folder.path().join("received"));
    let content: Vec<u8> = (0..8 << 20_u32).map(|index: u32| (index.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    fs::write(&sent, &content).unwrap();
    let data = format!("@{}", sent.display());
    let urls = [format!("http://{}/echo", clear.addr), format!("https://localhost:{}/echo", tls.addr.port())];
    for (url, version) in [(&urls[0], "--http1.1"), (&urls[0], "--http2-prior-knowledge"), (&urls[1], "--http2")] {
        let (root, to) = (certificate.chain.to_str().unwrap(), received.to_str().unwrap());
        let args = [version, "--cacert", root, "--data-binary", &data, "--output", to, url];
        let Some(output) = curl(&args) else { return };
        stdout(&output);
        assert!(fs::read(&received).unwrap() == content, "{version} {url}");
    }
}

#[test]
fn h2load_gets_an_answer_to_each_of_its_requests() {
    let Some(program) = program("h2load") else { return };
    let server = Server::start("hyper_server");
    let mut command = Command::new(program);
    command.args(["-n", "20000", "-c", "10", "-m", "100"]).arg(format!("http://{}/", server.addr));
    let output = in_time("h2load", move || command.output().unwrap());
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("20000 succeeded, 0 failed, 0 errored, 0 timeout"), "{text}");
}

#[test]
fn clients_that_fail_leave_the_server_to_the_others() {
    let certificate = Certificate::new();
    let server = with_tls(&certificate);
    let url = format!("https://localhost:{}/", server.addr.port());
    let root = certificate.chain.to_str().unwrap();
    // In the clear on the port of TLS.
    let mut plain = server.connect();
    plain.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    let _alert_or_reset = plain.read_to_end(&mut Vec::new());
    // One that says nothing.
    let _silent = server.connect();
    let Some(distrustful) = curl(&[&url]) else { return };
    assert!(!distrustful.status.success());
    assert_eq!(stdout(&curl(&["--cacert", root, &url]).unwrap()), "hello over HTTP/2.0\n");
}

#[test]
fn when_descriptors_run_out_it_says_so_and_goes_on() {
    let server = server_that_ran_out("hyper_server", &[]);
    let mut client = server.connect();
    client.write_all(b"GET / HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    assert!(answer.ends_with("\r\n\r\nhello over HTTP/1.1\n"), "{answer}");
}

#[test]
fn a_client_that_asks_for_nothing_is_left() {
    let certificate = Certificate::new();
    let (clear, tls) = (Server::start("hyper_server"), with_tls(&certificate));
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    let settings = b"\0\0\0\x04\0\0\0\0\0";
    let sent = [&preface[..0], &preface[..3], &preface[..23], &[&preface[..], settings].concat(), b"GET"];
    let mut clients: Vec<_> = sent.iter().map(|sent| (clear.connect(), *sent)).collect();
    clients.push((tls.connect(), b""));
    for (client, sent) in &mut clients {
        client.write_all(sent).unwrap();
    }
    for (mut client, sent) in clients {
        client.read_to_end(&mut Vec::new()).unwrap_or_else(|error| panic!("{}: {error}", sent.escape_ascii()));
    }
}

/// Sends a frame of HTTP/2, whose length fits into a byte.
fn send_frame(client: &mut TcpStream, kind: u8, flags: u8, stream: u8, payload: &[u8]) {
    let head = [0, 0, payload.len() as u8, kind, flags, 0, 0, 0, stream];
    client.write_all(&[&head[..], payload].concat()).unwrap();
}

/// The type of the next frame of HTTP/2, its flags and its payload.
fn read_frame(client: &mut TcpStream) -> io::Result<(u8, u8, Vec<u8>)> {
    let mut head = [0; 9];
    client.read_exact(&mut head)?;
    let mut payload = vec![0; u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize];
    client.read_exact(&mut payload)?;
    Ok((head[3], head[4], payload))
}

/// Asks for `/` over HTTP/2, and answers so many pings. Fails when the server closes.
fn ask_over_http2(mut client: TcpStream, pings: usize) -> io::Result<()> {
    const DATA: u8 = 0;
    const HEADERS: u8 = 1;
    const SETTINGS: u8 = 4;
    const PING: u8 = 6;
    client.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")?;
    send_frame(&mut client, SETTINGS, 0, 0, b"");
    // GET, http, / and the authority, in HPACK; the end of the headers and of the request.
    send_frame(&mut client, HEADERS, 5, 1, b"\x82\x86\x84\x41\x04here");
    while !matches!(read_frame(&mut client)?, (DATA, _, text) if text == b"hello over HTTP/2.0\n") {}
    let mut answered = 0;
    loop {
        if let (PING, 0, payload) = read_frame(&mut client)?
            && answered < pings
        {
            answered += 1;
            send_frame(&mut client, PING, 1, 0, &payload);
            if answered == pings {
                return Ok(());
            }
        }
    }
}

/// It was kept for ever.
#[test]
fn a_client_of_http2_that_has_asked_once_and_answers_no_ping_is_left() {
    let server = Server::start("hyper_server");
    let (silent, patient) = (server.connect(), server.connect());
    let patient = thread::spawn(|| ask_over_http2(patient, 2));
    assert_eq!(ask_over_http2(silent, 0).unwrap_err().kind(), ErrorKind::UnexpectedEof);
    patient.join().unwrap().expect("one that answers may be idle");
}

#[test]
fn a_client_that_has_asked_once_may_pause_for_longer() {
    let server = Server::start("hyper_server");
    let mut client = server.connect();
    let mut ask = |count: usize| {
        client.write_all(b"GET / HTTP/1.1\r\nhost: here\r\n\r\n").unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"hello over HTTP/1.1\n") {
            let mut byte = [0];
            client.read_exact(&mut byte).unwrap_or_else(|error| panic!("request {count}: {error}"));
            answer.extend(byte);
        }
    };
    ask(1);
    // This one came later and is left when the limit is over, which therefore is so for the first as well.
    server.connect().read_to_end(&mut Vec::new()).unwrap();
    ask(2);
}

#[test]
fn a_certificate_without_its_key_is_refused_and_nothing_is_served_in_the_clear() {
    let output =
        in_time("the refusal", || support::example("hyper_server").args(["127.0.0.1:0", "cert.pem"]).output().unwrap());
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "error: give an address and, to serve over TLS, a certificate and its key\n"
    );
    assert!(output.stdout.is_empty());
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn files_that_cannot_be_read_are_named() {
    let output = support::example("hyper_server").args(["127.0.0.1:0", "no.pem", "key.pem"]).output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.starts_with("error: cannot read no.pem: "), "{error}");
    assert_eq!(output.status.code(), Some(1));
}
