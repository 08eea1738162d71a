//! What goes over the connections, so that both sides can check it.

/// The length of a message: the number of its connection, its own number on the connection, and a pattern.
pub const MESSAGE: usize = 64;

/// The room for a message: more than it takes, as usual, so that a runtime can tell that it was all there is.
pub const ROOM: usize = 1024;

/// The length of a piece of bulk data.
pub const PIECE: usize = 64 * 1024;

/// Fills in the message with this number.
pub fn write_message(buffer: &mut [u8], connection: u64, number: u64) {
    buffer[..8].copy_from_slice(&connection.to_le_bytes());
    buffer[8..16].copy_from_slice(&number.to_le_bytes());
    buffer[16..MESSAGE].fill(pattern(connection, number));
}

/// Panics unless `buffer` is the message with this number, of whichever connection. Returns the connection.
pub fn check_message(buffer: &[u8], number: u64) -> u64 {
    assert_eq!(buffer.len(), MESSAGE, "a message came in parts");
    let word = |at: usize| u64::from_le_bytes(buffer[at..at + 8].try_into().expect("8 bytes"));
    let connection = word(0);
    assert_eq!(word(8), number, "a message was lost, or came twice");
    assert_eq!(word(MESSAGE - 8), u64::from_le_bytes([pattern(connection, number); 8]), "a message was damaged");
    connection
}

/// The length of a datagram, as of a QUIC packet.
pub const DATAGRAM: usize = 1200;

/// How many datagrams are under way before the receiver answers: few enough for the receive buffer of a socket, so that none
/// is lost, and for one buffer that the kernel cuts up.
pub const WINDOW: usize = 48;

/// Fills in the datagram with this number.
pub fn write_datagram(buffer: &mut [u8], number: u64) {
    buffer[..8].copy_from_slice(&number.to_le_bytes());
    buffer[8..DATAGRAM].fill(pattern(0, number));
}

/// Panics unless `buffer` is the datagram with this number.
pub fn check_datagram(buffer: &[u8], number: u64) {
    assert_eq!(buffer.len(), DATAGRAM, "a datagram has the wrong length");
    let word = |at: usize| u64::from_le_bytes(buffer[at..at + 8].try_into().expect("8 bytes"));
    assert_eq!(word(0), number, "a datagram was lost, or came in the wrong order");
    assert_eq!(word(DATAGRAM - 8), u64::from_le_bytes([pattern(0, number); 8]), "a datagram was damaged");
}

/// The answer to a window: the number of the datagram that is to come next.
pub fn answer(next: u64) -> [u8; 8] {
    next.to_le_bytes()
}

/// Panics unless `buffer` answers all before the datagram with this number.
pub fn check_answer(buffer: &[u8], next: u64) {
    assert_eq!(buffer, next.to_le_bytes(), "an answer is to another window");
}

/// What is asked of the HTTP server, and how its answer ends.
pub const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
pub const HELLO: &str = "Hello, world!";

/// Panics unless `buffer` is a whole answer to the request.
pub fn check_response(buffer: &[u8]) {
    assert!(buffer.starts_with(b"HTTP/1.1 200 OK\r\n"), "the request has failed");
    let (head, body) = buffer.split_at(buffer.len() - HELLO.len());
    assert!(head.ends_with(b"\r\n\r\n") && body == HELLO.as_bytes(), "a response was damaged, or came in parts");
}

fn pattern(connection: u64, number: u64) -> u8 {
    (connection * 7 + number) as u8
}

/// A piece of bulk data. All are the same, and each byte tells its place in one.
pub fn piece() -> Vec<u8> {
    (0..PIECE).map(|at| at as u8).collect()
}

/// Panics unless `buffer` can stand at `offset` of the bulk data.
pub fn check_bulk(buffer: &[u8], offset: u64) {
    let check = |at: usize| assert_eq!(buffer[at], (offset + at as u64) as u8, "bulk data was damaged");
    check(0);
    check(buffer.len() - 1);
}
