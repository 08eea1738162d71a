use std::path::{Path, PathBuf};

use crate::catalog::{COLUMNS, Load, Metric, VARIANTS, WORKLOADS, Workload};
use crate::usage::{misused, parsed};

const USAGE: &str = "usage: run [--quick | --growth | --build] [--counts | --times] [--recount] [--rounds N] \
    [--programs A,B] [--workloads A,B]";

/// Of whom the growth is counted, unless others are named: with a million tasks, callgrind takes minutes for each.
const GROWING: [&str; 3] = ["epore", "floor", "tokio_spawn"];

/// Which part is measured. Without a word, all are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Each workload at its usual scales.
    Workloads,
    /// How instructions grow with the scale.
    Growth,
    /// What it takes to build the smallest TCP client.
    Build,
}

/// What is to be measured, and how thoroughly.
#[derive(Clone)]
pub struct Options {
    pub parts: Vec<Part>,
    /// Within five minutes: a tenth of the operations, few rounds, the least scales, and instructions of Epore and the floor alone.
    pub quick: bool,
    pub times: bool,
    pub counts: bool,
    /// Whether all counts are taken anew, not those alone that are missing or of another version.
    pub recount: bool,
    pub rounds: usize,
    programs: Option<Vec<&'static str>>,
    pub workloads: Vec<&'static Workload>,
}

impl Options {
    /// Reads the arguments, without the program's name.
    pub fn parse(arguments: impl Iterator<Item = String>) -> Options {
        let mut options = Options {
            parts: vec![Part::Workloads, Part::Growth, Part::Build],
            quick: false,
            times: true,
            counts: true,
            recount: false,
            rounds: 7,
            programs: None,
            workloads: WORKLOADS.iter().collect(),
        };
        let mut arguments = arguments;
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--quick" => (options.quick, options.parts, options.rounds) = (true, vec![Part::Workloads], 3),
                "--growth" => options.parts = vec![Part::Growth],
                "--build" => options.parts = vec![Part::Build],
                "--counts" => (options.times, options.parts) = (false, vec![Part::Workloads]),
                "--recount" => options.recount = true,
                "--times" => (options.counts, options.parts) = (false, vec![Part::Workloads]),
                "--rounds" => options.rounds = parsed(&value(arguments.next()), USAGE),
                "--programs" => options.programs = Some(named(arguments.next(), all_programs(), |&program| program)),
                "--workloads" => {
                    options.workloads = named(arguments.next(), options.workloads, |workload| workload.name);
                }
                _ => misused(format_args!("there is no option {argument}: {USAGE}")),
            }
        }
        options
    }

    /// Those that are measured.
    pub fn programs(&self, part: Part) -> Vec<&'static str> {
        let usual = || if part == Part::Growth { GROWING.to_vec() } else { all_programs() };
        self.programs.clone().unwrap_or_else(usual)
    }

    /// Where the results are kept, without the file's extension. A quick look does not replace what was measured well.
    pub fn file(&self, part: Part) -> PathBuf {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
        match part {
            Part::Growth => folder.join("growth"),
            _ if self.quick => folder.join("target/quick"),
            _ => folder.join("results"),
        }
    }

    /// The operations of a timed run.
    pub fn operations(&self, workload: &Workload, scale: u64) -> u64 {
        let part = if self.quick { 10 } else { 1 };
        let operations = workload.operations.div_ceil(part);
        // Elsewhere the scale is how many there are of something, each of which has to have its turn.
        let is_crowd = workload.load != Load::Wrk && workload.metric != Metric::Lateness;
        if is_crowd { operations.max(scale) } else { operations }
    }

    /// The scales at which a workload is run.
    pub fn scales(&self, part: Part, workload: &Workload) -> Vec<u64> {
        let usual = workload.scales.iter().copied();
        match (part, workload.grows_to) {
            (Part::Growth, None) => Vec::new(),
            (Part::Growth, Some(last)) => {
                (0..).map(|power| 10u64.pow(power)).take_while(|&scale| scale <= last).collect()
            }
            _ if self.quick => usual.take(1).collect(),
            _ => usual.collect(),
        }
    }
}

fn all_programs() -> Vec<&'static str> {
    let columns = COLUMNS.iter().flat_map(|column| column.programs).copied();
    columns.chain(VARIANTS.iter().map(|variant| variant.program)).collect()
}

/// The argument that an option takes.
fn value(argument: Option<String>) -> String {
    argument.unwrap_or_else(|| misused(USAGE))
}

/// Those of `all` that the argument names.
fn named<T>(argument: Option<String>, mut all: Vec<T>, name: impl Fn(&T) -> &'static str) -> Vec<T> {
    let argument = value(argument);
    if let Some(unknown) = argument.split(',').find(|wanted| all.iter().all(|one| name(one) != *wanted)) {
        misused(format_args!("there is no {unknown}"));
    }
    all.retain(|one| argument.split(',').any(|wanted| wanted == name(one)));
    all
}
