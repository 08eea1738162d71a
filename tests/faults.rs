//! Faults in system calls, injected by strace(1): each test is a table of them, and a program that meets each in a process
//! of its own.
//!
//! A cell of a table names a system call, what goes wrong with it, and when. It holds if the program is told what it should
//! be and nothing else, if it got all its data, if it has come to its end, and if no fault has cost more than a few calls.
//! Only the thread that the program runs on is traced, so its peers, on other threads, are well. A call that strace lets fail
//! has not been made; hence the faults are such that a kernel could report them of a call that did nothing. `EAGAIN` only
//! comes where nothing is registered yet: later, with data there, no kernel says so. Nor can strace make a call short, as what
//! it says in its place does not move the bytes: reads and writes come out short of themselves in `writing` and `short`, whose
//! sockets have little room.
//!
//! `cargo test --test faults -- --nocapture` prints each cell with the faults that it has met.

#[path = "faults/cell.rs"]
mod cell;
mod support;
#[path = "faults/victim.rs"]
mod victim;

#[path = "faults/accepting.rs"]
mod accepting;
#[path = "faults/connecting.rs"]
mod connecting;
#[path = "faults/datagrams.rs"]
mod datagrams;
#[path = "faults/preparing.rs"]
mod preparing;
#[path = "faults/reading.rs"]
mod reading;
#[path = "faults/short.rs"]
mod short;
#[path = "faults/waiting.rs"]
mod waiting;
#[path = "faults/writing.rs"]
mod writing;
