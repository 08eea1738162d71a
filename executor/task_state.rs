#![forbid(unsafe_code)]

/// What a task's allocation holds at the moment, as bits of one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct State(u32);

/// The future is being polled or dropped, so that nobody else may touch it. Excludes `RESULT`.
const POLLED: u32 = 1;

/// The result is there, in the place of the future. Set when the future has been dropped, and never cleared.
const RESULT: u32 = 1 << 1;

/// The result was given to the handle. Set beside `RESULT`.
const TAKEN: u32 = 1 << 2;

/// The link is the token of the task that waits for the result. Excludes `ANNEXED`.
const WAITED: u32 = 1 << 3;

/// The link is a share of the task's annex, and stays one.
const ANNEXED: u32 = 1 << 4;

/// What is in the place that future and result share.
pub(super) enum Content {
    Future,
    Result,
    Nothing,
}

impl State {
    /// That of a new task: its future is there, and nobody waits.
    pub(super) const NEW: State = State(0);

    #[inline]
    pub(super) fn content(self) -> Content {
        match self.0 & (RESULT | TAKEN) {
            0 => Content::Future,
            RESULT => Content::Result,
            _ => Content::Nothing,
        }
    }

    #[inline]
    pub(super) fn is_finished(self) -> bool {
        self.0 & RESULT != 0
    }

    /// Whether there is a future that nobody touches.
    #[inline]
    pub(super) fn is_at_rest(self) -> bool {
        self.0 & (POLLED | RESULT) == 0
    }

    #[inline]
    pub(super) fn is_waited(self) -> bool {
        self.0 & WAITED != 0
    }

    #[inline]
    pub(super) fn is_annexed(self) -> bool {
        self.0 & ANNEXED != 0
    }

    #[inline]
    pub(super) fn polled(self) -> State {
        State(self.0 | POLLED)
    }

    #[inline]
    pub(super) fn not_polled(self) -> State {
        State(self.0 & !POLLED)
    }

    #[inline]
    pub(super) fn finished(self) -> State {
        State(self.0 | RESULT)
    }

    #[inline]
    pub(super) fn taken(self) -> State {
        State(self.0 | TAKEN)
    }

    #[inline]
    pub(super) fn waited(self) -> State {
        State(self.0 | WAITED)
    }

    #[inline]
    pub(super) fn not_waited(self) -> State {
        State(self.0 & !WAITED)
    }

    pub(super) fn annexed(self) -> State {
        State(self.0 & !WAITED | ANNEXED)
    }

    pub(super) fn not_annexed(self) -> State {
        State(self.0 & !ANNEXED)
    }
}
