use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Instant;

use crate::catalog::{Load, Workload, variant_of};
use crate::{Sample, sys};

/// One run of one workload by one program.
pub struct Run<'a> {
    pub program: &'a str,
    pub workload: &'a Workload,
    pub scale: u64,
    pub operations: u64,
}

/// How a run ended well.
pub struct Outcome {
    pub sample: Sample,
    /// For which part of the time the load generator was idle, if there was one.
    pub load_idle: Option<f64>,
    /// What was written to standard error, by the tool if there was one.
    pub messages: String,
}

impl Run<'_> {
    /// Runs the program, under a tool if `tool` is not empty, and the load generator.
    ///
    /// # Errors
    ///
    /// The last words of a program that failed.
    pub fn start(&self, tool: &[String]) -> Result<Outcome, String> {
        match self.workload.load {
            Load::None => Process::start(self.command(tool, None)).finish(None),
            Load::Client(role) => {
                let mut program = Process::start(self.command(tool, None));
                let address = program.address()?;
                let load = Process::start(self.load(role, Some(&address)));
                program.finish(Some(load))
            }
            Load::Wrk => {
                let mut program = Process::start(self.command(tool, None));
                let load_idle = self.wrk(&program.address()?)?;
                Ok(Outcome { load_idle: Some(load_idle), ..program.finish(None)? })
            }
            Load::Server(role) => {
                let mut load = Process::start(self.load(role, None));
                let address = load.address()?;
                Process::start(self.command(tool, Some(&address))).finish(Some(load))
            }
        }
    }

    /// Lets `wrk` ask on the second processor. Returns for which part of the time it was idle.
    fn wrk(&self, address: &str) -> Result<f64, String> {
        let [connections, seconds] = [self.scale, self.operations].map(|number| number.to_string());
        let mut command = Command::new("taskset");
        command.args(["--cpu-list", "1", "wrk", "--threads", "1"]).args(["--connections", &connections]);
        command.args(["--duration", &seconds, &format!("http://{address}/")]);
        let (cpu, start) = (sys::children_cpu_time(), Instant::now());
        let output = command.output().map_err(|error| format!("wrk: {error}"))?;
        let busy = (sys::children_cpu_time() - cpu).as_secs_f64() / start.elapsed().as_secs_f64();
        let text = String::from_utf8_lossy(&output.stdout);
        match text.lines().find(|line| line.contains("Socket errors") || line.contains("Non-2xx")) {
            Some(line) => Err(format!("wrk: {}", line.trim())),
            None if !output.status.success() => Err(format!("wrk: {}", output.status)),
            None => Ok(1.0 - busy),
        }
    }

    fn command(&self, tool: &[String], address: Option<&str>) -> Command {
        let variant = variant_of(self.program);
        let program = path(variant.map_or(self.program, |_| "epore"));
        let mut command = match tool {
            [] => Command::new(program),
            [name, arguments @ ..] => {
                let mut command = Command::new(name);
                command.args(arguments).arg(program);
                command
            }
        };
        let operations = if self.workload.load == Load::Wrk { 0 } else { self.operations };
        command.arg(self.workload.name).args([self.scale, operations].map(|number| number.to_string()));
        command.args(address).envs(variant.map(|variant| variant.variable));
        command
    }

    fn load(&self, role: &str, address: Option<&str>) -> Command {
        let mut command = Command::new(path("load"));
        command.arg(role).args([self.scale, self.operations].map(|number| number.to_string())).args(address);
        command
    }
}

/// The programs are where this one is.
fn path(program: &str) -> PathBuf {
    std::env::current_exe().expect("this program has a path").with_file_name(program)
}

struct Process {
    child: Child,
    output: BufReader<ChildStdout>,
}

impl Process {
    fn start(mut command: Command) -> Process {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let output = BufReader::new(child.stdout.take().expect("it is piped"));
        Process { child, output }
    }

    /// Where it listens.
    fn address(&mut self) -> Result<String, String> {
        let mut line = String::new();
        self.output.read_line(&mut line).map_err(|error| error.to_string())?;
        match line.trim().strip_prefix("listening ") {
            Some(address) => Ok(address.to_owned()),
            None => Err(self.end().0.unwrap_err()),
        }
    }

    /// Waits for the program, then lets the load generator end.
    fn finish(mut self, load: Option<Process>) -> Result<Outcome, String> {
        let (output, messages) = self.end();
        let load = load.map(|mut load| load.end().0);
        let sample = output?.lines().find_map(Sample::parse).ok_or("it printed no sample")?;
        let load_idle = match load {
            Some(output) => Some(idle_share(&output.map_err(|words| format!("load: {words}"))?)),
            None => None,
        };
        Ok(Outcome { sample, load_idle, messages })
    }

    /// Ends its input and waits for its end. Returns what it printed, or its last words, and all its messages.
    fn end(&mut self) -> (Result<String, String>, String) {
        drop(self.child.stdin.take());
        let (mut output, mut messages) = (String::new(), String::new());
        self.output.read_to_string(&mut output).expect("the output is text");
        let mut stderr = self.child.stderr.take().expect("it is piped");
        stderr.read_to_string(&mut messages).expect("the messages are text");
        let status = self.child.wait().expect("a child can be waited for");
        let result = if status.success() { Ok(output) } else { Err(last_words(&messages, &status.to_string())) };
        (result, messages)
    }
}

/// What a panic said, or the status.
fn last_words(messages: &str, status: &str) -> String {
    let mut lines = messages.lines().skip_while(|line| !line.contains("panicked at"));
    lines.nth(1).unwrap_or(status).to_owned()
}

fn idle_share(output: &str) -> f64 {
    let share = output.lines().find_map(|line| line.strip_prefix("idle ")).expect("it says how idle it was");
    share.parse().expect("a number")
}
