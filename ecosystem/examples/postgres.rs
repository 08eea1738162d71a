//! PostgreSQL by tokio-postgres, which takes any stream that has tokio's I/O traits.
//!
//! ```text
//! cargo run -p epore-ecosystem --example postgres -- "host=127.0.0.1 user=postgres dbname=postgres"
//! cargo run -p epore-ecosystem --example postgres -- "host=/var/run/postgresql user=postgres"
//! ```

#![forbid(unsafe_code)]

use std::env;
use std::error::Error;
use std::future::poll_fn;
use std::process::ExitCode;
use std::time::Duration;

use epore::net::{TcpStream, UnixStream};
use epore::time::sleep;
use futures::StreamExt;
use futures::channel::mpsc;
use futures::future::try_join_all;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_postgres::config::Host;
use tokio_postgres::error::SqlState;
use tokio_postgres::{AsyncMessage, Client, Config, NoTls};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// A stream to the server, of either family.
trait Wire: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Wire for T {}

fn main() -> ExitCode {
    let config = env::args().nth(1).unwrap_or_else(|| "host=127.0.0.1 user=postgres".to_owned());
    match epore::block_on(run(&config)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let source = error.source().map(|source| format!(": {source}")).unwrap_or_default();
            eprintln!("error: {error}{source}");
            ExitCode::FAILURE
        }
    }
}

async fn run(config: &str) -> Result<()> {
    let config: Config = config.parse()?;
    let (mut client, mut notices) = connect(&config).await?;

    client.batch_execute("CREATE TEMPORARY TABLE fruit (name TEXT PRIMARY KEY, weight INT)").await?;
    let transaction = client.transaction().await?;
    for (name, weight) in [("apple", 150), ("plum", 40), ("melon", 2000)] {
        transaction.execute("INSERT INTO fruit VALUES ($1, $2)", &[&name, &weight]).await?;
    }
    transaction.commit().await?;
    let given_up = client.transaction().await?;
    given_up.execute("DELETE FROM fruit", &[]).await?;
    given_up.rollback().await?;
    for row in client.query("SELECT name, weight FROM fruit ORDER BY weight", &[]).await? {
        println!("{}: {} g", row.get::<_, &str>(0), row.get::<_, i32>(1));
    }

    let statement = client.prepare("SELECT $1::INT * $1::INT").await?;
    let squares = (1..=100).map(|number: i32| {
        let (client, statement) = (&client, &statement);
        async move { client.query_one(statement, &[&number]).await.map(|row| row.get::<_, i32>(0)) }
    });
    println!("a hundred squares, all asked for at once: {}", try_join_all(squares).await?.iter().sum::<i32>());

    let token = client.cancel_token();
    let cancel = epore::spawn(async move {
        sleep(Duration::from_millis(100)).await;
        token.cancel_query_raw(wire(&config).await.expect("it could be reached before"), NoTls).await
    });
    match client.execute("SELECT pg_sleep(60)", &[]).await {
        Err(error) if error.code() == Some(&SqlState::QUERY_CANCELED) => println!("a long query was cancelled"),
        other => println!("a long query ended otherwise: {other:?}"),
    }
    cancel.await??;

    client.batch_execute("LISTEN news; NOTIFY news, 'it rains'").await?;
    match notices.next().await {
        Some(AsyncMessage::Notification(news)) => println!("{}: {}", news.channel(), news.payload()),
        other => return Err(format!("instead of the news came {other:?}").into()),
    }
    Ok(())
}

/// Connects, and has a task move the bytes. What the server sends unasked comes by the channel.
async fn connect(config: &Config) -> Result<(Client, mpsc::UnboundedReceiver<AsyncMessage>)> {
    let (client, mut connection) = config.connect_raw(wire(config).await?, NoTls).await?;
    let (sender, notices) = mpsc::unbounded();
    epore::spawn(async move {
        // An error of the connection is told to the queries that wait, too.
        while let Some(Ok(message)) = poll_fn(|cx| connection.poll_message(cx)).await {
            let _nobody_listens = sender.unbounded_send(message);
        }
    });
    Ok((client, notices))
}

async fn wire(config: &Config) -> Result<Box<dyn Wire>> {
    let port = config.get_ports().first().copied().unwrap_or(5432);
    Ok(match config.get_hosts().first() {
        Some(Host::Tcp(host)) => Box::new(TcpStream::connect((host.as_str(), port)).await?),
        Some(Host::Unix(folder)) => Box::new(UnixStream::connect(folder.join(format!(".s.PGSQL.{port}"))).await?),
        None => return Err("the configuration names no host".into()),
    })
}
