//! Copying from stream to stream, and buffers around streams.
//!
//! A stream has its own methods to read and write, so there are no traits to import. What this module adds takes a
//! [`Stream`](crate::net::Stream) or a half of one, owned or borrowed: whatever is [`AsRef`] of a stream.
//!
//! ```
//! use epore::io::{BufReader, copy_bidirectional};
//! use epore::net::{TcpListener, TcpStream};
//!
//! # epore::block_on(async {
//! # let server = TcpListener::bind("127.0.0.1:0").await?;
//! # let listener = TcpListener::bind("127.0.0.1:0").await?;
//! # let client = TcpStream::connect(listener.local_addr()?).await?;
//! # client.write_all(b"hello\n").await?;
//! # client.shutdown().await?;
//! # let server_addr = server.local_addr()?;
//! # let backend = epore::spawn(async move {
//! #     let (stream, _) = server.accept().await?;
//! let mut lines = BufReader::new(stream).lines();
//! while let Some(line) = lines.next_line().await? {
//!     assert_eq!(line, "hello");
//! }
//! #     epore::io::Result::Ok(())
//! # });
//!
//! let (inbound, _) = listener.accept().await?;
//! let outbound = TcpStream::connect(server_addr).await?;
//! assert_eq!(copy_bidirectional(&inbound, &outbound).await?, (6, 0));
//! # backend.await.unwrap()?;
//! # Ok::<(), std::io::Error>(())
//! # }).unwrap();
//! ```

mod buf_reader;
mod buf_writer;
mod copy;
mod copy_bidirectional;
mod delimited;
mod lines;

pub use std::io::{Error, ErrorKind, Result};

pub use buf_reader::BufReader;
pub use buf_writer::BufWriter;
pub use copy::copy;
pub use copy_bidirectional::copy_bidirectional;
pub use lines::Lines;

pub use crate::reactor::{Interest, Ready};
