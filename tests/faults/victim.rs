//! The process that meets the faults, and what is seen of it from outside.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;
use std::process::{self, Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc;
use std::time::Duration;
use std::{env, fs, thread};

use crate::support::child::rerun;
use crate::support::panics::panics_in;

/// A program that meets faults. It panics if it was not served well, and says what errors it was told.
pub type Task = fn(&mut Vec<io::Error>);

/// After how long a program is held to hang. The longest take a second.
const PATIENCE: Duration = Duration::from_secs(20);

const THREAD: &str = "the thread to trace: ";
const ERROR: &str = "error: ";
const PANIC: &str = "panic: ";
const END: &str = "the end";

/// What has become of a program.
#[derive(Debug, Default)]
pub struct Outcome {
    pub injected: usize,
    pub calls: usize,
    /// The kind and the text of each error that it was told.
    pub errors: Vec<(String, String)>,
    pub panic: Option<String>,
}

/// Runs the program on a thread of its own as soon as that is traced, says what came of it, and ends the process.
pub fn be_the_victim(task: Task) -> ! {
    let (tell, id) = mpsc::channel();
    let (go, begin) = mpsc::channel();
    let thread = thread::spawn(move || {
        tell.send(traceable_thread()).unwrap();
        begin.recv().unwrap();
        let mut errors = Vec::new();
        let panics = panics_in(|| drop(catch_unwind(AssertUnwindSafe(|| task(&mut errors)))));
        (errors, panics)
    });
    println!("{THREAD}{}", id.recv().unwrap());
    io::stdin().read_line(&mut String::new()).unwrap();
    go.send(()).unwrap();
    let (errors, panics) = thread.join().unwrap_or_else(|payload| resume_unwind(payload));
    for error in errors {
        println!("{ERROR}{:?}: {error}", error.kind());
    }
    for (message, _) in panics {
        println!("{PANIC}{}", message.replace('\n', " "));
    }
    println!("{END}");
    process::exit(0)
}

/// The number of this thread, which anybody may trace from here on: some systems let only ancestors do so unasked.
fn traceable_thread() -> i32 {
    // SAFETY: the call takes no pointer. It fails where nobody has to ask.
    unsafe { libc::prctl(libc::PR_SET_PTRACER, libc::PR_SET_PTRACER_ANY) };
    // SAFETY: the call takes no pointer.
    unsafe { libc::gettid() }
}

/// Has this executable run the test again as the victim, under a tracer, which may be told to inject something.
pub fn trace(strace: &Path, test: &str, inject: Option<&str>) -> Result<Outcome, String> {
    static LOGS: AtomicUsize = AtomicUsize::new(0);
    let log = env::temp_dir().join(format!("epore-faults-{}-{}", process::id(), LOGS.fetch_add(1, Relaxed)));
    let mut victim = rerun(&[], test);
    // Where a leak sanitizer looks on, it cannot do so under a tracer. A backtrace, or a second arena, reads files.
    victim.envs([("ASAN_OPTIONS", "detect_leaks=0"), ("RUST_BACKTRACE", "0"), ("MALLOC_ARENA_MAX", "1")]);
    victim.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut victim = victim.spawn().unwrap();
    let mut output = BufReader::new(victim.stdout.take().unwrap());
    let thread = line_with(&mut output, THREAD);
    let mut tracer = Command::new(strace);
    tracer.args(["-p", &thread, "-e", "trace=!%memory", "-o"]).arg(&log).stderr(Stdio::piped());
    tracer.args(inject.iter().flat_map(|inject| ["-e".to_owned(), format!("inject={inject}")]));
    let mut tracer = tracer.spawn().unwrap();
    line_with(&mut BufReader::new(tracer.stderr.take().unwrap()), " attached");
    victim.stdin.take().unwrap().write_all(b"go\n").unwrap();
    let text = text_in_time(output, &mut victim);
    assert!(victim.wait().is_ok() && tracer.wait().is_ok());
    let calls = fs::read_to_string(&log).unwrap();
    fs::remove_file(&log).unwrap();
    outcome(&text?, &calls)
}

/// What follows the marker on the first line that has it.
fn line_with(lines: &mut impl BufRead, marker: &str) -> String {
    let found = lines.lines().map(Result::unwrap).find_map(|line| Some(line.split_once(marker)?.1.to_owned()));
    found.unwrap_or_else(|| panic!("no line has `{marker}`"))
}

/// All that the victim prints, unless it hangs: then it is killed.
fn text_in_time(mut output: impl Read + Send + 'static, victim: &mut Child) -> Result<String, String> {
    let (send, receive) = mpsc::channel();
    thread::spawn(move || {
        let mut text = String::new();
        let _given_up = send.send(output.read_to_string(&mut text).map(|_| text));
    });
    match receive.recv_timeout(PATIENCE) {
        Ok(text) => Ok(text.unwrap()),
        Err(_) => {
            victim.kill().unwrap();
            Err(format!("it has hung for {PATIENCE:?}"))
        }
    }
}

fn outcome(text: &str, log: &str) -> Result<Outcome, String> {
    if !text.lines().any(|line| line == END) {
        return Err(format!("it did not come to its end: {text}"));
    }
    let told = |marker: &'static str| text.lines().filter_map(move |line| line.strip_prefix(marker));
    let errors = told(ERROR).filter_map(|error| error.split_once(": "));
    let is_injected = |line: &&str| line.ends_with("(INJECTED)") || line.ends_with("(DELAYED)");
    Ok(Outcome {
        injected: log.lines().filter(is_injected).count(),
        // Signals and the end have lines too, which begin otherwise.
        calls: log.lines().filter(|line| line.starts_with(char::is_alphabetic)).count(),
        errors: errors.map(|(kind, text)| (kind.to_owned(), text.to_owned())).collect(),
        panic: told(PANIC).next().map(str::to_owned),
    })
}
