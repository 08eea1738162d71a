//! Panics as a test sees them: the message, and the place to which the blame is put.

use std::cell::RefCell;
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::sync::Once;

/// The message, and the place as `file:line`.
pub type Noted = (String, String);

thread_local! {
    static PANICS: RefCell<Vec<Noted>> = const { RefCell::new(Vec::new()) };
}

/// The panic that passes out of `f`.
pub fn panic_of<R>(f: impl FnOnce() -> R) -> Noted {
    let mut panics = panics_in(|| {
        let caught = catch_unwind(AssertUnwindSafe(f));
        assert!(caught.is_err(), "no panic passed through");
    });
    panics.pop().expect("a panic was noted")
}

/// All panics that this thread begins while `f` runs, those included that somebody catches.
pub fn panics_in(f: impl FnOnce()) -> Vec<Noted> {
    note_panics();
    let before = PANICS.take();
    f();
    PANICS.replace(before)
}

/// Has the panics of every thread noted for it.
fn note_panics() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let print = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let payload = info.payload();
            let text = payload.downcast_ref::<&str>().copied();
            let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
            let place = info.location().map(|at| format!("{}:{}", at.file(), at.line()));
            let noted = (text.unwrap_or_default().to_owned(), place.unwrap_or_default());
            // A thread at its end has nobody left to ask.
            let _gone = PANICS.try_with(|panics| panics.borrow_mut().push(noted));
            print(info);
        }));
    });
}
