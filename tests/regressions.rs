//! A test for each bug that was found in use: it fails without the fix.

#[path = "support/backlog.rs"]
mod backlog;
#[path = "support/control.rs"]
mod control;
#[path = "support/foreign.rs"]
mod foreign;
mod support;

#[path = "regressions/addresses.rs"]
mod addresses;
#[path = "regressions/clock.rs"]
mod clock;
#[path = "regressions/errors.rs"]
mod errors;
#[path = "regressions/fairness.rs"]
mod fairness;
#[path = "regressions/handles.rs"]
mod handles;
#[path = "regressions/messages.rs"]
mod messages;
#[path = "regressions/ready.rs"]
mod ready;
#[path = "regressions/registration.rs"]
mod registration;
#[path = "regressions/send.rs"]
mod send;
#[path = "regressions/shutdown.rs"]
mod shutdown;
#[path = "regressions/signals.rs"]
mod signals;
#[path = "regressions/sleep.rs"]
mod sleep;
#[path = "regressions/transfers.rs"]
mod transfers;
#[path = "regressions/turns.rs"]
mod turns;
#[path = "regressions/wakers.rs"]
mod wakers;
