//! The example `redis`, and a server that goes away.

#![forbid(unsafe_code)]

mod support;

use std::net::SocketAddr;

use epore::net::TcpStream;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, RedisConnectionInfo, RedisResult};
use support::server::Foreign;
use support::{example, run_future};

#[test]
fn the_example_pipelines_shares_a_connection_and_hears_the_news() {
    let Some(server) = Foreign::redis() else { return };
    for _ in 0..2 {
        let output = example("redis").arg(server.addr.to_string()).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
        let expected = "the greeting was None\na list of 3: [1, 2, 3]\n\
                        a hundred tasks on one connection counted to 100\n1 listens to the news\nnews: it rains\n";
        assert_eq!(text, expected);
    }
}

#[test]
fn the_example_says_that_there_is_no_server() {
    let output = example("redis").arg("127.0.0.1:1").output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("127.0.0.1:1: Connection refused"), "{error}");
    assert_eq!(output.status.code(), Some(1));
}

async fn connect(addr: SocketAddr) -> MultiplexedConnection {
    let stream = TcpStream::connect(addr).await.unwrap();
    let config = AsyncConnectionConfig::new().set_response_timeout(None);
    let info = RedisConnectionInfo::default();
    let (connection, driver) = MultiplexedConnection::new_with_config(&info, stream, config).await.unwrap();
    epore::spawn(driver);
    connection
}

#[test]
fn a_server_that_closes_ends_the_commands_that_wait() {
    let Some(mut server) = Foreign::redis() else { return };
    let addr = server.addr;
    run_future(async move {
        let mut waiting = connect(addr).await;
        let pop = epore::spawn(async move {
            redis::cmd("BLPOP").arg("epore:nothing").arg(0).query_async::<redis::Value>(&mut waiting).await
        });
        let mut other = connect(addr).await;
        let mut clients = String::new();
        while !clients.contains("cmd=blpop") {
            clients = redis::cmd("CLIENT").arg("LIST").query_async(&mut other).await.unwrap();
        }
        let killed = epore::spawn_blocking(move || server.kill());
        assert!(pop.await.unwrap().unwrap_err().is_connection_dropped());
        let ping: RedisResult<String> = redis::cmd("PING").query_async(&mut other).await;
        assert!(ping.unwrap_err().is_connection_dropped());
        killed.await.unwrap();
    });
}
