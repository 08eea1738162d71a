//! The example `hyper_server`, as curl and h2load see it.

#![forbid(unsafe_code)]

mod support;

use std::fs;
use std::io::{Read, Write};
use std::process::{Command, Output};

use support::certificate::Certificate;
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
fn files_that_cannot_be_read_are_named() {
    let output = support::example("hyper_server").args(["127.0.0.1:0", "no.pem", "key.pem"]).output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.starts_with("error: cannot read no.pem: "), "{error}");
    assert_eq!(output.status.code(), Some(1));
}
