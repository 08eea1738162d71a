#![forbid(unsafe_code)]

use std::io;
use std::sync::{Mutex, PoisonError};

use super::SignalKind;
use super::kind::NUMBERS;
use super::sys::{self, Disposition};

/// Keeps a signal handled for as long as there is one, then brings back what was before.
#[derive(Debug)]
pub(super) struct Handling {
    kind: SignalKind,
}

static HANDLED: Mutex<[Handled; NUMBERS]> = Mutex::new([const { Handled { count: 0, former: None } }; NUMBERS]);

struct Handled {
    /// How many handlings there are.
    count: usize,
    /// What was to happen before. It outlives them: who has replaced our handler may put it back later.
    former: Option<Disposition>,
}

impl Handling {
    /// Installs the handler, even if there are others: somebody else may have replaced it.
    pub(super) fn begin(kind: SignalKind) -> io::Result<Handling> {
        with(kind, |handled| {
            let former = sys::install(kind.as_raw_value())?;
            if !former.is_ours() {
                handled.former = Some(former);
            }
            handled.count += 1;
            Ok(Handling { kind })
        })
    }
}

impl Drop for Handling {
    fn drop(&mut self) {
        with(self.kind, |handled| {
            handled.count -= 1;
            if handled.count == 0
                && let Some(former) = &handled.former
            {
                sys::replace_ours(self.kind.as_raw_value(), former);
            }
        });
    }
}

fn with<R>(kind: SignalKind, f: impl FnOnce(&mut Handled) -> R) -> R {
    // Nothing that is done under the lock can panic halfway.
    let mut handled = HANDLED.lock().unwrap_or_else(PoisonError::into_inner);
    f(&mut handled[kind.as_raw_value() as usize])
}
