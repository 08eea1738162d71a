#![forbid(unsafe_code)]

use std::sync::atomic::Ordering::SeqCst;

use libc::c_int;

use super::SignalKind;
use super::bell::Bell;
use super::kind::NUMBERS;
use super::shutdown;
use super::sync::AtomicU64;

/// The place where the handler leaves word of one signal. It is there for good, so that a handler can always reach it.
#[derive(Debug)]
pub(super) struct Slot {
    /// How many have been handled.
    deliveries: AtomicU64,
    pub(super) bell: Bell,
}

static SLOTS: [Slot; NUMBERS] = [const { Slot { deliveries: AtomicU64::new(0), bell: Bell::new() } }; NUMBERS];

impl Slot {
    pub(super) fn of(kind: SignalKind) -> &'static Slot {
        &SLOTS[kind.as_raw_value() as usize]
    }

    pub(super) fn deliveries(&self) -> u64 {
        self.deliveries.load(SeqCst)
    }
}

/// All that the handler does. Like all that it calls, it must be async-signal-safe: no lock, no allocation, no panic.
pub(super) fn deliver(signal: c_int) {
    shutdown::consider(signal);
    if let Some(slot) = SLOTS.get(signal as usize) {
        slot.deliveries.fetch_add(1, SeqCst);
        slot.bell.ring();
    }
}
