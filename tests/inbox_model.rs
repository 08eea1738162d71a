//! R8: the inbox under every interleaving of its threads, up to three preemptions.
//!
//! The library's own source of the inbox is built here over loom's lock and atomics, with a stand-in for the eventfd. A
//! wake-up that is lost is a deadlock, which loom reports; the stand-in reports a write after it was closed.

#![forbid(unsafe_code)]

mod model;
use model::reactor;

#[path = "../executor"]
mod executor {
    use crate::model::sync;

    #[allow(dead_code)]
    mod inbox;
    #[allow(dead_code)]
    mod runtime_id;
    #[allow(dead_code)]
    mod token;

    mod models {
        use std::sync::Arc as Shared;

        use loom::sync::Arc;
        use loom::thread;

        use super::inbox::{Inbox, Mail};
        use super::runtime_id::RuntimeId;
        use super::token::{Stamp, TaskToken};
        use crate::model::explore;
        use crate::reactor::{Eventfd, Registry, Waker};

        /// A runtime as the inbox knows it: it collects, and sleeps when there is nothing to do.
        struct Runtime {
            id: RuntimeId,
            inbox: Arc<Inbox>,
            eventfd: Shared<Eventfd>,
            wakes: Vec<TaskToken>,
            requests: usize,
        }

        impl Runtime {
            fn open(serial: u64, inbox: &Arc<Inbox>) -> Runtime {
                let id = RuntimeId::new(serial, 0);
                let eventfd = Shared::new(Eventfd::new());
                inbox.open(id, Waker(eventfd.clone()), Registry);
                Runtime { id, inbox: inbox.clone(), eventfd, wakes: Vec::new(), requests: 0 }
            }

            /// One look at the reactor and the inbox, in the order of the run loop.
            fn turn(&mut self) {
                let idle = self.inbox.park();
                self.eventfd.wait(idle);
                self.collect();
            }

            fn collect(&mut self) {
                let mut mail = Mail::default();
                if self.inbox.awaken() {
                    self.inbox.collect(&mut mail);
                }
                self.wakes.append(&mut mail.wakes);
                self.requests += mail.requests.len();
            }

            fn close(self) -> Mail {
                let mail = self.inbox.close();
                assert!(self.eventfd.is_closed(), "the eventfd leaves with the inbox");
                mail
            }
        }

        fn token(task: u32) -> TaskToken {
            TaskToken::new(Stamp::first(RuntimeId::new(1, 0)), task)
        }

        fn closed() -> Arc<Inbox> {
            Arc::new(Inbox::closed())
        }

        #[test]
        fn a_wake_and_a_park_lose_nothing() {
            explore("a wake and a park lose nothing", || {
                let inbox = closed();
                let mut runtime = Runtime::open(1, &inbox);
                let waker = thread::spawn(move || {
                    inbox.wake(token(1));
                    inbox.wake(token(2));
                });
                while runtime.wakes.len() < 2 {
                    runtime.turn();
                }
                assert_eq!(runtime.wakes, [token(1), token(2)]);
                waker.join().unwrap();
                assert!(runtime.close().wakes.is_empty());
            });
        }

        #[test]
        fn a_flood_of_wakes_leaves_at_least_one_of_each_and_no_more_than_a_few() {
            explore("a flood of wakes leaves at least one of each and no more than a few", || {
                let inbox = closed();
                let mut runtime = Runtime::open(1, &inbox);
                for i in 0..300 {
                    inbox.wake(token(i % 11));
                }
                runtime.turn();
                assert!(runtime.wakes.len() <= 44, "{} wakes are kept for 11 tasks", runtime.wakes.len());
                runtime.wakes.sort_unstable();
                runtime.wakes.dedup();
                assert_eq!(runtime.wakes, (0..11).map(token).collect::<Vec<_>>());
            });
        }

        #[test]
        fn only_the_first_delivery_to_a_parked_runtime_writes() {
            explore("only the first delivery to a parked runtime writes", || {
                let inbox = closed();
                let mut runtime = Runtime::open(1, &inbox);
                inbox.wake(token(1));
                assert!(!runtime.eventfd.is_written(), "it is awake");
                runtime.turn();
                assert!(inbox.park());
                inbox.wake(token(2));
                assert!(runtime.eventfd.is_written());
                runtime.eventfd.wait(true);
                inbox.wake(token(3));
                assert!(!runtime.eventfd.is_written(), "it is about to wake");
                runtime.turn();
                assert!(inbox.park());
                runtime.collect();
                inbox.wake(token(4));
                assert!(!runtime.eventfd.is_written(), "it is awake again");
            });
        }

        #[test]
        fn two_threads_that_wake_and_request_lose_nothing() {
            explore("two threads that wake and request lose nothing", || {
                let inbox = closed();
                let mut runtime = Runtime::open(1, &inbox);
                let (id, other) = (runtime.id, inbox.clone());
                let waker = thread::spawn(move || inbox.wake(token(1)));
                let asker = thread::spawn(move || {
                    assert!(other.request(id, Box::new(|| ())).is_ok());
                });
                while runtime.wakes.is_empty() || runtime.requests == 0 {
                    runtime.turn();
                }
                assert_eq!((&runtime.wakes[..], runtime.requests), (&[token(1)][..], 1));
                waker.join().unwrap();
                asker.join().unwrap();
            });
        }

        #[test]
        fn deliveries_at_the_end_are_handed_back_or_dropped_and_never_written() {
            explore("deliveries at the end are handed back or dropped and never written", || {
                let inbox = closed();
                let runtime = Runtime::open(1, &inbox);
                let (id, other) = (runtime.id, inbox.clone());
                let waker = thread::spawn(move || inbox.wake(token(1)));
                let asker = thread::spawn(move || other.request(id, Box::new(|| ())).is_ok());
                runtime.inbox.park();
                let inbox = runtime.inbox.clone();
                let left = runtime.close().requests.len();
                waker.join().unwrap();
                assert_eq!(asker.join().unwrap(), left == 1, "a request is left in the inbox or comes back");
                assert!(!inbox.belongs_to(id));
            });
        }

        #[test]
        fn a_request_for_a_runtime_that_is_gone_never_reaches_the_next_one() {
            explore("a request for a runtime that is gone never reaches the next one", || {
                let inbox = closed();
                let first = Runtime::open(1, &inbox);
                let (gone, other) = (first.id, inbox.clone());
                let sender = thread::spawn(move || {
                    let taken = other.request(gone, Box::new(|| ())).is_ok();
                    other.wake(token(1));
                    taken
                });
                let left = first.close().requests.len();
                let second = Runtime::open(2, &inbox);
                assert!(!inbox.belongs_to(gone) && inbox.belongs_to(second.id));
                let parked = second.inbox.park();
                assert_eq!(sender.join().unwrap(), left == 1);
                // A wake is a hint that may reach the second runtime. If it does, that one does not sleep through it.
                let mut mail = Mail::default();
                if second.inbox.awaken() {
                    second.inbox.collect(&mut mail);
                }
                assert!(mail.requests.is_empty());
                assert_eq!(second.eventfd.is_written(), parked && !mail.wakes.is_empty());
                assert!(parked || !mail.wakes.is_empty());
            });
        }
    }
}
