//! What is tried again, and how often.

use crate::run::{Run, fetch};
use crate::server::{Refusing, Request, head, serve};

/// Fetches a page that is bad the first two times. Gives the run, and how many requests the server saw.
fn fetch_in_the_end(bad: impl Fn(Request) + Send + Sync + 'static, retries: &str) -> (Run, usize) {
    let server = serve(move |request| if request.index < 2 { bad(request) } else { request.answer("good") });
    let run = fetch(["--json", "--timeout", "1", "--retries", retries, &server.url("/page")]);
    (run, server.requests())
}

#[test]
fn a_failure_that_may_pass_is_tried_again() {
    let bad: [fn(Request); 4] = [
        |request| request.answer_status("503 Service Unavailable", "A: b"),
        |request| request.send(""),
        |request| request.send(head(100) + "half"),
        Request::stall,
    ];
    for bad in bad {
        let (run, requests) = fetch_in_the_end(bad, "2");
        let result = &run.json()["results"][0];
        assert_eq!((run.code, requests), (Some(0), 3), "{}", run.stderr);
        assert_eq!((&result["tries"], &result["bytes"], &result["status"]), (&3.into(), &4.into(), &200.into()));
        assert!(run.stderr.contains("(3 tries)"), "{}", run.stderr);
    }
}

#[test]
fn there_are_no_more_retries_than_are_allowed() {
    let unavailable = |request: Request| request.answer_status("503 Service Unavailable", "A: b");
    for (retries, tries) in [("0", 1), ("1", 2)] {
        let (run, requests) = fetch_in_the_end(unavailable, retries);
        assert_eq!((run.code, requests), (Some(1), tries), "{}", run.stderr);
        assert_eq!(run.json()["results"][0]["tries"], tries);
    }
}

#[test]
fn a_refused_connection_is_tried_again() {
    let refusing = Refusing::new();
    let run = fetch(["--json", "--retries", "2", &format!("http://{}/", refusing.addr)]);
    assert_eq!((run.code, &run.json()["results"][0]["tries"]), (Some(1), &3.into()));
}

#[test]
fn a_failure_that_will_stay_is_not_tried_again() {
    let bad: [fn(Request); 3] = [
        |request| request.answer_status("404 Not Found", "A: b"),
        |request| request.answer_status("302 Found", "Location: ftp://127.0.0.1/"),
        |request| request.send("this is no HTTP\r\n"),
    ];
    for bad in bad {
        let (run, requests) = fetch_in_the_end(bad, "5");
        assert_eq!((run.code, requests), (Some(1), 1), "{}", run.stderr);
    }
}
