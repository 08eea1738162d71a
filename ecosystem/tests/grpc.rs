//! The example `grpc`.

#![forbid(unsafe_code)]

mod support;

#[test]
fn the_example_asks_and_watches() {
    let expected = "before it is known: NotFound\nwhen it is: Serving\nwatched: Serving\nwatched: NotServing\n";
    assert_eq!(support::run("grpc"), expected);
}
