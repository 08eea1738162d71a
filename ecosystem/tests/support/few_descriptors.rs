//! Examples that run out of descriptors.

#![forbid(unsafe_code)]

use std::fs::{self, File};
use std::process::Command;

use super::folder::Folder;
use super::{Server, example, wait_until};

/// The example, which may have no more than so many descriptors.
pub fn limited(descriptors: usize, name: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", &format!("ulimit -n {descriptors}; exec \"$0\" \"$@\"")]);
    command.arg(example(name).get_program()).args(arguments);
    command
}

/// A server that has told that it could not accept more clients, all of whom have left since.
pub fn server_that_ran_out(name: &str, arguments: &[&str]) -> Server {
    let folder = Folder::new();
    let errors = folder.path().join("errors");
    let mut command = limited(16, name, arguments);
    command.stderr(File::create(&errors).unwrap());
    let server = Server::start_by(command);
    let _clients: Vec<_> = (0..40).map(|_| server.connect()).collect();
    wait_until("it says that it cannot accept", || {
        fs::read_to_string(&errors).unwrap().contains(&format!("cannot accept on {}: Too many open files", server.addr))
    });
    server
}
