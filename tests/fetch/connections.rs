//! Connections that are used again.

use std::collections::BTreeSet;

use crate::nginx::{Nginx, write_pages};
use crate::run::{fetch, fetch_with_input};
use crate::server::{Request, serve};

fn list(nginx: &Nginx, names: &[String]) -> String {
    names.iter().map(|name| format!("http://{}/{name}\n", nginx.addr)).collect()
}

#[test]
fn one_host_gets_no_more_connections_than_are_allowed_and_they_are_used_again() {
    for (per_host, allowed) in [("1", 1), ("4", 4)] {
        let Some(nginx) = Nginx::start(&format!("per-host-{per_host}")) else { return };
        let names = write_pages(&nginx.pages());
        let run = fetch_with_input(&["--json", "--per-host", per_host, "--input", "-"], &list(&nginx, &names));
        assert_eq!((run.code, &run.json()["totals"]["fetched"]), (Some(0), &300.into()), "{}", run.stderr);
        let connections: BTreeSet<u32> = nginx.log().into_iter().map(|(connection, _)| connection).collect();
        assert_eq!(connections.len(), allowed);
    }
}

#[test]
fn an_idle_connection_that_the_server_has_closed_is_no_failure() {
    // This server closes after each answer without saying so.
    let server = serve(Request::echo);
    let list: String = (0..50).map(|index| server.url(&format!("/{index}\n"))).collect();
    let run = fetch_with_input(&["--json", "--concurrency", "1", "--input", "-"], &list);
    assert_eq!((run.code, &run.json()["totals"]["fetched"]), (Some(0), &50.into()), "{}", run.stderr);
    assert_eq!(server.requests(), 50);
}

#[test]
fn a_connection_that_was_given_up_in_the_middle_is_not_used_again() {
    let Some(nginx) = Nginx::start("given-up") else { return };
    std::fs::write(nginx.pages().join("page"), "there").unwrap();
    let missing = format!("http://{}/missing", nginx.addr);
    let page = format!("http://{}/page", nginx.addr);
    // The answer that tells of what is missing has a body, which nobody reads.
    let run = fetch(["--json", "--concurrency", "1", &missing, &page]);
    assert_eq!((run.code, &run.json()["results"][1]["bytes"]), (Some(1), &5.into()), "{}", run.stderr);
    let connections: BTreeSet<u32> = nginx.log().into_iter().map(|(connection, _)| connection).collect();
    assert_eq!(connections.len(), 2);
}
