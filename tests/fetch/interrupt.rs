//! Ctrl-C and SIGTERM.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};

use crate::folder::Folder;
use crate::run::{Run, command, program};
use crate::server::{Request, Server, head, serve, wait_for_close};
use crate::support::{self, in_time, wait_until};

/// What a stalled page has sent: more than is gathered before it is written.
const SENT: usize = 150_000;

/// One page that comes, and any others that stop halfway.
fn stalling_server() -> Server {
    serve(|request: Request| match request.path.as_str() {
        "/whole" => request.answer("whole"),
        _ => wait_for_close(request.send_and_keep(head(200_000) + &"x".repeat(SENT))),
    })
}

/// Starts to fetch a page, two that stall and three more, of which two at a time may run. It returns when the first page
/// is there, and parts of both that stall.
fn start(server: &Server, folder: &Folder, options: &[&str]) -> Child {
    let urls = ["/whole", "/first", "/second", "/third", "/fourth", "/fifth"].map(|path| server.url(path));
    let fixed = ["--concurrency", "2", "--output", folder.arg()];
    let options = options.iter().chain(&fixed).map(|&option| option.to_owned());
    let child = command(options.chain(urls)).spawn().unwrap();
    let has_bytes = |name: &str| fs::metadata(folder.path().join(name)).is_ok_and(|file| file.len() > 0);
    wait_until("two are halfway", || has_bytes("whole") && has_bytes(".first.part") && has_bytes(".second.part"));
    child
}

fn send(signal: &str, child: &Child) {
    let status = Command::new("sh").arg("-c").arg(format!("kill -{signal} {}", child.id())).status().unwrap();
    assert!(status.success());
}

fn end(child: Child) -> Run {
    Run::from(in_time("fetch", move || child.wait_with_output().unwrap()))
}

#[test]
fn what_was_fetched_is_reported_and_nothing_is_left_half_written() {
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let (server, folder) = (stalling_server(), Folder::new(signal));
        let child = start(&server, &folder, &["--json"]);
        send(signal, &child);
        let run = end(child);
        assert_eq!(run.code, Some(code), "{}", run.stderr);
        assert_eq!(folder.files().into_keys().collect::<Vec<_>>(), ["whole"]);

        let report = run.json();
        let kinds = [0, 1, 2, 3, 4, 5].map(|index| report["results"][index]["error"]["kind"].clone());
        let stopped_and_skipped = ["stopped", "stopped", "skipped", "skipped", "skipped"];
        assert_eq!(kinds[0], serde_json::Value::Null);
        assert_eq!(kinds[1..], stopped_and_skipped);
        assert!((1..=SENT as u64).contains(&report["results"][1]["bytes"].as_u64().unwrap()), "{report}");
        let totals = &report["totals"];
        assert_eq!((&totals["fetched"], &totals["failed"], &totals["interrupted"]), (&1.into(), &0.into(), &5.into()));
        assert_eq!(totals["most_at_once"], 2);
        assert_eq!(server.requests(), 3);
        assert!(run.line_about("/first").contains("interrupted: http://"), "{}", run.stderr);
        assert!(!run.stderr.contains("/third"), "{}", run.stderr);
    }
}

#[test]
fn the_table_marks_what_was_stopped_and_what_was_not_begun() {
    let (server, folder) = (stalling_server(), Folder::new("table"));
    let child = start(&server, &folder, &[]);
    send("INT", &child);
    let run = end(child);
    assert_eq!(run.code, Some(130), "{}", run.stderr);
    let row = |path: &str| run.stdout.lines().find(|line| line.ends_with(path)).expect("a row of the table");
    assert!(row("/whole").contains("200") && row("/first").contains("stopped"), "{}", run.stdout);
    assert!(row("/third").contains("skipped") && row("/fourth").contains("skipped"), "{}", run.stdout);
    assert!(run.stdout.contains("1 fetched, 5 interrupted"), "{}", run.stdout);
}

#[test]
fn a_url_that_is_being_retried_is_stopped_too() {
    let server = serve(|request: Request| request.answer_status("500 Internal Server Error", "A: b"));
    let child = command(["--json", "--retries", "1000", &server.url("/page")]).spawn().unwrap();
    wait_until("it was tried again", || server.requests() > 1);
    send("INT", &child);
    let run = end(child);
    assert_eq!(run.code, Some(130), "{}", run.stderr);
    assert_eq!(run.json()["results"][0]["error"]["kind"], "stopped");
}

#[test]
fn a_second_ctrl_c_ends_a_program_whose_report_nobody_reads() {
    let server = stalling_server();
    // A report of more than fits into a pipe.
    let urls = (0..2000).map(|index| server.url(&format!("/stalled/{index}")));
    let mut child = command(["--concurrency", "1"].map(str::to_owned).into_iter().chain(urls)).spawn().unwrap();
    wait_until("it runs", || server.requests() == 1);
    send("INT", &child);
    child.stdout.as_mut().unwrap().read_exact(&mut [0; 1]).unwrap();
    assert!(child.try_wait().unwrap().is_none(), "it waits for its report to be read");
    send("INT", &child);
    // Its output must stay open, and unread, until it has ended.
    let (status, _output) = in_time("fetch", move || (child.wait().unwrap(), child.stdout.take()));
    assert_eq!(status.signal(), Some(2));
}

/// The byte that the terminal makes a signal of.
#[test]
fn ctrl_c_at_a_terminal_leaves_it_clean() {
    let Some(script) = support::program("script") else { return };
    let (server, folder) = (stalling_server(), Folder::new("terminal"));
    let urls = ["/whole", "/first"].map(|path| format!("'{}'", server.url(path))).join(" ");
    let fetch = format!(
        "stty rows 24 cols 70; exec env --default-signal=INT,TERM LC_ALL=C.UTF-8 '{}' --output '{}' {urls}",
        program().display(),
        folder.arg()
    );
    let mut command = Command::new(script);
    command.args(["-qec", &fetch, "/dev/null"]).env("TERM", "xterm").env("NO_COLOR", "1").env_remove("COLUMNS");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let part = folder.path().join(".first.part");
    wait_until("it is halfway", || folder.path().join("whole").exists() && part.exists());
    let mut keys = child.stdin.take().unwrap();
    keys.write_all(b"\x03").unwrap();
    let run = end(child);
    drop(keys);
    assert_eq!(run.code, Some(130), "{}", run.stdout);
    assert_eq!(folder.files().into_keys().collect::<Vec<_>>(), ["whole"]);
    let (bars, report) = run.stdout.split_once("2 URLs from").expect("a report");
    assert!(report.contains("stopped") && report.contains("1 fetched, 1 interrupted"), "{report}");
    assert!(bars.contains("/2 done") && !report.contains("/2 done"), "{:?}", run.stdout);
    // The last that is done to the bars is to clear their line, and the cursor is not left hidden.
    let clear = bars.rfind("\x1b[2K").or_else(|| bars.rfind("\x1b[J")).expect("the bars are cleared");
    assert!(bars.rfind("/2 done").unwrap() < clear, "{bars:?}");
    assert!(!run.stdout.contains("\x1b[?25l"), "{:?}", run.stdout);
}
