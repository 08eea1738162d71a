#![forbid(unsafe_code)]

/// How many bits of an id name the runtime's place in the table of inboxes.
pub(super) const INDEX_BITS: u32 = 12;

/// How many runtimes may live at once in a process. One thread needs one, and no machine has this many cores.
pub(crate) const MAX_RUNTIMES: usize = 1 << INDEX_BITS;

/// The identity of a runtime: a serial number that is never used again, and its place in the table of inboxes.
///
/// Whatever frees or reaches something in a runtime from outside shows this id first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RuntimeId(u64);

impl RuntimeId {
    /// Serials have 52 bits: at a million runtimes a second they last for 142 years.
    pub(super) fn new(serial: u64, index: usize) -> RuntimeId {
        debug_assert!(index < MAX_RUNTIMES);
        RuntimeId(serial << INDEX_BITS | index as u64)
    }

    /// Serials begin with 1, so zero is no id.
    pub(super) fn to_bits(self) -> u64 {
        self.0
    }

    pub(super) fn from_bits(bits: u64) -> Option<RuntimeId> {
        (bits != 0).then_some(RuntimeId(bits))
    }

    pub(super) fn index(self) -> usize {
        self.0 as usize & (MAX_RUNTIMES - 1)
    }
}
