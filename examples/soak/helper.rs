//! A thread that answers, by way of wakers.

use std::sync::mpsc::{self, Sender};
use std::thread::{self, JoinHandle};

use futures::channel::oneshot;

type Question = (u64, oneshot::Sender<u64>);

/// The thread, which ends when this is dropped.
pub struct Helper {
    questions: Option<Sender<Question>>,
    thread: Option<JoinHandle<()>>,
}

impl Helper {
    pub fn start() -> Helper {
        let (questions, asked) = mpsc::channel::<Question>();
        let thread = thread::spawn(move || {
            for (number, answer) in asked {
                // Not everybody waits for it.
                let _unwanted = answer.send(!number);
            }
        });
        Helper { questions: Some(questions), thread: Some(thread) }
    }

    pub fn ask(&self, number: u64) -> oneshot::Receiver<u64> {
        let (answer, answered) = oneshot::channel();
        if let Some(questions) = &self.questions {
            // If the thread has panicked the answer is that it was cancelled.
            let _panicked = questions.send((number, answer));
        }
        answered
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        self.questions = None;
        if let Some(thread) = self.thread.take() {
            let _panicked = thread.join();
        }
    }
}
