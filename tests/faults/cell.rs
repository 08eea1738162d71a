//! The cells of the tables.

#![forbid(unsafe_code)]

use std::fmt;
use std::io;

use super::victim::{Outcome, Task, be_the_victim, trace};
use crate::support::child::is_child;
use crate::support::program;

/// How many system calls a fault may cost: those of another try, and of looking for another event before it.
const CALLS_PER_FAULT: usize = 4;

/// What goes wrong with a system call.
#[derive(Clone, Copy)]
pub enum Fault {
    /// It fails, and does nothing.
    Error(&'static str, i32),
    /// It begins so many microseconds late.
    LateEnter(u32),
    /// It ends so many microseconds late.
    LateExit(u32),
}

macro_rules! errors {
    ($($name:ident),*) => { $(pub const $name: Fault = Fault::Error(stringify!($name), libc::$name);)* };
}

errors!(
    EACCES,
    EADDRINUSE,
    EADDRNOTAVAIL,
    EAGAIN,
    EBADF,
    ECONNABORTED,
    ECONNREFUSED,
    EFAULT,
    EHOSTUNREACH,
    EINTR,
    EINVAL
);
errors!(EIO, EMFILE, ENETDOWN, ENETUNREACH, ENFILE, ENOBUFS, ENOMEM, ENOSPC, ENOSYS, EPERM, EPROTO, ETIMEDOUT);

/// What a program is told.
#[derive(Clone, Copy)]
pub enum Expect {
    /// Nothing: the runtime copes.
    Nothing,
    /// An error for each fault, of its kind, in whose text are these words and the system's own.
    Told(&'static str),
    /// A panic with these words, which ends it.
    Panics(&'static str),
}

/// One cell: a system call, what goes wrong, at which of its invocations (as strace's `when=`), and what comes of it.
pub type Cell = (&'static str, Fault, &'static str, Expect);

/// Checks a program against a table. The test of that name must consist of this call.
///
/// Undisturbed, the program makes at most so many system calls.
pub fn check(test: &str, task: Task, calls: usize, cells: &[Cell]) {
    if is_child() {
        be_the_victim(task);
    }
    let Some(strace) = program("strace") else { return };
    let quiet = trace(&strace, test, None).and_then(|quiet| judge_quiet(&quiet, calls));
    let mut failures = Vec::from_iter(quiet.err().map(|why| format!("undisturbed: {why}")));
    let mut injected = 0;
    for &(call, fault, when, expect) in cells {
        let name = format!("{call}:{fault}:when={when}");
        match trace(&strace, test, Some(&name)).and_then(|outcome| judge(&outcome, fault, expect, calls)) {
            Ok(count) => {
                injected += count;
                println!("{test}: {name}: {count} faults");
            }
            Err(why) => failures.push(format!("{name}: {why}")),
        }
    }
    println!("{test}: {injected} faults in {} cells", cells.len());
    assert!(failures.is_empty(), "{test}:\n{}", failures.join("\n"));
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Error(name, _) => write!(f, "error={name}"),
            Fault::LateEnter(micros) => write!(f, "delay_enter={micros}"),
            Fault::LateExit(micros) => write!(f, "delay_exit={micros}"),
        }
    }
}

fn judge_quiet(quiet: &Outcome, calls: usize) -> Result<usize, String> {
    if quiet.calls > calls || !quiet.errors.is_empty() || quiet.panic.is_some() {
        return Err(format!("{quiet:?}, where it should make {calls} calls at most"));
    }
    Ok(0)
}

/// Says how many faults there were, or what is wrong.
fn judge(outcome: &Outcome, fault: Fault, expect: Expect, calls: usize) -> Result<usize, String> {
    let injected = outcome.injected;
    if injected == 0 {
        return Err("no fault was injected".to_owned());
    }
    if outcome.calls > calls + CALLS_PER_FAULT * injected {
        return Err(format!("{} calls with {injected} faults, where {calls} would do", outcome.calls));
    }
    let (errors, panics) = match expect {
        Expect::Nothing => (0, false),
        Expect::Told(_) => (injected, false),
        Expect::Panics(_) => (0, true),
    };
    let is_told = match (expect, &outcome.panic) {
        (Expect::Panics(words), Some(message)) => message.contains(words),
        (Expect::Told(words), _) => outcome.errors.iter().all(|error| tells(error, fault, words)),
        _ => true,
    };
    if outcome.errors.len() != errors || outcome.panic.is_some() != panics || !is_told {
        return Err(format!("{injected} faults, and {outcome:?}"));
    }
    Ok(injected)
}

fn tells((kind, text): &(String, String), fault: Fault, words: &str) -> bool {
    let Fault::Error(_, errno) = fault else { return false };
    let system = io::Error::from_raw_os_error(errno);
    *kind == format!("{:?}", system.kind()) && text.contains(words) && text.contains(&system.to_string())
}
