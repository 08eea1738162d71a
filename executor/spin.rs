#![forbid(unsafe_code)]

use std::time::{Duration, Instant};

use super::core::Core;

impl Core {
    /// Looks for something to do without sleeping, for as long as the runtime was told to, if there is nothing to do yet. True
    /// means that it has come: the events of the last look stand to be delivered, a task is queued, or a timer is due.
    #[inline]
    pub(super) fn spin(&self) -> bool {
        !self.wait_settings.spin_before_park.is_zero() && self.look_again_and_again()
    }

    #[cold]
    fn look_again_and_again(&self) -> bool {
        // A clock that may move by itself does so as soon as nothing else happens.
        if !self.tasks.borrow().is_idle() || self.may_move_clock() {
            return false;
        }
        let begin = Instant::now();
        loop {
            // Not declared parked, the runtime is woken by other threads without a write to its eventfd.
            self.wait(Some(Duration::ZERO));
            self.read_mail();
            let has_come = !self.events.borrow().is_empty() || !self.tasks.borrow().is_idle();
            if has_come || self.time_to_deadline() == Some(Duration::ZERO) {
                return true;
            }
            if begin.elapsed() >= self.wait_settings.spin_before_park {
                return false;
            }
        }
    }
}
