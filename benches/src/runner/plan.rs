use std::fs;

use super::counts::count;
use super::options::Options;
use super::process::Run;
use super::results::{Entry, Results, Spread};
use crate::catalog::{Metric, Workload};

/// Runs all that the options say, and has the results kept after each workload.
pub fn run(options: &Options, keep: impl Fn(&Results)) {
    let mut results = Results { machine: machine(), entries: Vec::new() };
    for workload in &options.workloads {
        for scale in options.scales(workload) {
            eprintln!("{} {scale}", workload.name);
            results.entries.extend(measure(options, workload, scale));
            keep(&results);
        }
    }
}

/// Runs all programs in turns, so that what disturbs one disturbs all.
fn measure(options: &Options, workload: &Workload, scale: u64) -> Vec<Entry> {
    let new = |program: &&str| Entry {
        workload: workload.name.to_owned(),
        scale,
        program: program.to_string(),
        ..Entry::default()
    };
    let mut entries: Vec<Entry> = options.programs.iter().map(new).collect();
    if options.times {
        time(options, workload, &mut entries);
    }
    for entry in &mut entries {
        let is_short = matches!(entry.program.as_str(), "epore" | "floor") || !options.quick;
        if options.counts && is_short && entry.failure.is_none() {
            count(&entry.program.clone(), workload, scale, entry);
        }
    }
    entries
}

fn time(options: &Options, workload: &Workload, entries: &mut [Entry]) {
    let mut values = vec![Vec::new(); entries.len()];
    for _ in 0..options.rounds() {
        for (entry, values) in entries.iter_mut().zip(&mut values).filter(|(entry, _)| entry.failure.is_none()) {
            let operations = options.operations(workload).max(entry.scale);
            match (Run { program: &entry.program, workload, scale: entry.scale, operations }).start(&[]) {
                Ok(outcome) => {
                    values.push(if workload.metric == Metric::Cpu { outcome.sample.cpu } else { outcome.sample.value });
                    entry.load_idle = least(entry.load_idle, outcome.load_idle);
                }
                Err(words) => entry.failure = Some(words),
            }
        }
    }
    for (entry, values) in entries.iter_mut().zip(values) {
        entry.value = Spread::of(values);
    }
}

fn least(one: Option<f64>, other: Option<f64>) -> Option<f64> {
    one.into_iter().chain(other).reduce(f64::min)
}

/// The processor and the kernel.
fn machine() -> String {
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or("an unknown processor");
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let cpus = std::thread::available_parallelism().map_or(1, usize::from);
    format!("{cpus} × {}, Linux {}", model.trim_start_matches(['\t', ' ', ':']), kernel.trim())
}
