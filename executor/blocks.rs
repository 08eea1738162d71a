//! Memory of tasks that are gone, kept for those to come. Most tasks are small and short-lived, and the allocator is the
//! dearest part of such a life.
//!
//! Each block comes from the allocator alone, in the layout of its class, and so may go back to it at any time: one that is freed
//! where no runtime is entered does so at once, and it does not matter which runtime keeps it.

use std::alloc::{self, Layout};
use std::cell::Cell;
use std::ptr::{self, NonNull};

use super::context;

/// Of how many sizes blocks are kept, the largest with 504 bytes: of what is larger, few are spawned at once,
/// and two thousand would take all the room.
const CLASSES: usize = 32;

/// How far apart the sizes are: as far as those of glibc, so that rounding up to one takes no memory there.
const STEP: usize = 16;

/// How large the smallest block is: glibc's own word fills the step.
const SMALLEST: usize = 8;

/// The alignment of all blocks, for the word that a task begins with.
const ALIGN: usize = align_of::<usize>();

/// How much a runtime keeps, in bytes: the room of a burst of 10,000 tasks of 100 bytes, and less than a thread's stack.
/// Nothing under Miri and the sanitizers, which would no longer see that a task is used after it was freed.
const KEPT: usize = if cfg!(any(miri, no_spare_blocks)) { 0 } else { 1 << 20 };

/// The blocks that a runtime keeps.
pub(super) struct Blocks {
    /// By class, the block that was freed last, or null. Each block holds a pointer to the next.
    lists: [Cell<*mut u8>; CLASSES],
    /// How many bytes may still be kept.
    room: Cell<usize>,
    /// Of which class a block goes, if there is one, when there are too many: of each in its turn, so that those for which there
    /// is no use any more do not stay for ever.
    surplus: Cell<usize>,
}

/// Makes room for a `T`, which nothing has been written to.
#[inline]
pub(super) fn allocate<T>() -> NonNull<T> {
    let spare = const { class_of::<T>() }.and_then(|class| context::with(|core| core.blocks.take(class)).flatten());
    spare.unwrap_or_else(|| fresh(const { layout_of::<T>() })).cast()
}

/// A block that gives its memory back when it is dropped, whatever is in it then.
pub(super) struct Block<T>(NonNull<T>);

impl<T> Block<T> {
    /// # Safety
    ///
    /// The block must be one of [`allocate`] in which a `T` was written, and nobody may touch it any more but through this.
    #[inline]
    pub(super) unsafe fn from_raw(block: NonNull<T>) -> Block<T> {
        Block(block)
    }

    #[inline]
    pub(super) fn content(&mut self) -> &mut T {
        // SAFETY: a `T` was written there, and this is the only way to it.
        unsafe { self.0.as_mut() }
    }
}

impl<T> Drop for Block<T> {
    #[inline]
    fn drop(&mut self) {
        let block = self.0.cast();
        // SAFETY: the block is of that class, by `allocate`, and nobody touches it any more.
        let keep = |class| context::with(|core| unsafe { core.blocks.put(class, block) });
        if const { class_of::<T>() }.and_then(keep) != Some(true) {
            // SAFETY: `allocate` made the block in this layout, nobody touches it any more, and it was not kept.
            unsafe { alloc::dealloc(block.as_ptr(), const { layout_of::<T>() }) }
        }
    }
}

impl Blocks {
    pub(super) fn new() -> Blocks {
        Blocks::with_room(KEPT)
    }

    fn with_room(room: usize) -> Blocks {
        Blocks { lists: [const { Cell::new(ptr::null_mut()) }; CLASSES], room: Cell::new(room), surplus: Cell::new(0) }
    }

    /// Hands out a block of the class, which is the caller's alone.
    #[inline]
    fn take(&self, class: usize) -> Option<NonNull<u8>> {
        let block = NonNull::new(self.lists[class].get())?;
        // SAFETY: each block of a list was put there by `put`, which has written the next one to it.
        self.lists[class].set(unsafe { block.cast().read() });
        self.room.set(self.room.get() + size_of_class(class));
        Some(block)
    }

    /// Keeps a block. False means that there are too many, and that the caller still has it.
    ///
    /// # Safety
    ///
    /// The block was allocated in the layout of the class, and nobody else touches it, now or, if it is kept, later.
    #[inline]
    unsafe fn put(&self, class: usize, block: NonNull<u8>) -> bool {
        let Some(room) = self.room.get().checked_sub(size_of_class(class)) else {
            self.free_surplus();
            return false;
        };
        self.room.set(room);
        // SAFETY: the smallest block has room for a pointer, and is aligned for it.
        unsafe { block.cast().write(self.lists[class].get()) };
        self.lists[class].set(block.as_ptr());
        true
    }

    /// Gives a block of the class whose turn it is back to the allocator, if there is one: it may be of no more use.
    #[cold]
    fn free_surplus(&self) {
        let class = self.surplus.get();
        self.surplus.set((class + 1) % CLASSES);
        self.free_one(class);
    }

    fn free_one(&self, class: usize) -> bool {
        let block = self.take(class);
        if let Some(block) = block {
            // SAFETY: `put` was promised that this is its layout, and `take` that it is nobody else's.
            unsafe { alloc::dealloc(block.as_ptr(), layout_of_class(class)) }
        }
        block.is_some()
    }
}

impl Drop for Blocks {
    fn drop(&mut self) {
        for class in 0..CLASSES {
            while self.free_one(class) {}
        }
    }
}

