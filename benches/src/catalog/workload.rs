use super::variants::variant_of;

/// What the value of a workload is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metric {
    /// Nanoseconds that pass for each operation.
    Time,
    /// Nanoseconds of processor time for each operation.
    Cpu,
    /// The median lateness in nanoseconds.
    Lateness,
    /// Resident bytes.
    Bytes,
}

impl Metric {
    pub fn unit(self) -> &'static str {
        match self {
            Metric::Time => "ns",
            Metric::Cpu => "ns of CPU",
            Metric::Lateness => "ns late",
            Metric::Bytes => "bytes",
        }
    }
}

/// The part of the load generator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Load {
    None,
    /// It connects to the program, in this role.
    Client(&'static str),
    /// The program connects to it, in this role.
    Server(&'static str),
    /// The program `wrk` connects to the program, for so many seconds as there are operations.
    Wrk,
}

/// What makes a run longer, so that two lengths can be subtracted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// More operations: so many at least.
    ByOperations(u64),
    /// More tasks or connections, since each is there once: the operation is to have one more.
    ByScale,
    /// Nothing: what is done depends on the clock.
    Not,
}

#[derive(Clone, Copy, Debug)]
pub struct Workload {
    pub name: &'static str,
    /// `#` stands for the scale.
    pub title: &'static str,
    pub metric: Metric,
    pub load: Load,
    /// How many tasks, timers, connections or microseconds.
    pub scales: &'static [u64],
    /// The operations of one timed run.
    pub operations: u64,
    pub counted: Counted,
    /// Whether the cost is to be measured from 1 to this scale in steps of 10.
    pub grows_to: Option<u64>,
    /// The programs that can do it, if not all.
    pub only: Option<&'static [&'static str]>,
}

impl Workload {
    /// A workload of one process.
    pub const fn local(name: &'static str, title: &'static str, scales: &'static [u64], operations: u64) -> Workload {
        Workload {
            name,
            title,
            metric: Metric::Time,
            load: Load::None,
            scales,
            operations,
            counted: Counted::ByOperations(20_000),
            grows_to: None,
            only: None,
        }
    }

    /// A workload with a load generator. Its value is processor time: how long it takes depends on both sides.
    pub const fn net(name: &'static str, title: &'static str, load: Load, operations: u64) -> Workload {
        let counted = Counted::ByOperations(1000);
        Workload { metric: Metric::Cpu, load, counted, ..Workload::local(name, title, &[1], operations) }
    }

    pub const fn at(self, scales: &'static [u64]) -> Workload {
        Workload { scales, ..self }
    }

    pub const fn value(self, metric: Metric) -> Workload {
        Workload { metric, ..self }
    }

    pub const fn counted(self, counted: Counted) -> Workload {
        Workload { counted, ..self }
    }

    pub const fn grows_to(self, scale: u64) -> Workload {
        Workload { grows_to: Some(scale), ..self }
    }

    pub const fn only(self, programs: &'static [&'static str]) -> Workload {
        Workload { only: Some(programs), ..self }
    }

    pub fn is_for(&self, program: &str) -> bool {
        match variant_of(program) {
            Some(variant) => variant.workload == self.name,
            None => self.only.is_none_or(|programs| programs.contains(&program)),
        }
    }
}
