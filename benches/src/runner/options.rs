use crate::catalog::{COLUMNS, WORKLOADS, Workload};

const USAGE: &str = "usage: run [--quick | --growth] [--counts | --times] [--programs A,B] [--workloads A,B]";

/// What is to be measured, and how thoroughly.
pub struct Options {
    /// Within five minutes: a tenth of the operations, few rounds, and counts of Epore and the floor alone.
    pub quick: bool,
    /// How cost grows with the scale, instead of the usual scales.
    pub growth: bool,
    pub times: bool,
    pub counts: bool,
    pub programs: Vec<&'static str>,
    pub workloads: Vec<&'static Workload>,
}

impl Options {
    /// Reads the arguments, without the program's name.
    pub fn parse(arguments: impl Iterator<Item = String>) -> Options {
        let mut options = Options {
            quick: false,
            growth: false,
            times: true,
            counts: true,
            programs: COLUMNS.iter().flat_map(|column| column.programs).copied().collect(),
            workloads: WORKLOADS.iter().collect(),
        };
        let mut arguments = arguments;
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--quick" => options.quick = true,
                "--growth" => (options.growth, options.counts) = (true, false),
                "--counts" => options.times = false,
                "--times" => options.counts = false,
                "--programs" => {
                    let names = list(arguments.next());
                    options.programs.retain(|name| names.iter().any(|wanted| wanted == name));
                }
                "--workloads" => {
                    let names = list(arguments.next());
                    options.workloads.retain(|workload| names.iter().any(|wanted| wanted == workload.name));
                }
                _ => panic!("{USAGE}"),
            }
        }
        options
    }

    pub fn rounds(&self) -> usize {
        if self.quick || self.growth { 3 } else { 11 }
    }

    /// The operations of a timed run.
    pub fn operations(&self, workload: &Workload) -> u64 {
        if self.quick || self.growth { workload.operations.div_ceil(10) } else { workload.operations }
    }

    /// The scales at which a workload is run.
    pub fn scales(&self, workload: &Workload) -> Vec<u64> {
        let usual = workload.scales.iter().copied();
        match workload.grows_to {
            Some(last) if self.growth => {
                (0..).map(|power| 10u64.pow(power)).take_while(|&scale| scale <= last).collect()
            }
            None if self.growth => Vec::new(),
            _ if self.quick => usual.take(2).collect(),
            _ => usual.collect(),
        }
    }
}

fn list(argument: Option<String>) -> Vec<String> {
    argument.expect(USAGE).split(',').map(str::to_owned).collect()
}
