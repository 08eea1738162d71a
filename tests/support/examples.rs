//! Examples that are run as their reader would run them.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, ChildStdout, Command, ExitStatus, Output, Stdio};

use super::{PATIENCE, in_time};

/// The executable, which cargo has put beside that of this test.
pub fn example(name: &str) -> Command {
    let own = std::env::current_exe().unwrap();
    let program = own.ancestors().nth(2).unwrap().join("examples").join(name);
    assert!(program.is_file(), "{} is not built: run `cargo build --examples` first", program.display());
    Command::new(program)
}

pub fn run(name: &str) -> String {
    let mut command = example(name);
    let Output { status, stdout, stderr } = in_time(name, move || command.output().unwrap());
    assert!(status.success(), "{name}: {status}: {}", String::from_utf8_lossy(&stderr));
    String::from_utf8(stdout).unwrap()
}

/// An example that serves until this is dropped, unless it ends by itself.
pub struct Server {
    process: Child,
    output: Option<BufReader<ChildStdout>>,
    pub addr: SocketAddr,
}

impl Server {
    pub fn start(name: &str) -> Server {
        Server::start_with(name, &[])
    }

    pub fn start_with(name: &str, arguments: &[&str]) -> Server {
        let mut command = example(name);
        command.args(arguments);
        Server::start_by(command)
    }

    pub fn start_by(mut command: Command) -> Server {
        let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        let mut server = Server { process, output: Some(output), addr: ([0; 4], 0).into() };
        let line = server.next_line();
        let addr = line.trim_end().strip_prefix("listening on ").expect("it says where it listens");
        server.addr = addr.parse().unwrap();
        server
    }

    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.addr).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// The next line that it prints.
    pub fn next_line(&mut self) -> String {
        let mut output = self.output.take().unwrap();
        let (line, output) = in_time("a line of the example", move || {
            let mut line = String::new();
            output.read_line(&mut line).map(|_| (line, output)).unwrap()
        });
        self.output = Some(output);
        line
    }

    /// Does what a Ctrl-C in its terminal does.
    pub fn interrupt(&mut self) {
        let kill = Command::new("sh").args(["-c", &format!("kill -INT {}", self.process.id())]).status().unwrap();
        assert!(kill.success());
    }

    /// Waits until it has ended by itself, and gives what else it has printed.
    pub fn end(mut self) -> (ExitStatus, String) {
        let mut output = self.output.take().unwrap();
        let text = in_time("the end of the example", move || {
            let mut text = String::new();
            output.read_to_string(&mut text).map(|_| text).unwrap()
        });
        (self.process.wait().unwrap(), text)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ended = self.process.kill();
        self.process.wait().unwrap();
    }
}

/// A member of a chat room, by the address that the server knows.
pub struct Member {
    pub lines: BufReader<TcpStream>,
    pub name: SocketAddr,
}

impl Member {
    pub fn join(server: &Server) -> Member {
        let stream = server.connect();
        Member { name: stream.local_addr().unwrap(), lines: BufReader::new(stream) }
    }

    pub fn say(&mut self, line: &str) {
        self.lines.get_mut().write_all(format!("{line}\n").as_bytes()).unwrap();
    }

    /// The next line without its end, which is nothing when the server has hung up.
    pub fn hear(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        line.strip_suffix('\n').unwrap_or(&line).to_owned()
    }
}
