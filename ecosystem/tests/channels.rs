//! The example `channels`.

#![forbid(unsafe_code)]

mod support;

#[test]
fn the_example_loses_no_number() {
    let expected = "async-channel: 500500\nflume: 500500\nfutures: 500500\ntokio::sync: 500500\n\
                    tokio's Semaphore let in at most 3 of 10 at once\neach should be 500500, and the last 3\n";
    assert_eq!(support::run("channels"), expected);
}
