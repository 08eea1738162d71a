//! What can go wrong with a URL.

use crate::run::{Run, fetch};
use crate::server::{Refusing, Request, Server, head, serve, wait_for_close};

/// Fetches a page that must fail, beside one that must not. Gives the line about the failure, without the URL.
fn failure_of(url: &str, options: &[&str]) -> (String, Run) {
    let good = serve(|request| request.answer("good"));
    let good = good.url("/good");
    let run = fetch([&["--json", url, &good], options].concat());
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    let report = run.json();
    assert_eq!(report["results"][0]["url"], url);
    assert_eq!(report["results"][0]["ok"], false);
    assert_eq!(report["results"][1]["ok"], true, "the rest goes on: {}", run.stderr);
    let line = run.line_about(url);
    let (_, reason) = line.split_once(&format!("failed: {url}: ")).unwrap_or_else(|| panic!("{line}"));
    (reason.to_owned(), run)
}

/// The same for a page of a server that treats the request badly.
fn failure_at(answer: impl Fn(Request) + Send + Sync + 'static, options: &[&str]) -> (String, String) {
    let server: Server = serve(answer);
    let (reason, run) = failure_of(&server.url("/bad"), options);
    (reason, run.json()["results"][0]["error"]["kind"].as_str().unwrap().to_owned())
}

#[test]
fn a_url_that_cannot_be_fetched_says_why() {
    for (url, kind, why) in [
        ("nonsense", "bad-url", "not a URL: it begins with no http://"),
        ("http://:99/", "bad-url", "not a URL: empty host"),
        ("http://127.0.0.1:99999/", "bad-url", "not a URL: invalid port number"),
        ("http://me@127.0.0.1/", "bad-url", "a user name in a URL is not supported"),
        ("gopher://127.0.0.1/", "bad-url", "the scheme `gopher` is not supported; http:// and https:// are"),
    ] {
        let (reason, run) = failure_of(url, &[]);
        assert_eq!(reason, why);
        let result = &run.json()["results"][0];
        assert_eq!((&result["error"]["kind"], &result["tries"]), (&kind.into(), &0.into()));
    }
}

#[test]
fn an_unknown_host_is_named() {
    let (reason, run) = failure_of("http://no-such-host.invalid/page", &[]);
    assert!(reason.starts_with("cannot look up the host `no-such-host.invalid`: "), "{reason}");
    assert_eq!(run.json()["results"][0]["error"]["kind"], "no-host");
}

#[test]
fn a_refused_connection_says_which_address_refused_it() {
    let refusing = Refusing::new();
    let addr = refusing.addr;
    let (reason, run) = failure_of(&format!("http://{addr}/page"), &[]);
    assert!(reason.contains(&addr.to_string()) && reason.contains("Connection refused"), "{reason}");
    assert_eq!(run.json()["results"][0]["error"]["kind"], "refused");
}

#[test]
fn a_server_that_says_nothing_is_given_up() {
    let (reason, kind) = failure_at(Request::stall, &["--timeout", "1"]);
    assert_eq!((reason.as_str(), kind.as_str()), ("timed out after 1 s while waiting for an answer", "timeout"));
}

#[test]
fn a_server_that_stalls_in_the_middle_is_given_up() {
    let stall = |request: Request| wait_for_close(request.send_and_keep(head(1000) + &"x".repeat(400)));
    let (reason, kind) = failure_at(stall, &["--timeout", "1"]);
    assert_eq!((reason.as_str(), kind.as_str()), ("timed out after 1 s while receiving (400 B came)", "timeout"));
}

#[test]
fn a_server_that_closes_without_an_answer_is_a_failure() {
    let (reason, kind) = failure_at(|request| request.send(""), &[]);
    assert_eq!((reason.as_str(), kind.as_str()), ("the server closed the connection without an answer", "closed"));
    let (reason, kind) = failure_at(|request| request.send("HTTP/1.1 200 OK\r\nContent-"), &[]);
    assert_eq!((reason.as_str(), kind.as_str()), ("the server closed the connection without an answer", "closed"));
}

#[test]
fn a_body_that_ends_early_is_a_failure() {
    let (reason, kind) = failure_at(|request| request.send(head(1000) + &"x".repeat(400)), &[]);
    assert_eq!((reason.as_str(), kind.as_str()), ("the server broke off after 400 B of 1.0 kB", "broken"));
    let chunk = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n";
    let (reason, kind) = failure_at(move |request| request.send(chunk), &[]);
    assert_eq!((reason.as_str(), kind.as_str()), ("the server broke off after 5 B", "broken"));
}

#[test]
fn a_body_without_a_length_ends_with_the_connection() {
    let server = serve(|request| request.send("HTTP/1.1 200 OK\r\n\r\nhello"));
    let run = fetch(["--json", &server.url("/page")]);
    assert_eq!((run.code, &run.json()["results"][0]["bytes"]), (Some(0), &5.into()));
}

#[test]
fn an_answer_that_is_no_http_is_a_failure() {
    for nonsense in ["220 ready to receive mail\r\n", "HTTP/1.1 huh?\r\n\r\n", "HTTP/9.9 200 OK\r\n\r\n"] {
        let (reason, kind) = failure_at(move |request| request.send(nonsense), &[]);
        assert!(reason.starts_with("the answer is not HTTP: "), "{reason}");
        assert_eq!(kind, "no-http");
    }
}

#[test]
fn a_status_that_is_no_success_is_a_failure() {
    for status in ["404 Not Found", "410 Gone", "500 Internal Server Error", "304 Not Modified"] {
        let (reason, kind) = failure_at(move |request| request.answer_status(status, "A: b"), &[]);
        assert_eq!((reason, kind.as_str()), (format!("the server answered {status}"), "status"));
    }
}
