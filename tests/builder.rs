//! `Builder`: what a runtime can be told before it is made.

#![forbid(unsafe_code)]

mod support;

use std::future::ready;
use std::io::ErrorKind;
use std::time::Duration;

use epore::net::lookup_host;
use epore::time::is_paused;
use epore::{Builder, spawn_blocking};
use support::polls::run;

#[test]
fn attempts_may_not_follow_each_other_faster_than_the_standard_allows() {
    let build = |delay| Builder::new().connect_attempt_delay(delay).build();
    for delay in [Duration::ZERO, Duration::from_micros(9_999)] {
        let error = build(delay).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        let message = format!("connect_attempt_delay is {delay:?}, but RFC 8305 allows no less than 10 milliseconds");
        assert_eq!(error.to_string(), message);
    }
    assert!([Duration::from_millis(10), Duration::MAX].into_iter().all(|delay| build(delay).is_ok()));
}

#[test]
fn a_limit_of_no_threads_is_refused() {
    let error = Builder::new().max_blocking_threads(0).build().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(error.to_string().contains("max_blocking_threads is 0"), "{error}");
}

#[test]
fn the_defaults_are_those_of_a_runtime_as_such() {
    for builder in [Builder::new(), Builder::default()] {
        let runtime = builder.build().unwrap();
        assert!(!runtime.block_on(async { is_paused() }));
        assert_eq!(runtime.block_on(async { spawn_blocking(|| 42).await.unwrap() }), 42);
    }
}

#[test]
fn a_builder_makes_runtimes_that_know_nothing_of_each_other() {
    let builder = Builder::new().start_paused(true);
    let (one, other) = (builder.clone().build().unwrap(), builder.build().unwrap());
    one.block_on(async { epore::time::resume() });
    assert!(!one.block_on(async { is_paused() }));
    assert!(other.block_on(async { is_paused() }));
}

#[test]
fn the_last_word_counts() {
    let runtime = Builder::new().start_paused(true).start_paused(false).max_blocking_threads(0).max_blocking_threads(1);
    assert!(!runtime.build().unwrap().block_on(async { is_paused() }));
}

#[test]
fn a_resolver_is_that_of_its_runtime_alone() {
    let addr = ([127, 0, 0, 9], 7).into();
    let runtime = Builder::new().resolver(move |_, _| ready(Ok(vec![addr]))).build().unwrap();
    let looking_up = async || lookup_host("no-such-host.invalid:7").await.map(|addrs| addrs.collect::<Vec<_>>());
    assert_eq!(runtime.block_on(looking_up()).unwrap(), [addr]);
    assert!(run(looking_up()).is_err());
}
