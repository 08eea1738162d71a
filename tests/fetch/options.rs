//! The command line.

use std::fs;
use std::sync::Barrier;

use crate::folder::Folder;
use crate::run::{fetch, fetch_with_input};
use crate::server::{Request, serve};

#[test]
fn as_many_downloads_run_at_once_as_are_allowed_and_no_more() {
    // Nobody gets an answer before three have asked.
    let three = Barrier::new(3);
    let server = serve(move |request| {
        three.wait();
        request.answer("page");
    });
    let urls = (0..12).map(|index| server.url(&format!("/{index}")));
    let run = fetch(["--json", "--concurrency", "3"].map(str::to_owned).into_iter().chain(urls));
    assert_eq!((run.code, server.requests()), (Some(0), 12), "{}", run.stderr);
    assert_eq!(server.most_at_once(), 3);
    assert_eq!(run.json()["totals"]["most_at_once"], 3);
}

#[test]
fn wrong_usage_says_what_is_wrong_and_ends_with_status_2() {
    for (args, message) in [
        (&["--concurrency", "0"][..], "at least 1 download"),
        (&["--concurrency", "-1"], "invalid value '-1' for '--concurrency <N>'"),
        (&["--concurrency"], "a value is required for '--concurrency <N>'"),
        (&["--timeout", "0"], "nothing can be fetched in no time"),
        (&["--timeout", "soon"], "'soon' for '--timeout <SECONDS>': not a number of seconds"),
        (&["--timeout", "-1"], "'-1' for '--timeout <SECONDS>'"),
        (&["--timeout", "inf"], "'inf' for '--timeout <SECONDS>'"),
        (&["--retries", "many"], "'many' for '--retries <N>'"),
        (&["--max-redirects", "x"], "'x' for '--max-redirects <N>'"),
        (&["--no-such-option"], "unexpected argument '--no-such-option'"),
        (&["--input", "/no/such/file"], "cannot read URLs from `/no/such/file`: No such file"),
        (&["--input", "/dev/null"], "there is no URL in `/dev/null`"),
        (&["--output", "/dev/null/folder", "http://127.0.0.1/"], "cannot make the folder `/dev/null/folder`"),
    ] {
        let run = fetch(args);
        assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""), "{args:?}: {}", run.stderr);
        assert!(run.stderr.contains(message), "{args:?}: {}", run.stderr);
    }
}

#[test]
fn the_help_tells_of_all_options_and_of_the_exit_status() {
    let run = fetch(["--help"]);
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
    for option in [
        "concurrency",
        "timeout",
        "retries",
        "max-redirects",
        "output",
        "input",
        "json",
        "per-host",
        "compressed",
        "cacert",
    ] {
        assert!(run.stdout.contains(&format!("--{option}")), "{option}");
    }
    assert!(run.stdout.contains("anything but 2xx") && run.stdout.contains("exit status is 0 if all is well"));
    assert!(run.stdout.lines().all(|line| line.chars().count() <= 90), "{}", run.stdout);
}

#[test]
fn urls_come_from_the_arguments_and_then_from_the_input() {
    let server = serve(Request::echo);
    let urls = ["/1", "/2", "/3"].map(|path| server.url(path));
    let text = format!("# a list\n\n  {}  \r\n{}\n", urls[1], urls[2]);

    let run = fetch_with_input(&["--json", "--input", "-", &urls[0]], &text);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let found: Vec<_> = run.json()["results"].as_array().unwrap().iter().map(|result| result["url"].clone()).collect();
    assert_eq!(found, urls);

    let folder = Folder::new("input");
    let file = folder.path().join("list");
    fs::write(&file, text).unwrap();
    let run = fetch(["--json", "--input", file.to_str().unwrap()]);
    assert_eq!((run.code, &run.json()["totals"]["fetched"]), (Some(0), &2.into()), "{}", run.stderr);
}

#[test]
fn a_request_asks_for_path_and_query_alone() {
    let server = serve(Request::echo);
    let folder = Folder::new("request");
    let run = fetch(["--output", folder.arg(), &server.url("/a%20b/c?d=e&f#fragment")]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(folder.files().into_values().collect::<Vec<_>>(), [b"/a%20b/c?d=e&f"]);
}
