//! Loom's locks and atomics, which can only be made while a model runs, behind the standard library's signatures.

#![allow(dead_code, unused_imports)]

use std::ops::{Deref, DerefMut};
use std::sync::atomic::Ordering;
use std::sync::{LockResult, OnceLock};
use std::time::Duration;

pub use loom::thread;

pub struct AtomicU8 {
    initial: u8,
    atomic: OnceLock<loom::sync::atomic::AtomicU8>,
}

impl AtomicU8 {
    pub const fn new(value: u8) -> AtomicU8 {
        AtomicU8 { initial: value, atomic: OnceLock::new() }
    }

    pub fn store(&self, value: u8, order: Ordering) {
        self.get().store(value, order);
    }

    pub fn swap(&self, value: u8, order: Ordering) -> u8 {
        self.get().swap(value, order)
    }

    pub fn compare_exchange(&self, old: u8, new: u8, yes: Ordering, no: Ordering) -> Result<u8, u8> {
        self.get().compare_exchange(old, new, yes, no)
    }

    fn get(&self) -> &loom::sync::atomic::AtomicU8 {
        self.atomic.get_or_init(|| loom::sync::atomic::AtomicU8::new(self.initial))
    }
}

/// All that are in the library are made when a model runs.
pub use loom::sync::atomic::AtomicBool;

pub struct Mutex<T> {
    initial: std::sync::Mutex<Option<T>>,
    lock: OnceLock<loom::sync::Mutex<Option<T>>>,
}

impl<T> Mutex<T> {
    pub const fn new(value: T) -> Mutex<T> {
        Mutex { initial: std::sync::Mutex::new(Some(value)), lock: OnceLock::new() }
    }

    pub fn lock(&self) -> LockResult<MutexGuard<'_, T>> {
        let lock = self.lock.get_or_init(|| loom::sync::Mutex::new(self.initial.lock().unwrap().take()));
        Ok(MutexGuard { guard: lock.lock().unwrap(), lock })
    }
}

impl<T: Default> Default for Mutex<T> {
    fn default() -> Mutex<T> {
        Mutex::new(T::default())
    }
}

pub struct MutexGuard<'a, T> {
    guard: loom::sync::MutexGuard<'a, Option<T>>,
    lock: &'a loom::sync::Mutex<Option<T>>,
}

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.guard.as_ref().expect("it was filled when it was made")
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.guard.as_mut().expect("it was filled when it was made")
    }
}

#[derive(Default)]
pub struct Condvar(OnceLock<loom::sync::Condvar>);

pub struct WaitTimeoutResult {
    timed_out: bool,
}

impl WaitTimeoutResult {
    pub fn timed_out(&self) -> bool {
        self.timed_out
    }
}

impl Condvar {
    pub const fn new() -> Condvar {
        Condvar(OnceLock::new())
    }

    pub fn notify_one(&self) {
        self.get().notify_one();
    }

    pub fn notify_all(&self) {
        self.get().notify_all();
    }

    /// There is no time in a model: it waits for ever, or with a timeout of zero for others to have their turn.
    pub fn wait_timeout<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        timeout: Duration,
    ) -> LockResult<(MutexGuard<'a, T>, WaitTimeoutResult)> {
        let MutexGuard { guard, lock } = guard;
        let timed_out = timeout.is_zero();
        let guard = if timed_out {
            drop(guard);
            lock.lock().unwrap()
        } else {
            self.get().wait(guard).unwrap()
        };
        Ok((MutexGuard { guard, lock }, WaitTimeoutResult { timed_out }))
    }

    pub fn wait_timeout_while<'a, T>(
        &self,
        mut guard: MutexGuard<'a, T>,
        timeout: Duration,
        mut is_wanted: impl FnMut(&mut T) -> bool,
    ) -> LockResult<MutexGuard<'a, T>> {
        while is_wanted(&mut guard) {
            guard = self.wait_timeout(guard, timeout).unwrap().0;
        }
        Ok(guard)
    }

    fn get(&self) -> &loom::sync::Condvar {
        self.0.get_or_init(loom::sync::Condvar::new)
    }
}
