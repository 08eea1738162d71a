use std::sync::Arc;
use std::time::Duration;

use loom::thread;

use super::nap::Nap;
use crate::model::explore;

#[test]
fn a_nap_that_is_ended_ends() {
    explore("a nap and its end", || {
        let nap = Arc::new(Nap::default());
        let sleeper = Arc::clone(&nap);
        let thread = thread::spawn(move || sleeper.sleep(Duration::MAX));
        nap.end();
        thread.join().unwrap();
    });
}