#[cold]
fn fresh(layout: Layout) -> NonNull<u8> {
    // SAFETY: no layout of this file is of no size.
    let block = unsafe { alloc::alloc(layout) };
    NonNull::new(block).unwrap_or_else(|| alloc::handle_alloc_error(layout))
}

/// The class in whose blocks a `T` has room, unless it is too large, or needs more of alignment than a word has.
const fn class_of<T>() -> Option<usize> {
    let class = size_of::<T>().saturating_sub(SMALLEST).div_ceil(STEP);
    if class < CLASSES && align_of::<T>() <= ALIGN { Some(class) } else { None }
}

/// The layout of a block for a `T`.
const fn layout_of<T>() -> Layout {
    match class_of::<T>() {
        Some(class) => layout_of_class(class),
        None => {
            assert!(size_of::<T>() > 0, "there is no block of no size");
            Layout::new::<T>()
        }
    }
}

const fn layout_of_class(class: usize) -> Layout {
    match Layout::from_size_align(size_of_class(class), ALIGN) {
        Ok(layout) => layout,
        Err(_) => unreachable!(),
    }
}

const fn size_of_class(class: usize) -> usize {
    SMALLEST + class * STEP
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Enough for some small blocks, or for two of the largest.
    const ROOM: usize = 1024;

    /// A block of the class that nobody has yet.
    fn block(class: usize) -> NonNull<u8> {
        fresh(layout_of_class(class))
    }

    /// Gives the block to be kept, or to the allocator, and says which.
    fn put(blocks: &Blocks, class: usize, block: NonNull<u8>) -> bool {
        // SAFETY: the block is of that class, and is not used by the tests after this.
        let kept = unsafe { blocks.put(class, block) };
        if !kept {
            // SAFETY: as above, and it was not kept.
            unsafe { alloc::dealloc(block.as_ptr(), layout_of_class(class)) }
        }
        kept
    }

    /// Frees blocks of the class that were in use at the same time.
    fn free(blocks: &Blocks, class: usize, number: usize) {
        let live: Vec<_> = (0..number).map(|_| block(class)).collect();
        live.into_iter().for_each(|block| _ = put(blocks, class, block));
    }

    /// How many blocks of the class are kept.
    fn count(blocks: &Blocks, class: usize) -> usize {
        let taken: Vec<_> = std::iter::from_fn(|| blocks.take(class)).collect();
        taken.iter().for_each(|block| assert!(put(blocks, class, *block)));
        taken.len()
    }

    #[test]
    fn a_block_is_handed_out_once_and_the_last_one_first() {
        let blocks = Blocks::with_room(ROOM);
        let known = [(); 3].map(|()| block(2));
        known.iter().for_each(|block| assert!(put(&blocks, 2, *block)));
        assert!(blocks.take(1).is_none() && blocks.take(3).is_none());
        for block in known.into_iter().rev() {
            assert_eq!(blocks.take(2), Some(block));
            // SAFETY: it is ours, and has that many bytes.
            unsafe { block.write_bytes(0xff, size_of_class(2)) };
        }
        assert!(blocks.take(2).is_none());
        known.into_iter().for_each(|block| assert!(put(&blocks, 2, block)));
        assert_eq!(count(&blocks, 2), 3);
    }

    #[test]
    fn no_more_is_kept_than_there_is_room_for() {
        for class in [0, 5, CLASSES - 1] {
            let blocks = Blocks::with_room(ROOM);
            free(&blocks, class, 100);
            let kept = count(&blocks, class);
            assert!(kept > 0 && kept * size_of_class(class) <= ROOM, "{kept} blocks of class {class}");
            assert_eq!(blocks.room.get(), ROOM - kept * size_of_class(class));
        }
    }

    #[test]
    fn without_room_nothing_is_kept() {
        let blocks = Blocks::with_room(0);
        assert!(!put(&blocks, 4, block(4)));
        assert!(blocks.take(4).is_none());
    }

    #[test]
    fn a_class_for_which_there_is_no_use_any_more_makes_room_for_another() {
        for (former, latter) in [(2, 9), (9, 2)] {
            let blocks = Blocks::with_room(ROOM);
            free(&blocks, former, 50);
            // Each time it is the former's turn, one block of it goes.
            free(&blocks, latter, 50 * CLASSES);
            assert_eq!(count(&blocks, former), 0);
            assert!(count(&blocks, latter) * size_of_class(latter) > ROOM / 2);
        }
    }

    #[test]
    fn a_class_that_is_used_no_more_goes_beside_one_that_always_was() {
        let blocks = Blocks::with_room(ROOM);
        free(&blocks, 2, 50);
        free(&blocks, 9, 100);
        for _ in 0..50 {
            free(&blocks, 2, 50);
        }
        assert_eq!(count(&blocks, 9), 0);
    }

    #[test]
    fn each_type_fits_the_block_of_its_class() {
        fn check<T>(class: Option<usize>) {
            assert_eq!(class_of::<T>(), class);
            assert!(layout_of::<T>().size() >= size_of::<T>() && layout_of::<T>().align() >= align_of::<T>());
            // SAFETY: the block is room for a `T`, of which nothing is said to be there.
            drop(unsafe { Block::from_raw(allocate::<std::mem::MaybeUninit<T>>()) });
        }
        #[repr(align(16))]
        struct Aligned(#[expect(dead_code, reason = "it is only as large as this")] u8);
        check::<u8>(Some(0));
        check::<[u64; 1]>(Some(0));
        check::<[u8; 9]>(Some(1));
        check::<[u64; 5]>(Some(2));
        check::<[u8; 504]>(Some(CLASSES - 1));
        check::<[u8; 505]>(None);
        check::<Aligned>(None);
    }
}
