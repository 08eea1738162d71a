//! The example `axum`.

#![forbid(unsafe_code)]

mod support;

use std::io::{Read, Write};
use std::process::Command;
use std::time::{Duration, Instant};

use support::few_descriptors::server_that_ran_out;
use support::{Server, in_time, program};

fn curl(server: &Server, path: &str, args: &[&str]) -> Option<String> {
    let mut command = Command::new(program("curl")?);
    command.args(["--silent", "--show-error", "--write-out", "%{http_code} %{http_version}"]);
    command.args(args).arg(format!("http://{}{path}", server.addr));
    let output = in_time("curl", move || command.output().unwrap());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).unwrap())
}

const JSON: [&str; 2] = ["--header", "content-type: application/json"];

#[test]
fn notes_are_added_read_and_listed() {
    let server = Server::start("axum");
    let Some(added) = curl(&server, "/notes", &[&JSON[..], &["--data", r#"{"text":"bread"}"#]].concat()) else {
        return;
    };
    assert_eq!(added, "/notes/0\n201 1.1");
    assert_eq!(curl(&server, "/notes/0", &[]).unwrap(), r#"{"text":"bread"}200 1.1"#);
    assert_eq!(curl(&server, "/notes", &["--http2-prior-knowledge"]).unwrap(), r#"[{"text":"bread"}]200 2"#);
}

#[test]
fn what_is_wrong_is_told_to_the_client() {
    let server = Server::start("axum");
    let Some(missing) = curl(&server, "/notes/7", &[]) else { return };
    assert_eq!(missing, "there is no note 7\n404 1.1");
    assert!(curl(&server, "/notes", &[&JSON[..], &["--data", "{"]].concat()).unwrap().ends_with("400 1.1"));
    assert!(curl(&server, "/notes/x", &[]).unwrap().ends_with("400 1.1"));
    assert!(curl(&server, "/nothing", &[]).unwrap().ends_with("404 1.1"));
}

#[test]
fn a_handler_may_await_a_timer_of_epore() {
    let server = Server::start("axum");
    let start = Instant::now();
    let Some(answer) = curl(&server, "/after/100", &[]) else { return };
    assert_eq!(answer, "100 ms later\n200 1.1");
    assert!(start.elapsed() >= Duration::from_millis(100));
}

#[test]
fn wrk_gets_an_answer_to_each_of_its_requests() {
    let Some(program) = program("wrk") else { return };
    let server = Server::start("axum");
    let mut command = Command::new(program);
    command.args(["-t1", "-c50", "-d1s"]).arg(format!("http://{}/notes", server.addr));
    let output = in_time("wrk", move || command.output().unwrap());
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("requests in") && !text.contains("Socket errors") && !text.contains("Non-2xx"), "{text}");
}

#[test]
fn when_descriptors_run_out_it_says_so_and_goes_on() {
    let server = server_that_ran_out("axum", &[]);
    let mut client = server.connect();
    client.write_all(b"GET /notes HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    assert!(answer.ends_with("\r\n\r\n[]"), "{answer}");
}

#[test]
fn ctrl_c_ends_it() {
    let mut server = Server::start("axum");
    server.interrupt();
    let (status, _) = server.end();
    assert!(status.success());
}
