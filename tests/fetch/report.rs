//! The report on standard output.

use std::fs::File;
use std::io::Read;
use std::sync::{Mutex, mpsc};

use crate::run::{command, fetch, finish};
use crate::server::{Request, head, serve};
use crate::support::in_time;

#[test]
fn the_results_stand_in_the_order_of_the_urls() {
    // The first is answered when the second has been.
    let (answered, is_answered) = mpsc::channel();
    let is_answered = Mutex::new(is_answered);
    let server = serve(move |request| {
        if request.path == "/first" {
            is_answered.lock().unwrap().recv().unwrap();
            request.echo();
        } else {
            request.echo();
            answered.send(()).unwrap();
        }
    });
    let run = fetch([server.url("/first"), server.url("/second")]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let place = |text| run.stdout.find(text).unwrap_or_else(|| panic!("{text} is missing in {}", run.stdout));
    assert!(place("/first") < place("/second"), "{}", run.stdout);
}

#[test]
fn a_reader_that_has_left_is_no_error() {
    let (left, has_left) = mpsc::channel();
    let has_left = Mutex::new(has_left);
    let server = serve(move |request| {
        has_left.lock().unwrap().recv().unwrap();
        request.answer("page");
    });
    let mut child = command([server.url("/page")]).spawn().unwrap();
    drop(child.stdout.take());
    left.send(()).unwrap();
    in_time("fetch", move || {
        let mut errors = String::new();
        child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
        assert_eq!(errors.lines().count(), 1, "{errors}");
        assert_eq!(child.wait().unwrap().code(), Some(0));
    });
}

#[test]
fn a_report_that_cannot_be_written_is_an_error() {
    let server = serve(|request| request.answer("page"));
    let mut command = command([server.url("/page")]);
    command.stdout(File::options().write(true).open("/dev/full").unwrap());
    let run = finish(command);
    assert_eq!(run.code, Some(1));
    assert!(run.stderr.contains("cannot write to standard output: No space left"), "{}", run.stderr);
}

#[test]
fn a_locale_without_unicode_gets_ascii() {
    let server = serve(|request: Request| match request.path.as_str() {
        "/broken" => request.send(head(100) + "half"),
        "/missing" => request.answer_status("404 Not Found", "A: b"),
        _ => request.echo(),
    });
    let long = format!("/{}", "long/".repeat(50));
    let mut command = command(["/page", "/broken", "/missing", &long].map(|path| server.url(path)));
    command.env("LC_ALL", "C").env("COLUMNS", "80");
    let run = finish(command);
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    assert!(run.stdout.is_ascii(), "{}", run.stdout);
    assert!(run.stdout.lines().all(|line| line.len() <= 80), "{}", run.stdout);
    let words =
        ["200", "broken", "404", "the server broke off after 4 B of 100 B", "Not Found", "2 fetched", "2 failed"];
    for word in words {
        assert!(run.stdout.contains(word), "{word} is missing in {}", run.stdout);
    }
}
