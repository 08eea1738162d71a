use std::fs;

use super::process::Run;
use super::results::Entry;
use crate::catalog::{Load, Workload};

/// Counts the instructions and system calls of an operation, as the difference between a run and one three times as long.
pub fn count(program: &str, workload: &Workload, scale: u64, entry: &mut Entry) {
    let Some(least) = workload.counted.filter(|_| scale <= most(workload)) else { return };
    let short = least.max(2 * scale);
    let lengths = [short, 3 * short].map(|operations| Run { program, workload, scale, operations });
    entry.instructions = difference(&lengths, instructions);
    entry.system_calls = difference(&lengths, system_calls);
    entry.allocations = difference(&lengths, |run| Some(run.start(&[]).ok()?.sample.allocations));
}

/// The greatest scale that is counted: beyond it callgrind takes minutes, most of them to get there.
fn most(workload: &Workload) -> u64 {
    if matches!(workload.load, Load::None) { 10_000 } else { 1000 }
}

fn difference(lengths: &[Run; 2], count: impl Fn(&Run) -> Option<u64>) -> Option<f64> {
    let [short, long] = lengths;
    let more = count(long)? as f64 - count(short)? as f64;
    Some(more / (long.operations - short.operations) as f64)
}

/// Those of the program, not of the kernel.
fn instructions(run: &Run) -> Option<u64> {
    let tool = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"];
    let outcome = run.start(&tool.map(str::to_owned)).ok()?;
    let line = outcome.messages.lines().find_map(|line| line.split_once("Collected :"))?;
    line.1.trim().parse().ok()
}

/// Those of all threads of the program.
fn system_calls(run: &Run) -> Option<u64> {
    let file = std::env::temp_dir().join(format!("epore-benches-{}", std::process::id()));
    let path = file.to_str()?;
    let tool = ["strace", "-f", "-c", "-U", "calls,name", "-o", path];
    let outcome = run.start(&tool.map(str::to_owned));
    let table = fs::read_to_string(&file).ok()?;
    fs::remove_file(&file).ok()?;
    outcome.ok()?;
    let total = table.lines().find(|line| line.ends_with("total"))?;
    total.split_whitespace().next()?.parse().ok()
}
