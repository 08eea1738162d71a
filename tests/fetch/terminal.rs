//! What a person at a terminal sees.

use std::process::Command;

use crate::run::{Run, finish, program};
use crate::server::{Server, head, serve};
use crate::support;

/// Runs the example under a terminal 70 columns wide, where both outputs are one.
fn fetch_in_terminal(server: &Server, settings: &str) -> Option<Run> {
    let script = support::program("script")?;
    let fetch = format!("stty rows 24 cols 70; {settings} '{}' '{}'", program().display(), server.url("/page"));
    let mut command = Command::new(script);
    command.args(["-qec", &fetch, "/dev/null"]).env("TERM", "xterm").env_remove("COLUMNS").env_remove("NO_COLOR");
    Some(finish(command))
}

#[test]
fn a_terminal_shows_bars_and_its_width_is_kept() {
    let server = serve(|request| request.answer("page"));
    let Some(run) = fetch_in_terminal(&server, "LC_ALL=C.UTF-8") else { return };
    assert_eq!(run.code, Some(0), "{}", run.stdout);
    assert!(run.stdout.contains("1/1 done"), "no bar in {}", run.stdout);
    assert!(run.stdout.contains("\x1b[32m"), "no colour in {}", run.stdout);
    assert!(run.stdout.contains(&"─".repeat(70)) && !run.stdout.contains(&"─".repeat(71)), "{}", run.stdout);
}

#[test]
fn no_color_leaves_the_bars_without_colours() {
    let server = serve(|request| request.send(head(100) + "half"));
    let Some(run) = fetch_in_terminal(&server, "NO_COLOR=1") else { return };
    assert_eq!(run.code, Some(1), "{}", run.stdout);
    assert!(run.stdout.contains("1/1 done") && run.stdout.contains("broke off after 4 B of 100 B"), "{}", run.stdout);
    let has_colour = run.stdout.split("\x1b[").skip(1).any(|rest| {
        let code = rest.trim_start_matches(|char: char| char.is_ascii_digit() || char == ';');
        code.starts_with('m')
    });
    assert!(!has_colour, "{:?}", run.stdout);
}

#[test]
fn a_dumb_terminal_gets_plain_lines() {
    let server = serve(|request| request.answer("page"));
    let Some(run) = fetch_in_terminal(&server, "TERM=dumb") else { return };
    assert_eq!(run.code, Some(0), "{}", run.stdout);
    assert!(run.stdout.contains("[1/1]  200      4 B") && !run.stdout.contains('\x1b'), "{}", run.stdout);
}
