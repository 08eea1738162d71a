//! The example `grpc`.

#![forbid(unsafe_code)]

mod support;

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use support::few_descriptors::limited;
use support::in_time;

#[test]
fn the_example_asks_and_watches() {
    let expected = "before it is known: NotFound\nwhen it is: Serving\nwatched: Serving\nwatched: NotServing\n";
    assert_eq!(support::run("grpc"), expected);
}

/// It has the standard streams, two for the runtime, the listener and the client's socket: that of the server is one too many.
#[test]
fn when_descriptors_run_out_the_server_says_so_and_goes_on() {
    let mut example = limited(7, "grpc", &[]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let errors = BufReader::new(example.stderr.take().unwrap());
    let said = in_time("two failures", move || errors.lines().take(2).map(Result::unwrap).collect::<Vec<_>>());
    example.kill().unwrap();
    example.wait().unwrap();
    assert!(said.len() == 2 && said.iter().all(|line| line.contains(": Too many open files")), "{said:?}");
}
