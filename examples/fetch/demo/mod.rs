//! The server that is fetched from when no URL is given. It shares the thread with the downloads.

mod body;
mod pages;
mod server;

pub use server::start;
