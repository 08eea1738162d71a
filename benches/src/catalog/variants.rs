/// Epore with a setting that it does not come with, beside Epore as it comes.
///
/// It is a program to be run, but stands in no column: neither is it what a user has who asks for nothing, nor a peer.
pub struct Variant {
    pub program: &'static str,
    /// The call of the builder.
    pub title: &'static str,
    /// What it is measured by.
    pub workload: &'static str,
    /// The variable of the environment by which the program `epore` is told, and its value.
    pub variable: (&'static str, &'static str),
}

/// The variable that gives the timer slack in nanoseconds.
pub const TIMER_SLACK: &str = "EPORE_TIMER_SLACK_NS";

/// The variable that tells for how many microseconds to spin.
pub const SPIN: &str = "EPORE_SPIN_US";

/// In the order of their table.
pub const VARIANTS: [Variant; 5] = [
    variant("epore_exact", "timer_slack: 1 ns", "lateness", (TIMER_SLACK, "1")),
    variant("epore_spin_20", "spin_before_park: 20 µs", "latency", (SPIN, "20")),
    variant("epore_spin_50", "spin_before_park: 50 µs", "latency", (SPIN, "50")),
    variant("epore_spin_100", "spin_before_park: 100 µs", "latency", (SPIN, "100")),
    variant("epore_spin_1000", "spin_before_park: 1 ms", "latency", (SPIN, "1000")),
];

/// The variant whose program has this name.
pub fn variant_of(program: &str) -> Option<&'static Variant> {
    VARIANTS.iter().find(|variant| variant.program == program)
}

const fn variant(
    program: &'static str,
    title: &'static str,
    workload: &'static str,
    variable: (&'static str, &'static str),
) -> Variant {
    Variant { program, title, workload, variable }
}
