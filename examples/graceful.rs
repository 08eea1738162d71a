//! A server that ends in good order: the first Ctrl-C stops it from accepting, and lets it finish what it is at, within a
//! deadline. The second kills it.
//!
//! cargo run --example graceful -- 127.0.0.1:7000
//!
//! Each line is a piece of work, as many milliseconds long as it says: try `nc 127.0.0.1 7000`, 3000, and Ctrl-C here.

#![forbid(unsafe_code)]

use std::time::Duration;
use std::{env, io, process};

use epore::TaskGroup;
use epore::io::BufReader;
use epore::net::{TcpListener, TcpStream};
use epore::signal::shutdown_signal;
use epore::time::sleep;

/// How long what is under way may still take.
const DEADLINE: Duration = Duration::from_secs(5);

/// Is asked to stop between two pieces of work, never within one.
async fn work(stream: &TcpStream, group: &TaskGroup) -> io::Result<()> {
    let mut lines = BufReader::new(stream).lines();
    while let Some(line) = group.run_until_cancelled(lines.next_line()).await {
        let Some(line) = line? else { return Ok(()) };
        let millis = line.trim().parse().map_err(|error| io::Error::other(format!("`{line}`: {error}")))?;
        sleep(Duration::from_millis(millis)).await;
        stream.write_all(format!("done after {millis} ms\n").as_bytes()).await?;
    }
    stream.write_all(b"goodbye\n").await
}

async fn accept(listener: TcpListener, group: TaskGroup) {
    while let Some(accepted) = group.run_until_cancelled(listener.accept()).await {
        match accepted {
            Ok((stream, peer)) => {
                let members = group.clone();
                group.spawn(async move {
                    if let Err(error) = work(&stream, &members).await {
                        eprintln!("{peer}: {error}");
                    }
                });
            }
            Err(error) => eprintln!("{error}"),
        }
    }
}

fn main() {
    let addr = env::args().nth(1).unwrap_or_else(|| "127.0.0.1:0".to_owned());
    let result: io::Result<()> = epore::block_on(async {
        let (listener, group, shutdown) = (TcpListener::bind(addr).await?, TaskGroup::new(), shutdown_signal());
        println!("listening on {}", listener.local_addr()?);
        group.spawn(accept(listener, group.clone()));
        shutdown.await?;
        // One of the group is the task that accepts.
        println!("connections to finish: {}; Ctrl-C again kills", group.len().saturating_sub(1));
        println!("cut off: {}", group.shutdown(DEADLINE).await);
        Ok(())
    });
    if let Err(error) = result {
        eprintln!("error: {error}");
        process::exit(1);
    }
}
