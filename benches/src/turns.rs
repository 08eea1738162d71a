use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::task::{Poll, Waker};

/// Whose turn it is of two tasks, and who waits for it: written by hand, to be the same code for all runtimes.
#[derive(Default)]
pub struct Turns {
    turn: Cell<usize>,
    waiting: RefCell<[Option<Waker>; 2]>,
}

impl Turns {
    /// Waits until it is the turn of `player`.
    pub async fn wait(&self, player: usize) {
        poll_fn(|cx| {
            if self.turn.get() == player {
                return Poll::Ready(());
            }
            self.waiting.borrow_mut()[player] = Some(cx.waker().clone());
            Poll::Pending
        })
        .await
    }

    /// Gives the turn from `player` to the other.
    pub fn pass(&self, player: usize) {
        let other = 1 - player;
        self.turn.set(other);
        let waker = self.waiting.borrow_mut()[other].take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}
