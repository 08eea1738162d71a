//! Runs the example.

use std::ffi::OsStr;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::support::in_time;

/// What a run came to.
pub struct Run {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// The executable, which cargo has put beside that of this test.
pub fn program() -> PathBuf {
    let own = std::env::current_exe().unwrap();
    let program = own.ancestors().nth(2).unwrap().join("examples/fetch");
    assert!(program.is_file(), "{} is not built: run `cargo build --examples` first", program.display());
    program
}

/// The example with arguments, and none of the settings of whoever runs the tests.
pub fn command(args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
    // A job in the background would ignore Ctrl-C.
    let mut command = Command::new("env");
    command.arg("--default-signal=INT,TERM").arg(program());
    command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    for name in ["COLUMNS", "NO_COLOR", "LC_ALL", "LC_CTYPE", "LANG"] {
        command.env_remove(name);
    }
    command
}

pub fn fetch(args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Run {
    finish(command(args))
}

/// Runs the example with a text on its standard input.
pub fn fetch_with_input(args: &[&str], input: &str) -> Run {
    let mut command = command(args);
    let input = input.to_owned();
    let output = in_time("fetch", move || {
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    });
    Run::from(output)
}

pub fn finish(mut command: Command) -> Run {
    Run::from(in_time("fetch", move || command.output().unwrap()))
}

impl Run {
    /// What it printed because of `--json`.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error} in {}\n{}", self.stdout, self.stderr))
    }

    /// The one line of standard error that names a URL.
    pub fn line_about(&self, url: &str) -> &str {
        let lines: Vec<&str> = self.stderr.lines().filter(|line| line.contains(url)).collect();
        assert_eq!(lines.len(), 1, "{url} should have one line:\n{}", self.stderr);
        lines[0]
    }
}

impl From<Output> for Run {
    fn from(output: Output) -> Run {
        let text = |bytes| String::from_utf8(bytes).expect("it prints UTF-8");
        let run = Run { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) };
        assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
        run
    }
}
