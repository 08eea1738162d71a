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

/// The kernel's first signal for real-time use. The C library takes the first ones for its threads, see signal(7).
const FIRST_REAL_TIME: c_int = 32;

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
    ///
    /// ```
    /// use epore::signal::{SignalKind, signal};
    ///
    /// let _messages = signal(SignalKind::from_raw(libc::SIGRTMIN()))?;
    /// let error = signal(SignalKind::from_raw(0)).unwrap_err();
    /// assert_eq!(error.to_string(), "0 is the number of no signal: they go from 1 to 64");
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub const fn from_raw(number: c_int) -> SignalKind {
        SignalKind(number)
    }

    /// The number.
    ///
    /// ```
    /// use epore::signal::SignalKind;
    ///
    /// // The exit status of a shell whose command was ended by a signal.
    /// assert_eq!(128 + SignalKind::terminate().as_raw_value(), 143);
    /// ```
    pub const fn as_raw_value(&self) -> c_int {
        self.0
    }

    /// SIGALRM: a timer of alarm(2) or setitimer(2) has run out. By default it ends the program.
    ///
    /// ```
    /// # epore::block_on(async {
    /// use epore::signal::{SignalKind, signal};
    ///
    /// let mut alarms = signal(SignalKind::alarm())?;
    /// # std::process::Command::new("sh").args(["-c", "kill -ALRM $PPID"]).status()?;
    /// assert_eq!(alarms.recv().await, Some(()));
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub const fn alarm() -> SignalKind {
        SignalKind(libc::SIGALRM)
    }

    /// SIGCHLD: a child process has ended, stopped or gone on. By default nothing happens.
    ///
    /// ```
    /// # epore::block_on(async {
    /// use epore::signal::{SignalKind, signal};
    ///
    /// let mut children = signal(SignalKind::child())?;
    /// std::process::Command::new("true").status()?;
    /// assert_eq!(children.recv().await, Some(()));
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub const fn child() -> SignalKind {
        SignalKind(libc::SIGCHLD)
    }

    /// SIGHUP: the terminal is gone; to a daemon, by custom, that its configuration has changed. By default it ends the
    /// program.
    ///
    /// ```
    /// # epore::block_on(async {
    /// use epore::signal::{SignalKind, signal};
    ///
    /// let mut hangups = signal(SignalKind::hangup())?;
    /// # std::process::Command::new("sh").args(["-c", "kill -HUP $PPID"]).status()?;
    /// assert_eq!(hangups.recv().await, Some(()));
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub const fn hangup() -> SignalKind {
        SignalKind(libc::SIGHUP)
    }

    /// SIGINT: a Ctrl-C at the terminal. By default it ends the program.
    ///
    /// ```
    /// # epore::block_on(async {
    /// use epore::signal::{SignalKind, signal};
    ///
    /// let mut interrupts = signal(SignalKind::interrupt())?;
    /// # std::process::Command::new("sh").args(["-c", "kill -INT $PPID"]).status()?;
    /// assert_eq!(interrupts.recv().await, Some(()));
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub const fn interrupt() -> SignalKind {
        SignalKind(libc::SIGINT)
    }

    /// SIGIO: a descriptor with `O_ASYNC` is ready. By default it ends the program.
    ///
    /// ```
    /// # epore::block_on(async {
    /// use epore::signal::{SignalKind, signal};
    ///
    /// let mut descriptors = signal(SignalKind::io())?;
    /// # std::process::Command::new("sh").args(["-c", "kill -IO $PPID"]).status()?;
    /// assert_eq!(descriptors.recv().await, Some(()));
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub const fn io() -> SignalKind {
        SignalKind(libc::SIGIO)
    }

    /// SIGPIPE: what was written has no reader. By default it ends the program; a Rust program ignores it.
    ///
    /// ```
    /// # epore::block_on(async {
    /// use epore::signal::{SignalKind, signal};
    ///
    /// let mut pipes = signal(SignalKind::pipe())?;
    /// # std::process::Command::new("sh").args(["-c", "kill -PIPE $PPID"]).status()?;
    /// assert_eq!(pipes.recv().await, Some(()));
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub const fn pipe() -> SignalKind {
        SignalKind(libc::SIGPIPE)
    }

    /// SIGQUIT: a Ctrl-\ at the terminal. By default it ends the program with a core dump.
    ///
    /// ```
    /// # epore::block_on(async {
    /// use epore::signal::{SignalKind, signal};
    ///
    /// let mut quits = signal(SignalKind::quit())?;
    /// # std::process::Command::new("sh").args(["-c", "kill -QUIT $PPID"]).status()?;
    /// assert_eq!(quits.recv().await, Some(()));
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub const fn quit() -> SignalKind {
        SignalKind(libc::SIGQUIT)
    }

    /// SIGTERM: another program asks this one to end. By default it does.
    ///
    /// ```
    /// # epore::block_on(async {
    /// use epore::signal::{SignalKind, signal};
    ///
    /// let mut requests = signal(SignalKind::terminate())?;
    /// # std::process::Command::new("sh").args(["-c", "kill -TERM $PPID"]).status()?;
    /// assert_eq!(requests.recv().await, Some(()));
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub const fn terminate() -> SignalKind {
        SignalKind(libc::SIGTERM)
    }

    /// SIGUSR1, which means what the program says. By default it ends the program.
    ///
    /// ```
    /// # epore::block_on(async {
    /// use epore::signal::{SignalKind, signal};
    ///
    /// let mut messages = signal(SignalKind::user_defined1())?;
    /// # std::process::Command::new("sh").args(["-c", "kill -USR1 $PPID"]).status()?;
    /// assert_eq!(messages.recv().await, Some(()));
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub const fn user_defined1() -> SignalKind {
        SignalKind(libc::SIGUSR1)
    }

    /// SIGUSR2, which means what the program says. By default it ends the program.
    ///
    /// ```
    /// # epore::block_on(async {
    /// use epore::signal::{SignalKind, signal};
    ///
    /// let mut messages = signal(SignalKind::user_defined2())?;
    /// # std::process::Command::new("sh").args(["-c", "kill -USR2 $PPID"]).status()?;
    /// assert_eq!(messages.recv().await, Some(()));
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub const fn user_defined2() -> SignalKind {
        SignalKind(libc::SIGUSR2)
    }

    /// SIGWINCH: the terminal has another size. By default nothing happens.
    ///
    /// ```
    /// # epore::block_on(async {
    /// use epore::signal::{SignalKind, signal};
    ///
    /// let mut resizes = signal(SignalKind::window_change())?;
    /// # std::process::Command::new("sh").args(["-c", "kill -WINCH $PPID"]).status()?;
    /// assert_eq!(resizes.recv().await, Some(()));
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub const fn window_change() -> SignalKind {
        SignalKind(libc::SIGWINCH)
    }

    /// The same, if it can be listened to.
    pub(super) fn check(self) -> io::Result<SignalKind> {
        let invalid = |message: String| Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        if !(1..NUMBERS as c_int).contains(&self.0) {
            return invalid(format!("{} is the number of no signal: they go from 1 to {}", self.0, NUMBERS - 1));
        }
        if (FIRST_REAL_TIME..libc::SIGRTMIN()).contains(&self.0) {
            return invalid(format!("signal {} cannot be listened to: the C library keeps it to itself", self.0));
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
