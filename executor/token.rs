#![forbid(unsafe_code)]

use super::runtime_id::{INDEX_BITS as RUNTIME_BITS, RuntimeId};
use super::slab::{GENERATION_BITS, INDEX_BITS, Key};

const KEY_BITS: u32 = INDEX_BITS + GENERATION_BITS;
const _: () = assert!(RUNTIME_BITS + KEY_BITS == 64, "a token fills the data word of a waker");

/// The name of a task, which is all that a waker holds: runtime index, slot generation and slot index.
///
/// It is a hint. Its runtime or its task may be gone, and the names may be in use again: then waking it polls a
/// stranger once for nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TaskToken(u64);

impl TaskToken {
    pub(super) fn new(runtime: RuntimeId, task: Key) -> TaskToken {
        TaskToken((runtime.index() as u64) << KEY_BITS | task.to_bits())
    }

    pub(super) fn from_bits(bits: u64) -> TaskToken {
        TaskToken(bits)
    }

    pub(super) fn to_bits(self) -> u64 {
        self.0
    }

    /// The place of the runtime in the table of inboxes.
    pub(super) fn runtime(self) -> usize {
        (self.0 >> KEY_BITS) as usize
    }

    pub(super) fn task(self) -> Key {
        Key::from_bits(self.0)
    }
}
