#![forbid(unsafe_code)]

use super::runtime_id::{INDEX_BITS as RUNTIME_BITS, MAX_RUNTIMES, RuntimeId};

/// The name of a task, which is all that a waker holds: the index of its slot, and the stamp that the slot then had.
///
/// It is a hint. Its runtime or its task may be gone, and the names may be in use again: then waking it polls a
/// stranger once for nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TaskToken(u64);

impl TaskToken {
    #[inline]
    pub(super) fn new(stamp: Stamp, index: u32) -> TaskToken {
        TaskToken(u64::from(stamp.0) << u32::BITS | u64::from(index))
    }

    #[inline]
    pub(super) fn from_bits(bits: u64) -> TaskToken {
        TaskToken(bits)
    }

    #[inline]
    pub(super) fn to_bits(self) -> u64 {
        self.0
    }

    #[inline]
    pub(super) fn index(self) -> u32 {
        self.0 as u32
    }

    #[inline]
    pub(super) fn stamp(self) -> Stamp {
        Stamp((self.0 >> u32::BITS) as u32)
    }
}

/// Which reuse of a slot this is, and below that, in 12 bits, which runtime the slot is in. So one comparison tells a living
/// task from one that is gone, and from those of other runtimes.
///
/// The 20 bits for the reuses wrap after 1,048,576 of them, which is no harm: a token is a hint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp(u32);

impl Stamp {
    /// That of a new slot.
    pub(super) fn first(runtime: RuntimeId) -> Stamp {
        Stamp(runtime.index() as u32)
    }

    /// That of the same slot when it is used again.
    #[inline]
    pub(super) fn next(self) -> Stamp {
        Stamp(self.0.wrapping_add(1 << RUNTIME_BITS))
    }

    /// The place of the runtime in the table of inboxes.
    pub(super) fn runtime(self) -> usize {
        self.0 as usize & (MAX_RUNTIMES - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generations_wrap_within_their_bits() {
        let runtime = RuntimeId::new(1, 4095);
        let first = Stamp::first(runtime);
        let mut stamp = first;
        for _ in 1..1 << (u32::BITS - RUNTIME_BITS) {
            stamp = stamp.next();
            assert_ne!(stamp, first);
        }
        assert_eq!((stamp.next(), stamp.runtime()), (first, 4095));
    }

    #[test]
    fn a_token_keeps_all_bits_of_its_parts() {
        let stamp = Stamp::first(RuntimeId::new(1, 0xabc)).next();
        for index in [0, 1, u32::MAX] {
            let token = TaskToken::from_bits(TaskToken::new(stamp, index).to_bits());
            assert_eq!((token.stamp(), token.index()), (stamp, index));
        }
    }
}
