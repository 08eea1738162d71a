//! R6: a connection that has failed before it was accepted is no failure of its listener.

#![forbid(unsafe_code)]

mod support;

use epore::net::TcpListener;
use support::child::{is_child, rerun};
use support::polls::run;
use support::{program, source_errno};

/// The errno that the child should get, or nothing if the connection is to be accepted.
const EXPECTED: &str = "EPORE_TEST_EXPECTED";

/// Accepts a connection in a process whose first accept4(2) fails as told. `None` where there is no strace.
fn accept_after(failure: &str, expected: Option<i32>, test: &str) -> Option<()> {
    let strace = program("strace")?;
    let inject = format!("inject=accept4:error={failure}:when=1");
    let mut command = rerun(&[strace.to_str().unwrap(), "-f", "-e", "trace=accept4", "-e", &inject], test);
    command.env(EXPECTED, expected.map(|errno| errno.to_string()).unwrap_or_default());
    let output = command.output().expect("the test can be run again");
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && out.contains("1 passed"), "{failure}: {}\n{out}\n{err}", output.status);
    assert!(err.contains("INJECTED"), "{failure} was not injected: {err}");
    Some(())
}

/// What the child does.
fn accept() {
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let accepted = listener.accept().await;
        match std::env::var(EXPECTED).unwrap().parse() {
            Ok(errno) => assert_eq!(source_errno(&accepted.unwrap_err()), Some(errno)),
            Err(_) => assert_eq!(accepted.unwrap().1, client.local_addr().unwrap()),
        }
    });
}

/// R6
#[test]
fn a_connection_that_failed_is_passed_over() {
    if is_child() {
        return accept();
    }
    for failure in ["ECONNABORTED", "EPROTO", "ENETDOWN"] {
        if accept_after(failure, None, "a_connection_that_failed_is_passed_over").is_none() {
            return;
        }
    }
}

/// R6
#[test]
fn a_failure_of_the_listener_is_an_error() {
    if is_child() {
        return accept();
    }
    let _skipped = accept_after("EINVAL", Some(libc::EINVAL), "a_failure_of_the_listener_is_an_error");
}
