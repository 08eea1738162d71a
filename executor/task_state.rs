#![forbid(unsafe_code)]

/// What a task's allocation holds at the moment, as bits of one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct State(u8);

/// The future is being polled or dropped, so that nobody else may touch it. Excludes `FINISHED`.
const POLLED: u8 = 1;

/// The future was dropped, and the result is in its place, unless `EMPTY` says otherwise. Never cleared.
const FINISHED: u8 = 1 << 1;

/// The result was given to the handle, or there was none. Set beside `FINISHED`.
const EMPTY: u8 = 1 << 2;

/// The link is the token of the task that waits for the result. Excludes `ANNEXED`.
const WAITED: u8 = 1 << 3;

/// The link is a share of the task's annex, and stays one.
const ANNEXED: u8 = 1 << 4;

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
        match self.0 & (FINISHED | EMPTY) {
            0 => Content::Future,
            FINISHED => Content::Result,
            _ => Content::Nothing,
        }
    }

    #[inline]
    pub(super) fn is_finished(self) -> bool {
        self.0 & FINISHED != 0
    }

    /// Whether there is a future that nobody touches.
    #[inline]
    pub(super) fn is_at_rest(self) -> bool {
        self.0 & (POLLED | FINISHED) == 0
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
        State(self.0 | FINISHED)
    }

    #[inline]
    pub(super) fn emptied(self) -> State {
        State(self.0 | EMPTY)
    }

    pub(super) fn filled(self) -> State {
        State(self.0 & !EMPTY)
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
