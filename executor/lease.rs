#![forbid(unsafe_code)]

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::AcqRel, Ordering::Acquire, Ordering::Relaxed};

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
    pub(crate) fn tell(&self, f: impl FnOnce(&Core, Key) + Copy + Send + 'static) {
        if self.within(f).is_none() {
            self.send(f);
        }
    }

    #[cold]
    fn send(self, f: impl FnOnce(&Core, Key) + Send + 'static) {
        let request = move || {
            self.within(f);
        };
        // A runtime that is gone has nothing left to be told.
        let _gone = inboxes::request(self.runtime, Box::new(request));
    }
}

/// A lease that is given once, or never.
///
/// Whichever thread may ask for it, the key counts for two alone: for the thread of the runtime, which has set it, and for
/// one that was handed what the lease is of, which comes after.
#[derive(Debug, Default)]
pub(crate) struct LeaseCell {
    /// Zero as long as there is none.
    runtime: AtomicU64,
    index: AtomicU32,
    generation: AtomicU32,
}

impl LeaseCell {
    #[inline]
    pub(crate) fn get(&self) -> Option<Lease> {
        let runtime = RuntimeId::from_bits(self.runtime.load(Acquire))?;
        Some(Lease { runtime, key: self.key() })
    }

    /// The key, if the lease is one in this runtime.
    #[inline]
    pub(crate) fn key_in(&self, runtime: RuntimeId) -> Option<Key> {
        (self.runtime.load(Acquire) == runtime.to_bits()).then(|| self.key())
    }

    fn key(&self) -> Key {
        Key { index: self.index.load(Relaxed), generation: self.generation.load(Relaxed) }
    }

    /// False means that another thread was faster.
    pub(crate) fn set(&self, lease: Lease) -> bool {
        let is_first = self.runtime.compare_exchange(0, lease.runtime.to_bits(), AcqRel, Relaxed).is_ok();
        if is_first {
            self.index.store(lease.key.index, Relaxed);
            self.generation.store(lease.key.generation, Relaxed);
        }
        is_first
    }
}
