#![forbid(unsafe_code)]

use super::core::Core;
use super::runtime_id::RuntimeId;
use super::slab::Key;
use super::{context, inboxes};

/// What a socket or a timer has in a runtime: a slot, named so that it can be freed from any thread.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lease {
    pub(crate) runtime: RuntimeId,
    pub(crate) key: Key,
}

impl Lease {
    /// Calls `f` if this thread is in the runtime of the lease.
    pub(crate) fn within<R>(&self, f: impl FnOnce(&Core, Key) -> R) -> Option<R> {
        context::with(|core| (core.id() == self.runtime).then(|| f(core, self.key))).flatten()
    }

    /// Calls `f` in the runtime of the lease: now if this thread is in it, else when the runtime reads its mail.
    pub(crate) fn tell(self, f: impl FnOnce(&Core, Key) + Send + 'static) {
        if self.within(|_, _| ()).is_some() {
            self.within(f);
            return;
        }
        let request = move || {
            self.within(f);
        };
        // A runtime that is gone has nothing left to be told.
        let _gone = inboxes::request(self.runtime, Box::new(request));
    }
}
