//! Redirects.

use crate::run::fetch;
use crate::server::{Server, serve};

/// Redirects each path to what `location` says, until it says nothing.
fn redirecting(status: &'static str, location: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Server {
    serve(move |request| match location(&request.path) {
        Some(location) => request.answer_status(status, &format!("Location: {location}")),
        None => request.answer("there"),
    })
}

#[test]
fn every_kind_of_redirect_is_followed() {
    for status in ["301 Moved Permanently", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"] {
        let server = redirecting(status, |path| (path == "/from").then(|| "/to".to_owned()));
        let run = fetch(["--json", &server.url("/from")]);
        let result = &run.json()["results"][0];
        assert_eq!(run.code, Some(0), "{status}: {}", run.stderr);
        assert_eq!((&result["redirects"], &result["bytes"]), (&1.into(), &5.into()));
        assert_eq!(result["redirected_to"], server.url("/to"));
    }
}

#[test]
fn a_location_is_relative_to_where_it_stands() {
    let other = serve(|request| request.answer("there"));
    for (location, target) in [
        ("to".to_owned(), "/deep/to"),
        ("../to?a=b".to_owned(), "/to?a=b"),
        ("?only=query".to_owned(), "/deep/from?only=query"),
        (format!("//{}/to", other.addr), ""),
    ] {
        let server = redirecting("302 Found", move |path| (path == "/deep/from").then(|| location.clone()));
        let run = fetch(["--json", &server.url("/deep/from")]);
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        let expected = if target.is_empty() { other.url("/to") } else { server.url(target) };
        assert_eq!(run.json()["results"][0]["redirected_to"], expected);
    }
}

#[test]
fn a_loop_of_redirects_is_left_after_as_many_as_are_allowed() {
    for (options, requests) in [(vec![], 11), (vec!["--max-redirects", "3"], 4), (vec!["--max-redirects", "0"], 1)] {
        let server = redirecting("302 Found", |_| Some("/loop".to_owned()));
        let url = server.url("/loop");
        let run = fetch([options, vec![&url]].concat());
        assert_eq!((run.code, server.requests()), (Some(1), requests));
        let expected = format!("{url}: more than {} redirects, the last one to {url}", requests - 1);
        assert!(run.line_about(&url).ends_with(&expected), "{}", run.stderr);
    }
}

#[test]
fn a_redirect_that_leads_nowhere_says_so() {
    for (header, reason) in [
        ("A: b", "redirects to nowhere: the answer has no Location"),
        (
            "Location: ftp://127.0.0.1/",
            "redirected to ftp://127.0.0.1/, which cannot be fetched: the scheme `ftp` is not supported",
        ),
        ("Location: http://[/", "redirected to http://[/, which cannot be fetched: "),
    ] {
        let server = serve(move |request| request.answer_status("302 Found", header));
        let url = server.url("/from");
        let run = fetch([&url]);
        assert_eq!((run.code, server.requests()), (Some(1), 1));
        assert!(run.line_about(&url).contains(reason), "{}", run.stderr);
    }
}
