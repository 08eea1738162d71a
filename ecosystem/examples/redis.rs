//! Redis by the crate `redis`: a pipeline, and subscriptions that come on the same connection.
//!
//! ```text
//! cargo run -p epore-ecosystem --example redis -- 127.0.0.1:6379
//! ```

#![forbid(unsafe_code)]

use std::env;
use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use epore::net::TcpStream;
use epore::time::timeout;
use futures::StreamExt;
use futures::channel::mpsc;
use futures::future::try_join_all;
use redis::aio::{MultiplexedConnection, SendError};
use redis::{AsyncCommands, AsyncConnectionConfig, Msg, ProtocolVersion, PushInfo, PushKind, RedisConnectionInfo};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// How long an answer may take. The crate's own limit asks for another runtime's clock, so it is switched off below.
const PATIENCE: Duration = Duration::from_secs(10);

fn main() -> ExitCode {
    let address = env::args().nth(1).unwrap_or_else(|| "127.0.0.1:6379".to_owned());
    match epore::block_on(async { timeout(PATIENCE, run(&address)).await? }) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(address: &str) -> Result<()> {
    let (mut connection, mut pushes) = connect(address).await?;
    let before: Option<String> = connection.get("epore:greeting").await?;
    println!("the greeting was {before:?}");

    let (count, list): (u64, Vec<u64>) = redis::pipe()
        .atomic()
        .set("epore:greeting", "hello")
        .ignore()
        .del("epore:list")
        .ignore()
        .rpush("epore:list", &[1, 2, 3])
        .lrange("epore:list", 0, -1)
        .query_async(&mut connection)
        .await?;
    println!("a list of {count}: {list:?}");

    connection.del::<_, ()>("epore:counter").await?;
    let counts = (0..100).map(|_| {
        let mut connection = connection.clone();
        async move { connection.incr::<_, _, u64>("epore:counter", 1).await }
    });
    let counts = try_join_all(counts).await?;
    println!("a hundred tasks on one connection counted to {}", counts.iter().max().unwrap_or(&0));

    connection.subscribe("epore:news").await?;
    let listeners: u64 = connection.publish("epore:news", "it rains").await?;
    println!("{listeners} listens to the news");
    while let Some(push) = pushes.next().await {
        if push.kind == PushKind::Disconnection {
            return Err("the server has closed the connection".into());
        }
        if let Some(message) = Msg::from_push_info(push) {
            println!("news: {}", message.get_payload::<String>()?);
            break;
        }
    }
    redis::cmd("DEL").arg(&["epore:greeting", "epore:list", "epore:counter"]).exec_async(&mut connection).await?;
    Ok(())
}

/// Connects, and has a task move the bytes. What the server sends unasked comes by the channel.
async fn connect(address: &str) -> Result<(MultiplexedConnection, mpsc::UnboundedReceiver<PushInfo>)> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (sender, pushes) = mpsc::unbounded();
    let config = AsyncConnectionConfig::new()
        .set_response_timeout(None)
        .set_push_sender(move |push| sender.unbounded_send(push).map_err(|_| SendError));
    let info = RedisConnectionInfo::default().set_protocol(ProtocolVersion::RESP3);
    let (connection, driver) = MultiplexedConnection::new_with_config(&info, stream, config).await?;
    epore::spawn(driver);
    Ok((connection, pushes))
}
