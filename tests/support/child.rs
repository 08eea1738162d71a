//! Tests that need a process of their own.

use std::process::Command;

const CHILD: &str = "EPORE_TEST_CHILD";

/// Runs `body` alone in a process: this executable again, with only the test that calls this.
pub fn in_own_process(test: &str, body: impl FnOnce()) {
    if is_child() {
        return body();
    }
    let output = rerun(&[], test).output().expect("the test can be run again");
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{test} in its own process: {}\n{out}\n{err}", output.status);
    assert!(out.contains("1 passed"), "there is no test `{test}`: {out}");
    // What the body has said, without the result, which is this test's to say.
    print!("{}", out.split("test result: ").next().unwrap_or_default());
}

/// Whether this process was started by `rerun`.
pub fn is_child() -> bool {
    std::env::var_os(CHILD).is_some()
}

/// A command that runs one test of this executable again, by way of the `launcher` if there is one.
pub fn rerun(launcher: &[&str], test: &str) -> Command {
    let own = std::env::current_exe().expect("an executable");
    let mut command = match launcher {
        [] => Command::new(own),
        [program, arguments @ ..] => {
            let mut command = Command::new(program);
            // Where a leak sanitizer looks on, it cannot do so under a tracer.
            command.args(arguments).arg(own).env("ASAN_OPTIONS", "detect_leaks=0");
            command
        }
    };
    command.args([test, "--exact", "--nocapture", "--test-threads=1"]).env(CHILD, test);
    command
}
