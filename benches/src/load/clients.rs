use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use crate::sys::{Epoll, Events, READABLE};
use crate::wire;

/// One side of a connection that asks and is answered, once at a time.
trait Asks {
    fn stream(&self) -> &TcpStream;

    fn send(&mut self);

    fn receive(&mut self);
}

/// A connection on which one message is under way.
struct Client {
    stream: TcpStream,
    connection: u64,
    messages: u64,
}

impl Client {
    fn connect(address: SocketAddr, connection: u64) -> Client {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        Client { stream, connection, messages: 0 }
    }
}

impl Asks for Client {
    fn stream(&self) -> &TcpStream {
        &self.stream
    }

    fn send(&mut self) {
        let mut buffer = [0; wire::MESSAGE];
        wire::write_message(&mut buffer, self.connection, self.messages);
        assert_eq!(self.stream.write(&buffer).unwrap(), wire::MESSAGE);
    }

    fn receive(&mut self) {
        let mut buffer = [0; wire::MESSAGE];
        let length = self.stream.read(&mut buffer).unwrap();
        assert_eq!(wire::check_message(&buffer[..length], self.messages), self.connection);
        self.messages += 1;
    }
}

/// A connection on which one request of HTTP is under way.
struct HttpClient {
    stream: TcpStream,
}

impl Asks for HttpClient {
    fn stream(&self) -> &TcpStream {
        &self.stream
    }

    fn send(&mut self) {
        assert_eq!(self.stream.write(wire::REQUEST).unwrap(), wire::REQUEST.len());
    }

    fn receive(&mut self) {
        let mut buffer = [0; wire::ROOM];
        let length = self.stream.read(&mut buffer).unwrap();
        wire::check_response(&buffer[..length]);
    }
}

/// Exchanges `messages` messages over `connections` connections, one at a time on each.
pub fn talk(address: SocketAddr, connections: u64, messages: u64) {
    exchange((0..connections).map(|number| Client::connect(address, number)).collect(), messages);
}

/// Makes `requests` requests of HTTP over `connections` connections, one at a time on each.
pub fn ask(address: SocketAddr, connections: u64, requests: u64) {
    let client = |number| HttpClient { stream: Client::connect(address, number).stream };
    exchange((0..connections).map(client).collect(), requests);
}

fn exchange(mut clients: Vec<impl Asks>, messages: u64) {
    let (epoll, mut events) = (Epoll::new(), Events::new());
    for (client, token) in clients.iter().zip(0..) {
        epoll.add(client.stream(), token, READABLE);
    }
    let mut sent = 0;
    for client in clients.iter_mut().take(messages as usize) {
        client.send();
        sent += 1;
    }
    let mut received = 0;
    while received < messages {
        epoll.wait(&mut events, None);
        for token in events.tokens() {
            let client = &mut clients[token as usize];
            client.receive();
            received += 1;
            if sent < messages {
                client.send();
                sent += 1;
            }
        }
    }
}

/// Opens `visits` connections, of which `at_once` are there at a time, exchanges one message on each and closes it.
pub fn visit(address: SocketAddr, at_once: u64, visits: u64) {
    let (epoll, mut events) = (Epoll::new(), Events::new());
    let mut opened = 0;
    let mut open = |place: u64| {
        (opened < visits).then(|| {
            let mut client = Client::connect(address, opened);
            opened += 1;
            epoll.add(&client.stream, place, READABLE);
            client.send();
            client
        })
    };
    let mut clients: Vec<Option<Client>> = (0..at_once).map(&mut open).collect();
    while clients.iter().any(Option::is_some) {
        epoll.wait(&mut events, None);
        for place in events.tokens() {
            clients[place as usize].take().expect("it was there to be ready").receive();
            clients[place as usize] = open(place);
        }
    }
}

/// Opens `connections` connections, exchanges one message on each, and waits until the server closes them.
pub fn idle(address: SocketAddr, connections: u64) {
    let mut clients = Vec::new();
    for number in 0..connections {
        let mut client = Client::connect(address, number);
        client.send();
        client.receive();
        clients.push(client);
    }
    for mut client in clients {
        // The end of the server's process may reset the connection instead of closing it.
        assert_eq!(client.stream.read(&mut [0; 1]).unwrap_or(0), 0);
    }
}
