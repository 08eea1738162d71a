use std::process::{Command, Stdio, exit};

use super::options::{Options, Part};
use crate::catalog::{Counted, Load};
use crate::sys;

/// What two sides of 8,000 connections need, and what a program has open besides.
const DESCRIPTORS: u64 = 8200;

/// Ends the process with a message if a program is missing that the options ask for: better now than in an hour.
pub fn check(options: &Options) {
    let has = |part| options.parts.contains(&part);
    let counts = options.counts && (has(Part::Workloads) || has(Part::Growth));
    let wrk = options.times && options.workloads.iter().any(|workload| workload.load == Load::Wrk);
    let strace = counts && has(Part::Workloads);
    let needed = [
        ("valgrind", counts, "for instructions"),
        ("strace", strace, "for system calls"),
        ("wrk", wrk && has(Part::Workloads), "for requests of HTTP"),
        ("taskset", wrk && has(Part::Workloads), "to keep wrk on one processor"),
        ("strip", has(Part::Build), "for the size of the clients"),
    ];
    let missing: Vec<String> = needed
        .iter()
        .filter(|(name, needed, _)| *needed && !runs(name))
        .map(|(name, _, reason)| format!("  {name} ({reason})"))
        .collect();
    if !missing.is_empty() {
        eprintln!("These programs are missing:\n{}", missing.join("\n"));
        eprintln!(
            "Install them (on Debian: bash ../.ci/setup), or leave out what needs them: --times, --counts, --workloads."
        );
        exit(1);
    }
    let many = options
        .workloads
        .iter()
        .any(|workload| workload.scales.contains(&8000) || workload.counted == Counted::ByScale);
    let descriptors = sys::descriptors();
    if many && descriptors < DESCRIPTORS {
        eprintln!(
            "A process may have {descriptors} descriptors here: what needs {DESCRIPTORS} will fail. See ulimit -Hn."
        );
    }
}

fn runs(name: &str) -> bool {
    Command::new(name)
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .stdin(Stdio::null())
        .status()
        .is_ok()
}
