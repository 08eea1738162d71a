use std::fs;
use std::time::Instant;

use super::clients;
use super::counts::{count, count_growth};
use super::options::{Options, Part};
use super::origin::{Origin, Origins};
use super::process::Run;
use super::results::{Entry, Results, Spread};
use crate::catalog::{Load, Metric, Workload};

/// Runs all that the options say, and has the results kept after each workload. What is not measured stays as it was.
pub fn run(options: &Options, keep: impl Fn(Part, &Results)) {
    let progress = Progress::new(options);
    for &part in &options.parts {
        let mut results = Results::read(&options.file(part).with_extension("json")).unwrap_or_default();
        results.machine = machine();
        if part == Part::Build {
            clients::build(&progress.origins, &mut results, |client| progress.show(&format!("build {client}")));
            keep(part, &results);
            continue;
        }
        for workload in &options.workloads {
            for scale in options.scales(part, workload) {
                progress.show(&format!("{} {scale}", workload.name));
                for entry in measure(options, part, &progress.origins, (workload, scale), &results) {
                    results.put(entry);
                }
                keep(part, &results);
            }
        }
    }
    progress.show("done");
}

/// Says what is being done, and after how long.
struct Progress {
    start: Instant,
    origins: Origins,
    steps: usize,
    step: std::cell::Cell<usize>,
}

impl Progress {
    fn new(options: &Options) -> Progress {
        let scales = |part| options.workloads.iter().map(move |workload| options.scales(part, workload).len());
        let steps = |&part: &Part| if part == Part::Build { clients::COUNT } else { scales(part).sum() };
        let steps = options.parts.iter().map(steps).sum();
        Progress { start: Instant::now(), origins: Origins::new(), steps, step: Default::default() }
    }

    fn show(&self, what: &str) {
        let seconds = self.start.elapsed().as_secs();
        let (step, steps) = (self.step.replace(self.step.get() + 1), self.steps);
        eprintln!("[{step} of {steps} after {} min {:02} s] {what}", seconds / 60, seconds % 60);
    }
}

/// Runs all programs in turns, so that what disturbs one disturbs all.
fn measure(
    options: &Options,
    part: Part,
    origins: &Origins,
    (workload, scale): (&Workload, u64),
    results: &Results,
) -> Vec<Entry> {
    let programs = options.programs(part).into_iter().filter(|program| workload.is_for(program));
    let mut entries: Vec<Entry> = programs.map(|program| results.entry(workload.name, scale, program)).collect();
    if part == Part::Workloads && options.times {
        time(options, origins, workload, &mut entries);
    }
    for entry in entries.iter_mut().filter(|_| options.counts) {
        if !options.times {
            entry.failure = None;
        }
        let origin = origins.of(&entry.program);
        if entry.failure.is_some() || !is_wanted(options, entry, &origin) {
            continue;
        }
        match part {
            Part::Growth => count_growth(workload, scale, entry),
            _ => count(workload, scale, entry, options.quick),
        }
        entry.counted = entry.instructions.map(|_| origin);
    }
    entries
}

fn time(options: &Options, origins: &Origins, workload: &Workload, entries: &mut [Entry]) {
    let mut samples = vec![Vec::new(); entries.len()];
    for entry in entries.iter_mut() {
        (entry.failure, entry.load_idle) = (None, None);
    }
    let rounds = match workload.metric {
        Metric::Time | Metric::Cpu => options.rounds,
        // What is late is late by the same each time, and memory does not vary.
        Metric::Lateness | Metric::Bytes => {
            if options.quick {
                1
            } else {
                3
            }
        }
    };
    for _ in 0..rounds {
        for (entry, samples) in entries.iter_mut().zip(&mut samples).filter(|(entry, _)| entry.failure.is_none()) {
            let operations = options.operations(workload, entry.scale);
            match (Run { program: &entry.program, workload, scale: entry.scale, operations }).start(&[]) {
                Ok(outcome) => {
                    samples.push(outcome.sample);
                    entry.load_idle = least(entry.load_idle, outcome.load_idle);
                }
                Err(words) => entry.failure = Some(words),
            }
        }
    }
    for (entry, samples) in entries.iter_mut().zip(samples) {
        let is_cpu = workload.metric == Metric::Cpu;
        entry.value = Spread::of(samples.iter().map(|sample| if is_cpu { sample.cpu } else { sample.value }).collect());
        let has_both = workload.load != Load::None && workload.metric == Metric::Time;
        entry.cpu = Spread::of(samples.iter().map(|sample| sample.cpu).collect()).filter(|_| has_both);
        entry.timed = entry.value.map(|_| origins.of(&entry.program));
    }
}

/// Whether counts are to be taken: those of others stay the same as long as their versions do.
fn is_wanted(options: &Options, entry: &Entry, origin: &Origin) -> bool {
    let is_own = matches!(entry.program.as_str(), "epore" | "floor");
    let is_stale = options.recount || origin.replaces(entry.counted.as_ref());
    is_stale && (is_own || !options.quick)
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
