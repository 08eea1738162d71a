use std::path::Path;
use std::process::Command;

use serde::{Deserialize, Serialize};

use crate::catalog::COLUMNS;

/// What was measured, and on which day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The version of the crate; of what is in this repository, the commit, with a `+` if files had been changed since.
    pub version: String,
    pub date: String,
}

impl Origin {
    /// Whether counts of this origin would be others than those of `old`.
    pub fn replaces(&self, old: Option<&Origin>) -> bool {
        self.version.ends_with('+') || old.is_none_or(|old| old.version != self.version)
    }
}

/// Tells where a program comes from today.
pub struct Origins {
    lock: String,
    commit: String,
    date: String,
}

impl Origins {
    pub fn new() -> Origins {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
        let say = |command: &mut Command| {
            let output = command.current_dir(folder).output();
            output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
        };
        let commit = say(Command::new("git").args(["rev-parse", "--short=8", "HEAD"]));
        let changed =
            say(Command::new("git").args(["status", "--porcelain", "--", "..", ":!*.md", ":!charts", ":!*.json"]));
        Origins {
            lock: std::fs::read_to_string(folder.join("Cargo.lock")).unwrap_or_default(),
            commit: if changed.is_empty() { commit } else { commit + "+" },
            date: say(Command::new("date").arg("+%F")),
        }
    }

    pub fn of(&self, program: &str) -> Origin {
        let column = COLUMNS.iter().find(|column| column.programs.contains(&program));
        let package = column.and_then(|column| column.package).filter(|&package| package != "epore");
        let version = package.map_or(self.commit.clone(), |package| self.locked(package));
        Origin { version, date: self.date.clone() }
    }

    /// The version of a crate that `Cargo.lock` names.
    pub fn locked(&self, package: &str) -> String {
        let name = format!("name = \"{package}\"\nversion = \"");
        let version = self.lock.split_once(&name).and_then(|(_, rest)| rest.split('"').next());
        version.unwrap_or("unknown").to_owned()
    }
}

impl Default for Origins {
    fn default() -> Origins {
        Origins::new()
    }
}
