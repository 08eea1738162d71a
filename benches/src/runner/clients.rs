use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use serde::{Deserialize, Serialize};

use super::origin::{Origin, Origins};
use super::results::Results;

/// What it takes to have the smallest TCP client: connect, write, read.
#[derive(Clone, Serialize, Deserialize)]
pub struct Client {
    pub name: String,
    /// Beside the client itself.
    pub crates: u64,
    /// From nothing, with all sources at hand: the shorter of two builds.
    pub seconds: f64,
    /// Of the program, without its symbols.
    pub bytes: u64,
    pub built: Origin,
}

/// A client's source, and what stands in its manifest after the version of the crate that it is about.
struct Source {
    name: &'static str,
    text: &'static str,
    rest: &'static str,
}

/// How many clients there are.
pub const COUNT: usize = SOURCES.len();

/// Each with the fewest features that it can do with.
const SOURCES: [Source; 8] = [
    Source { name: "std", text: include_str!("../../clients/std.rs"), rest: "" },
    Source { name: "epore", text: include_str!("../../clients/epore.rs"), rest: "" },
    Source {
        name: "tokio",
        text: include_str!("../../clients/tokio.rs"),
        rest: ", features = [\"io-util\", \"net\", \"rt\"]",
    },
    Source { name: "smol", text: include_str!("../../clients/smol.rs"), rest: "" },
    Source {
        name: "monoio",
        text: include_str!("../../clients/monoio.rs"),
        rest: ", default-features = false, features = [\"legacy\"]",
    },
    Source {
        name: "compio",
        text: include_str!("../../clients/compio.rs"),
        rest: ", default-features = false, features = [\"net\", \"polling\", \"runtime\"]",
    },
    Source { name: "glommio", text: include_str!("../../clients/glommio.rs"), rest: "" },
    Source { name: "epox", text: include_str!("../../clients/epox.rs"), rest: "" },
];

/// Builds all clients, and puts what it took into the results.
pub fn build(origins: &Origins, results: &mut Results, show: impl Fn(&str)) {
    results.clients.clear();
    for source in &SOURCES {
        show(source.name);
        results.clients.push(source.build(origins));
    }
}

impl Source {
    fn build(&self, origins: &Origins) -> Client {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/clients").join(self.name);
        self.write(&folder, origins);
        let crates = crates(&folder);
        let seconds = (0..2).map(|_| build_time(&folder)).fold(f64::INFINITY, f64::min);
        let program = target(&folder).join("release/client");
        call(Command::new("strip").arg(&program));
        let bytes = fs::metadata(&program).expect("the program was built").len();
        let built = origins.of(self.name);
        let version = match self.name {
            "std" => call(Command::new("rustc").arg("--version")),
            "epore" => built.version,
            name => origins.locked(name),
        };
        Client { name: self.name.to_owned(), crates, seconds, bytes, built: Origin { version, ..built } }
    }

    /// A package of its own, with the versions that are measured here.
    fn write(&self, folder: &Path, origins: &Origins) {
        let benches = Path::new(env!("CARGO_MANIFEST_DIR"));
        let dependency = match self.name {
            "std" => String::new(),
            "epore" => format!("epore = {{ path = {:?} }}\n", benches.join("..")),
            name => format!("{name} = {{ version = \"={}\"{} }}\n", origins.locked(name), self.rest),
        };
        let traits = if self.name == "glommio" { "futures-lite = \"2.6\"\n" } else { "" };
        let package = "[package]\nname = \"client\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n";
        fs::create_dir_all(folder.join("src")).expect("the folder is writable");
        fs::write(folder.join("src/main.rs"), self.text).expect("the folder is writable");
        let manifest = format!("{package}\n[dependencies]\n{dependency}{traits}");
        fs::write(folder.join("Cargo.toml"), manifest).expect("the folder is writable");
        fs::copy(benches.join("Cargo.lock"), folder.join("Cargo.lock")).expect("the folder is writable");
        call(cargo().args(["fetch", "--quiet"]).current_dir(folder));
    }
}

/// Those that are built, but for the client.
fn crates(folder: &Path) -> u64 {
    let format = ["--prefix", "none", "--edges", "normal,build", "--format", "{p}"];
    let tree = call(cargo().args(["tree", "--offline", "--no-dedupe"]).args(format).current_dir(folder));
    let mut lines: Vec<&str> = tree.lines().collect();
    lines.sort();
    lines.dedup();
    lines.len() as u64 - 1
}

/// In seconds.
fn build_time(folder: &Path) -> f64 {
    let target = target(folder);
    if target.exists() {
        fs::remove_dir_all(&target).expect("the folder is writable");
    }
    let start = Instant::now();
    let build = ["build", "--quiet", "--release", "--offline", "--target-dir"];
    call(cargo().args(build).arg(&target).current_dir(folder));
    start.elapsed().as_secs_f64()
}

fn target(folder: &Path) -> PathBuf {
    folder.join("target")
}

fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()))
}

/// What the command prints.
fn call(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}
