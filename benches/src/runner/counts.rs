use std::fs;

use super::process::Run;
use super::results::Entry;
use crate::catalog::{Counted, Load, Workload};

/// Counts the instructions, system calls and allocations of an operation, as the difference between a run and one three
/// times as long. A quick look takes the instructions alone.
pub fn count(workload: &Workload, scale: u64, entry: &mut Entry, quick: bool) {
    let Some(lengths) = lengths(workload, scale) else { return };
    let program = entry.program.clone();
    let [short, long] = lengths.map(|(scale, operations)| Run { program: &program, workload, scale, operations });
    let more = long.operations.max(long.scale) - short.operations.max(short.scale);
    let difference = |count: fn(&Run) -> Result<u64, String>| -> Result<f64, String> {
        let (short, long) = (count(&short)?, count(&long)?);
        Ok((long as f64 - short as f64) / more as f64)
    };
    let mut keep = |result: Result<f64, String>| result.map_err(|words| entry.failure = Some(words)).ok();
    entry.instructions = keep(difference(instructions));
    if quick {
        return;
    }
    entry.system_calls = keep(difference(system_calls));
    entry.allocations = keep(difference(|run| Ok(run.start(&[])?.sample.allocations)));
}

/// Counts the instructions alone, between one turn of all tasks and two: for great scales, which take long to set up.
pub fn count_growth(workload: &Workload, scale: u64, entry: &mut Entry) {
    let Counted::ByOperations(least) = workload.counted else { return };
    let program = entry.program.clone();
    let short = least.max(scale);
    let count = |operations| instructions(&Run { program: &program, workload, scale, operations });
    match count(short).and_then(|few| Ok((few, count(2 * short)?))) {
        Ok((few, many)) => entry.instructions = Some((many as f64 - few as f64) / short as f64),
        Err(words) => entry.failure = Some(words),
    }
}

/// The scale and the operations of a short run and a long one.
fn lengths(workload: &Workload, scale: u64) -> Option<[(u64, u64); 2]> {
    match workload.counted {
        // A million live timers take callgrind minutes, and are counted by the growth.
        Counted::ByOperations(_) if matches!(workload.load, Load::None) && scale > 10_000 => None,
        Counted::ByOperations(least) => {
            let short = least.max(2 * scale);
            Some([short, 3 * short].map(|operations| (scale, operations)))
        }
        Counted::ByScale => Some([scale / 10, 3 * (scale / 10)].map(|scale| (scale, 1))),
        Counted::Not => None,
    }
}

/// Those of the program, not of the kernel.
fn instructions(run: &Run) -> Result<u64, String> {
    let tool = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"];
    let outcome = run.start(&tool.map(str::to_owned))?;
    let line = outcome.messages.lines().find_map(|line| line.split_once("Collected :"));
    let (_, count) = line.ok_or("callgrind says nothing of instructions")?;
    count.trim().parse().map_err(|_| format!("callgrind counted {count}"))
}

/// Those of all threads of the program.
fn system_calls(run: &Run) -> Result<u64, String> {
    let file = std::env::temp_dir().join(format!("epore-benches-{}", std::process::id()));
    let path = file.to_str().ok_or("the path of a temporary file is not text")?;
    let tool = ["strace", "-f", "-c", "-U", "calls,name", "-o", path];
    let outcome = run.start(&tool.map(str::to_owned));
    let table = fs::read_to_string(&file).map_err(|error| format!("strace: {error}"))?;
    fs::remove_file(&file).map_err(|error| format!("strace: {error}"))?;
    outcome?;
    let total = table.lines().find(|line| line.ends_with("total")).ok_or("strace gave no total")?;
    let count = total.split_whitespace().next().and_then(|count| count.parse().ok());
    count.ok_or_else(|| format!("strace counted {total}"))
}
