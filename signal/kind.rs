#![forbid(unsafe_code)]

use std::io;

use libc::c_int;

/// One more than the greatest number of a signal, see signal(7).
pub(super) const NUMBERS: usize = 65;

/// Those that no program can go on after, and why.
const FORBIDDEN: [(c_int, &str, &str); 6] = [
    (libc::SIGKILL, "SIGKILL", UNHANDLED),
    (libc::SIGSTOP, "SIGSTOP", UNHANDLED),
    (libc::SIGILL, "SIGILL", REPEATED),
    (libc::SIGFPE, "SIGFPE", REPEATED),
    (libc::SIGSEGV, "SIGSEGV", REPEATED),
    (libc::SIGBUS, "SIGBUS", REPEATED),
];

const UNHANDLED: &str = "the system lets no program handle it";
const REPEATED: &str = "the instruction that causes it would be run again, without end";

/// A kind of signal, by its number. See signal(7).
///
/// ```
/// use epore::signal::SignalKind;
///
/// assert_eq!(SignalKind::interrupt(), SignalKind::from_raw(libc::SIGINT));
/// assert_eq!(SignalKind::terminate().as_raw_value(), 15);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SignalKind(c_int);

impl SignalKind {
    /// The kind of that number. Whether there is one is said by [`signal()`](super::signal()).
    pub const fn from_raw(number: c_int) -> SignalKind {
        SignalKind(number)
    }

    /// The number.
    pub const fn as_raw_value(&self) -> c_int {
        self.0
    }

    /// SIGALRM: a timer of alarm(2) or setitimer(2) has run out. By default it ends the program.
    pub const fn alarm() -> SignalKind {
        SignalKind(libc::SIGALRM)
    }

    /// SIGCHLD: a child process has ended, stopped or gone on. By default nothing happens.
    pub const fn child() -> SignalKind {
        SignalKind(libc::SIGCHLD)
    }

    /// SIGHUP: the terminal is gone; to a daemon, by custom, that its configuration has changed. By default it ends the
    /// program.
    pub const fn hangup() -> SignalKind {
        SignalKind(libc::SIGHUP)
    }

    /// SIGINT: a Ctrl-C at the terminal. By default it ends the program.
    pub const fn interrupt() -> SignalKind {
        SignalKind(libc::SIGINT)
    }

    /// SIGIO: a descriptor with `O_ASYNC` is ready. By default it ends the program.
    pub const fn io() -> SignalKind {
        SignalKind(libc::SIGIO)
    }

    /// SIGPIPE: what was written has no reader. By default it ends the program; a Rust program ignores it.
    pub const fn pipe() -> SignalKind {
        SignalKind(libc::SIGPIPE)
    }

    /// SIGQUIT: a Ctrl-\ at the terminal. By default it ends the program with a core dump.
    pub const fn quit() -> SignalKind {
        SignalKind(libc::SIGQUIT)
    }

    /// SIGTERM: another program asks this one to end. By default it does.
    pub const fn terminate() -> SignalKind {
        SignalKind(libc::SIGTERM)
    }

    /// SIGUSR1, which means what the program says. By default it ends the program.
    pub const fn user_defined1() -> SignalKind {
        SignalKind(libc::SIGUSR1)
    }

    /// SIGUSR2, which means what the program says. By default it ends the program.
    pub const fn user_defined2() -> SignalKind {
        SignalKind(libc::SIGUSR2)
    }

    /// SIGWINCH: the terminal has another size. By default nothing happens.
    pub const fn window_change() -> SignalKind {
        SignalKind(libc::SIGWINCH)
    }

    /// The same, if it can be listened to.
    pub(super) fn check(self) -> io::Result<SignalKind> {
        let invalid = |message: String| Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        if !(1..NUMBERS as c_int).contains(&self.0) {
            return invalid(format!("{} is the number of no signal: they go from 1 to {}", self.0, NUMBERS - 1));
        }
        match FORBIDDEN.iter().find(|(number, ..)| *number == self.0) {
            Some((_, name, reason)) => invalid(format!("{name} cannot be listened to: {reason}")),
            None => Ok(self),
        }
    }
}

impl From<c_int> for SignalKind {
    fn from(number: c_int) -> SignalKind {
        SignalKind::from_raw(number)
    }
}

impl From<SignalKind> for c_int {
    fn from(kind: SignalKind) -> c_int {
        kind.as_raw_value()
    }
}
