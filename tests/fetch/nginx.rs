//! A server that others wrote.

use std::collections::BTreeSet;
use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::folder::Folder;
use crate::run::fetch_with_input;
use crate::support::{self, wait_until};

/// nginx with a folder of its own, until this is dropped.
pub struct Nginx {
    process: Child,
    pub addr: SocketAddr,
    pub folder: Folder,
}

impl Nginx {
    pub fn start(test: &str) -> Option<Nginx> {
        Nginx::start_with(Folder::new(test), "")
    }

    /// With more to say to those that listen, after a space, and settings after a semicolon.
    pub fn start_with(folder: Folder, listen: &str) -> Option<Nginx> {
        let program = support::program("nginx")?;
        fs::create_dir(folder.path().join("pages")).unwrap();
        // Somebody else may take the port that was free, but hardly each time.
        let started = (0..5).find_map(|_| start_on(free_port(), &program, &folder, listen));
        let Some((process, addr)) = started else {
            panic!("nginx does not start: {}", fs::read_to_string(folder.path().join("error.log")).unwrap_or_default());
        };
        Some(Nginx { process, addr, folder })
    }

    /// By how many connections so many requests came.
    pub fn connections(&self, requests: usize) -> usize {
        self.log(requests).into_iter().map(|(connection, _)| connection).collect::<BTreeSet<_>>().len()
    }

    /// For each request the connection that it came by, and the version of the protocol. Waits for so many requests, as
    /// nginx logs one after it has sent the answer.
    pub fn log(&self, requests: usize) -> Vec<(u32, String)> {
        let mut log = String::new();
        wait_until("all requests are in the log", || {
            log = fs::read_to_string(self.folder.path().join("access.log")).unwrap();
            log.matches('\n').count() >= requests
        });
        let lines = log.lines().map(|line| line.split_once(' ').expect("a number and a version"));
        lines.map(|(number, version)| (number.parse().unwrap(), version.to_owned())).collect()
    }

    pub fn pages(&self) -> PathBuf {
        self.folder.path().join("pages")
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

fn free_port() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// Starts the program, unless it ends before it accepts connections.
fn start_on(addr: SocketAddr, program: &Path, folder: &Folder, listen: &str) -> Option<(Child, SocketAddr)> {
    fs::write(folder.path().join("nginx.conf"), configuration(addr, listen)).unwrap();
    let mut command = Command::new(program);
    command.arg("-p").arg(folder.path()).args(["-e", "error.log", "-c", "nginx.conf"]);
    let mut process = command.stdin(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let pid = folder.path().join("nginx.pid");
    // The file is written when the sockets are open.
    wait_until("nginx is there, or gone", || pid.is_file() || process.try_wait().unwrap().is_some());
    process.try_wait().unwrap().is_none().then_some((process, addr))
}

/// One process in the foreground, with all its files below its own folder.
fn configuration(addr: SocketAddr, listen: &str) -> String {
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let temporary = temporary.map(|name| format!("{name}_temp_path {name};\n")).concat();
    format!(
        "daemon off;\nmaster_process off;\npid nginx.pid;\nerror_log error.log;\nevents {{}}\n\
         http {{\nlog_format brief '$connection $server_protocol';\naccess_log access.log brief;\n\
         {temporary}server {{ listen {addr}{listen}; root pages; }}\n}}\n"
    )
}

/// 300 sizes from nothing to several megabytes, most of them small.
pub fn size(index: usize) -> usize {
    match index % 100 {
        0 => 0,
        50 => 1_000_000 + index * 10_007,
        _ => index * index + index % 7,
    }
}

pub fn write_pages(folder: &Path) -> Vec<String> {
    let write = |index: usize| {
        let name = format!("page-{index}.bin");
        let bytes: Vec<u8> = (0..size(index)).map(|at| (at * 31 + at / 251 + index) as u8).collect();
        fs::write(folder.join(&name), bytes).unwrap();
        name
    };
    (0..300).map(write).collect()
}

#[test]
fn hundreds_of_files_come_from_nginx_as_they_are() {
    let Some(nginx) = Nginx::start("nginx") else { return };
    let names = write_pages(&nginx.pages());
    let list: String = names.iter().map(|name| format!("http://{}/{name}\n", nginx.addr)).collect();
    let output = Folder::new("nginx-output");
    let run = fetch_with_input(&["--json", "--output", output.arg(), "--input", "-"], &list);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let totals = run.json()["totals"].clone();
    assert_eq!((&totals["fetched"], &totals["failed"]), (&300.into(), &0.into()));
    assert_eq!(totals["bytes"], (0..300).map(size).sum::<usize>());

    let files = output.files();
    assert_eq!(files.len(), names.len());
    for name in &names {
        assert!(files[name] == fs::read(nginx.pages().join(name)).unwrap(), "{name} has other bytes");
    }
}

#[test]
fn the_statuses_and_redirects_of_nginx_are_understood() {
    let Some(nginx) = Nginx::start("nginx-statuses") else { return };
    fs::create_dir(nginx.pages().join("docs")).unwrap();
    fs::write(nginx.pages().join("docs/index.html"), "the index").unwrap();
    let list = ["/docs", "/docs/", "/missing"].map(|path| format!("http://{}{path}\n", nginx.addr)).concat();
    let run = fetch_with_input(&["--json", "--input", "-"], &list);
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    let results = run.json()["results"].clone();
    let seen = [0, 1, 2].map(|index| (results[index]["status"].clone(), results[index]["redirects"].clone()));
    assert_eq!(seen, [(200.into(), 1.into()), (200.into(), 0.into()), (404.into(), 0.into())]);
    assert_eq!((&results[0]["bytes"], &results[1]["bytes"]), (&9.into(), &9.into()));
}
