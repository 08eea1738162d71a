use std::io::{Read, Write};
use std::net::TcpStream;

use crate::floor::server::Answers;
use crate::wire;

/// A connection and what it needs: its buffer, and how many messages have gone over it.
///
/// The descriptor may block: what epoll calls readable does not, nor does a short write to a peer that reads.
pub struct Connection {
    pub stream: TcpStream,
    messages: u64,
    buffer: [u8; wire::MESSAGE],
}

impl Connection {
    pub fn send(&mut self, connection: u64) {
        wire::write_message(&mut self.buffer, connection, self.messages);
        assert_eq!(self.stream.write(&self.buffer).unwrap(), wire::MESSAGE);
    }

    /// Takes the message that has come back. Returns how many that makes.
    pub fn receive(&mut self, connection: u64) -> u64 {
        let length = self.stream.read(&mut self.buffer).unwrap();
        assert_eq!(wire::check_message(&self.buffer[..length], self.messages), connection);
        self.messages += 1;
        self.messages
    }
}

/// Each message is sent back.
impl Answers for Connection {
    fn new(stream: TcpStream) -> Connection {
        Connection { stream, messages: 0, buffer: [0; wire::MESSAGE] }
    }

    #[inline(always)]
    fn answer(&mut self) -> bool {
        let length = self.stream.read(&mut self.buffer).unwrap();
        if length == 0 {
            return false;
        }
        wire::check_message(&self.buffer[..length], self.messages);
        assert_eq!(self.stream.write(&self.buffer).unwrap(), wire::MESSAGE);
        self.messages += 1;
        true
    }
}
