//! The example `postgres`, and a database that goes away.

#![forbid(unsafe_code)]

mod support;

use std::future::poll_fn;
use std::pin::pin;

use epore::net::TcpStream;
use futures::future::{Either, select};
use support::server::Foreign;
use support::{example, run_future};
use tokio_postgres::{AsyncMessage, Config, NoTls};

#[test]
fn the_example_queries_cancels_and_hears_the_news() {
    let Some(server) = Foreign::postgres() else { return };
    let config = format!("host={} port={} user=postgres", server.addr.ip(), server.addr.port());
    let output = example("postgres").arg(config).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    let expected = "plum: 40 g\napple: 150 g\nmelon: 2000 g\n\
                    a hundred squares, all asked for at once: 338350\na long query was cancelled\nnews: it rains\n";
    assert_eq!(text, expected);
}

#[test]
fn the_example_says_that_there_is_no_server() {
    let output = example("postgres").arg("host=127.0.0.1 port=1 user=postgres").output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("127.0.0.1:1: Connection refused"), "{error}");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn a_database_that_dies_in_the_middle_of_a_query_is_an_error_of_the_query_and_of_the_connection() {
    let Some(mut server) = Foreign::postgres() else { return };
    let addr = server.addr;
    run_future(async move {
        let mut config = Config::new();
        config.user("postgres");
        let stream = TcpStream::connect(addr).await.unwrap();
        let (client, mut connection) = config.connect_raw(stream, NoTls).await.unwrap();
        let begun = poll_fn(|cx| connection.poll_message(cx));
        let query = client.batch_execute("DO $$ BEGIN RAISE NOTICE 'begun'; PERFORM pg_sleep(60); END $$");
        let mut query = pin!(query);
        let Either::Left((Some(Ok(AsyncMessage::Notice(notice))), _)) = select(begun, query.as_mut()).await else {
            panic!("the query says first that it has begun");
        };
        assert_eq!(notice.message(), "begun");
        let killed = epore::spawn_blocking(move || server.kill());
        let connection = epore::spawn(connection);
        let error = query.await.unwrap_err();
        // Before it dies it may say so.
        assert!(error.is_closed() || error.as_db_error().is_some(), "{error:?}");
        // Which of the two it says depends on how it dies.
        let _terminated_or_closed = connection.await.unwrap();
        assert!(client.is_closed());
        assert!(client.execute("SELECT 1", &[]).await.unwrap_err().is_closed());
        killed.await.unwrap();
    });
}
