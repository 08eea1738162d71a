//! Servers that others wrote.

#![forbid(unsafe_code)]

use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{self, Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering::Relaxed};

use super::folder::Folder;
use super::{program, wait_until};

/// A server with a folder of its own, until this is dropped.
pub struct Foreign {
    process: Child,
    pub addr: SocketAddr,
    folder: Folder,
}

impl Foreign {
    pub fn redis() -> Option<Foreign> {
        let program = program("redis-server")?;
        let folder = Folder::new();
        let addr = free_port();
        let mut command = Command::new(program);
        command.args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--port"]);
        command.arg(addr.port().to_string()).arg("--dir").arg(folder.path());
        Some(Foreign::start(command, addr, folder))
    }

    /// PostgreSQL, whose superuser `postgres` needs no password.
    pub fn postgres() -> Option<Foreign> {
        let bin = postgres_programs()?;
        let folder = Folder::new();
        let postgres = |program: &str| {
            let mut command = Command::new(bin.join(program));
            // It refuses to run as root.
            if fs::metadata("/proc/self").unwrap().uid() == 0 {
                let (user, group) = user("postgres");
                chown(folder.path(), Some(user), Some(group)).unwrap();
                command.uid(user).gid(group);
            }
            command.current_dir(folder.path());
            command
        };
        let data = folder.path().join("data");
        let mut initdb = postgres("initdb");
        initdb.args(["--no-sync", "--auth=trust", "--username=postgres", "--pgdata"]).arg(&data);
        let output = initdb.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let addr = free_port();
        let mut server = postgres("postgres");
        server.arg("-D").arg(&data).arg("-k").arg(folder.path()).args(["-h", "127.0.0.1", "-F", "-p"]);
        server.arg(addr.port().to_string());
        Some(Foreign::start(server, addr, folder))
    }

    fn start(mut command: Command, addr: SocketAddr, folder: Folder) -> Foreign {
        let log = File::create(folder.path().join("log")).unwrap();
        let process = command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap();
        let mut server = Foreign { process, addr, folder };
        wait_until("the server is ready", || {
            let ended = server.process.try_wait().unwrap();
            let log = fs::read_to_string(server.folder.path().join("log")).unwrap();
            assert!(ended.is_none(), "the server has ended: {log}");
            log.to_lowercase().contains("ready to accept connections")
        });
        server
    }

    /// Ends it at once, as a crash would. PostgreSQL takes its children along on this signal.
    pub fn kill(&mut self) {
        let kill = Command::new("sh").args(["-c", &format!("kill -QUIT {}", self.process.id())]).status().unwrap();
        assert!(kill.success());
        self.process.wait().unwrap();
    }
}

impl Drop for Foreign {
    fn drop(&mut self) {
        if self.process.try_wait().unwrap().is_none() {
            self.kill();
        }
    }
}

/// Below the ports that the system gives to those who connect, so that none of them can take it before the server does.
fn free_port() -> SocketAddr {
    static COUNT: AtomicU16 = AtomicU16::new(0);
    loop {
        let nth = process::id() as u16 % 120 * 100 + COUNT.fetch_add(1, Relaxed);
        let addr = SocketAddr::from(([127, 0, 0, 1], 20_000 + nth % 12_000));
        if TcpListener::bind(addr).is_ok() {
            return addr;
        }
    }
}

/// Where PostgreSQL's programs are: on the path, or where Debian puts those of its newest version.
fn postgres_programs() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let folders = versions.map(|version| version.unwrap().path().join("bin"));
    let newest = folders.filter(|folder| folder.join("postgres").is_file()).max();
    newest.or_else(|| Some(program("postgres")?.parent()?.to_owned()))
}

/// The numbers of a user and its group.
fn user(name: &str) -> (u32, u32) {
    let users = fs::read_to_string("/etc/passwd").unwrap();
    let mut fields = users.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let fields = fields.find(|fields| fields[0] == name).expect("the user that comes with the package");
    (fields[2].parse().unwrap(), fields[3].parse().unwrap())
}
