use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};

use crate::sys::{Epoll, Events, READABLE};
use crate::wire;

const LISTENER: u64 = u64::MAX;
const STDIN: u64 = u64::MAX - 1;

/// Sends back the messages of all connections, until standard input ends. If `once`, each is closed after one message.
pub fn serve(once: bool) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    println!("listening {}", listener.local_addr().unwrap());
    let (epoll, mut events) = (Epoll::new(), Events::new());
    epoll.add(&listener, LISTENER, READABLE);
    epoll.add(&io::stdin(), STDIN, READABLE);
    let mut connections: HashMap<u64, (TcpStream, u64)> = HashMap::new();
    let mut accepted = 0;
    let mut stopped = false;
    while !stopped {
        epoll.wait(&mut events, None);
        for token in events.tokens() {
            match token {
                STDIN => stopped = true,
                LISTENER => {
                    let (stream, _) = listener.accept().unwrap();
                    stream.set_nodelay(true).unwrap();
                    epoll.add(&stream, accepted, READABLE);
                    connections.insert(accepted, (stream, 0));
                    accepted += 1;
                }
                _ => {
                    let (stream, messages) = connections.get_mut(&token).expect("it is there until it is closed");
                    if !send_back(stream, messages) || once {
                        connections.remove(&token);
                    }
                }
            }
        }
    }
}

/// Whether there was a message.
fn send_back(stream: &mut TcpStream, messages: &mut u64) -> bool {
    let mut buffer = [0; wire::MESSAGE];
    // A client that closes with our end of the stream unread resets the connection.
    let length = stream.read(&mut buffer).unwrap_or(0);
    if length == 0 {
        return false;
    }
    wire::check_message(&buffer[..length], *messages);
    assert_eq!(stream.write(&buffer).unwrap(), wire::MESSAGE);
    *messages += 1;
    true
}
