#![forbid(unsafe_code)]

use std::cell::{Cell, RefCell};
use std::time::{Duration, Instant};

use super::context;
use super::core::Core;
use super::timers::Timers;

/// The deadline of what is waited for without end: more nanoseconds than a clock counts to, which is 584 years.
pub(super) const NEVER: u64 = u64::MAX;

/// As far away as a deadline is put whose duration the system's clock cannot count: a thousand years, in seconds.
const FAR_FUTURE: Duration = Duration::from_secs(1000 * 365 * 24 * 60 * 60);

/// The time of a runtime: that of the system, until it is paused.
///
/// Timers name instants by the nanoseconds since the runtime began.
pub(super) struct Clock {
    began: Instant,
    state: Cell<State>,
    /// Whether it moves by itself, while it is paused, when nothing else can happen.
    auto_advance: Cell<bool>,
    /// The instants to which somebody advances it while it is paused, each a timer that fires when all is done that
    /// there was to do by then.
    pub(super) advances: RefCell<Timers>,
}

#[derive(Clone, Copy)]
enum State {
    /// It shows the system's time.
    System,
    /// It stands.
    Paused { at: Instant },
    /// It goes on, with the system's clock, from where it stood when that showed `system`.
    Resumed { from: Instant, system: Instant },
}

impl Clock {
    pub(super) fn new(paused: bool, auto_advance: bool) -> Clock {
        let began = Instant::now();
        let state = if paused { State::Paused { at: began } } else { State::System };
        Clock { began, state: Cell::new(state), auto_advance: Cell::new(auto_advance), advances: RefCell::default() }
    }

    pub(super) fn now(&self) -> Instant {
        match self.state.get() {
            State::System => Instant::now(),
            State::Paused { at } => at,
            State::Resumed { from, system } => (from + system.elapsed()).min(self.end()),
        }
    }

    /// How many nanoseconds have passed since the runtime began.
    pub(super) fn elapsed(&self) -> u64 {
        self.nanos(self.now())
    }

    /// The nanoseconds from the beginning of the runtime to an instant, or [`NEVER`].
    pub(super) fn nanos(&self, instant: Instant) -> u64 {
        whole_nanos(instant.saturating_duration_since(self.began))
    }

    /// How long it takes the clock to get to a deadline; None is for ever.
    pub(super) fn time_to(&self, deadline: u64) -> Option<Duration> {
        let left = deadline.saturating_sub(self.elapsed());
        let reached = deadline != NEVER && (left == 0 || !self.is_paused());
        reached.then(|| Duration::from_nanos(left))
    }

    pub(super) fn is_paused(&self) -> bool {
        matches!(self.state.get(), State::Paused { .. })
    }

    pub(super) fn pause(&self) {
        self.state.set(State::Paused { at: self.now() });
    }

    pub(super) fn resume(&self) {
        self.state.set(State::Resumed { from: self.now(), system: Instant::now() });
    }

    /// Moves the paused clock to so many nanoseconds since the runtime began, unless it is there already.
    pub(super) fn move_to(&self, nanos: u64) {
        let at = self.began + Duration::from_nanos(nanos);
        self.state.set(State::Paused { at: at.max(self.now()) });
    }

    /// The last instant that it counts to, where it stays, so that what is to happen [`NEVER`] never does.
    fn end(&self) -> Instant {
        self.began + Duration::from_nanos(NEVER - 1)
    }

    pub(super) fn auto_advances(&self) -> bool {
        self.auto_advance.get()
    }

    pub(super) fn set_auto_advance(&self, auto_advance: bool) {
        self.auto_advance.set(auto_advance);
    }

    /// The nanoseconds since the runtime began at which `duration` from now will have passed, as far as the clock goes.
    pub(super) fn target(&self, duration: Duration) -> u64 {
        self.elapsed().saturating_add(whole_nanos(duration)).min(NEVER - 1)
    }
}

fn whole_nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(NEVER)
}

/// The time of the runtime that this thread is in; outside of one, that of the system.
pub(crate) fn now() -> Instant {
    context::with(Core::now).unwrap_or_else(Instant::now)
}

/// The instant that comes `duration` after `from`, which is not in the future.
pub(crate) fn later(from: Instant, duration: Duration) -> Instant {
    from.checked_add(duration).unwrap_or_else(|| from + FAR_FUTURE)
}
