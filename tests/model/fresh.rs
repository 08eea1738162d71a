//! A place in a static for something of loom's, which lives for one run of a model.

use std::sync::Mutex;

use super::RUN;

#[derive(Debug)]
pub struct Fresh<T: 'static>(Mutex<Option<(usize, &'static T)>>);

impl<T> Fresh<T> {
    #[allow(clippy::new_without_default)]
    pub const fn new() -> Fresh<T> {
        Fresh(Mutex::new(None))
    }

    /// The one of this run. That of the last is leaked: it may not be dropped outside of its own.
    pub fn get(&self, make: impl FnOnce() -> T) -> &'static T {
        let run = RUN.get();
        let mut place = self.0.lock().unwrap();
        match *place {
            Some((of, made)) if of == run => made,
            _ => {
                let made = Box::leak(Box::new(make()));
                *place = Some((run, made));
                made
            }
        }
    }
}
