//! The example `fetch`, run as a child process against servers of all kinds.

#![forbid(unsafe_code)]

mod support;

#[path = "fetch/compressed.rs"]
mod compressed;
#[path = "fetch/connections.rs"]
mod connections;
#[path = "fetch/cut_off.rs"]
mod cut_off;
#[path = "fetch/demo.rs"]
mod demo;
#[path = "fetch/failures.rs"]
mod failures;
#[path = "fetch/folder.rs"]
mod folder;
#[path = "fetch/interrupt.rs"]
mod interrupt;
#[path = "fetch/nginx.rs"]
mod nginx;
#[path = "fetch/options.rs"]
mod options;
#[path = "fetch/output.rs"]
mod output;
#[path = "fetch/redirects.rs"]
mod redirects;
#[path = "fetch/report.rs"]
mod report;
#[path = "fetch/retries.rs"]
mod retries;
#[path = "fetch/run.rs"]
mod run;
#[path = "fetch/server.rs"]
mod server;
#[path = "fetch/terminal.rs"]
mod terminal;
#[path = "fetch/tls.rs"]
mod tls;
