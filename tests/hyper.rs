//! hyper's client and server, unchanged.

#![forbid(unsafe_code)]

mod support;

use std::convert::Infallible;
use std::error::Error;
use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::process::Command;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use epore::JoinHandle;
use epore::net::stream::{Stream, StreamSocket};
use epore::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use epore::time::{advance, now, pause};
use futures::channel::oneshot;
use futures::future::{Either, select, try_join_all};
use futures::stream;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Body, Frame, Incoming};
use hyper::client::conn::http1::SendRequest;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use support::polls::run;
use support::tcp::pattern;
use support::unix::abstract_path;
use support::{PATIENCE, program};

type Result<T = ()> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

const LARGE: usize = 8 << 20;

/// How long a client is borne with that is to be timed out.
const SHORT: Duration = Duration::from_millis(50);

/// Echoes what is posted. What is asked for is `hello`, or, as `/chunks`, many pieces of a body of no stated length.
async fn answer(request: Request<Incoming>) -> Result<Response<BoxBody<Bytes, hyper::Error>>> {
    let body = match (request.method(), request.uri().path()) {
        (&Method::POST, _) => request.into_body().boxed(),
        (_, "/") => whole("hello"),
        (_, "/chunks") => {
            let chunks = (0..1000).map(|chunk| Ok(Frame::data(Bytes::from(format!("{chunk},")))));
            StreamBody::new(stream::iter(chunks)).boxed()
        }
        _ => {
            let mut response = Response::new(whole("not here"));
            *response.status_mut() = StatusCode::NOT_FOUND;
            return Ok(response);
        }
    };
    Ok(Response::new(body))
}

fn whole(content: impl Into<Bytes>) -> BoxBody<Bytes, hyper::Error> {
    Full::new(content.into()).map_err(|never: Infallible| match never {}).boxed()
}

/// How the server was left by a client.
type Ended = std::result::Result<(), hyper::Error>;

fn serve<S: StreamSocket + Unpin>(stream: Stream<S>) -> JoinHandle<Ended> {
    serve_within(PATIENCE, stream)
}

/// Serves a client that leaves the server waiting for the head of a request no longer than that.
fn serve_within<S: StreamSocket + Unpin>(limit: Duration, stream: Stream<S>) -> JoinHandle<Ended> {
    let mut server = hyper::server::conn::http1::Builder::new();
    server.timer(epore::hyper::Timer).header_read_timeout(limit);
    epore::spawn(server.serve_connection(stream, service_fn(answer)))
}

async fn listen() -> io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let addr = listener.local_addr()?;
    Ok((listener, addr))
}

/// A connection between a client and a server, and the server's task.
async fn connection<B>() -> Result<(SendRequest<B>, JoinHandle<Ended>)>
where
    B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + 'static,
{
    let (listener, addr) = listen().await?;
    let (client, accepted) = futures::future::try_join(TcpStream::connect(addr), listener.accept()).await?;
    let served = serve(accepted.0);
    let (sender, connection) = hyper::client::conn::http1::handshake(client).await?;
    drop(epore::spawn(connection));
    Ok((sender, served))
}

fn get(path: &str) -> Request<Full<Bytes>> {
    Request::get(path).header("host", "localhost").body(Full::default()).expect("a request")
}

/// Sends a request once the connection is ready for it, which it may not be yet when the last answer has been read.
async fn send<B>(client: &mut SendRequest<B>, request: Request<B>) -> hyper::Result<Response<Incoming>>
where
    B: Body + 'static,
{
    client.ready().await?;
    client.send_request(request).await
}

async fn text(response: Response<Incoming>) -> Result<Vec<u8>> {
    Ok(response.into_body().collect().await?.to_bytes().to_vec())
}

#[test]
fn one_connection_serves_many_requests() -> Result {
    run(async {
        let (mut client, served) = connection().await?;
        for _ in 0..500 {
            let response = send(&mut client, get("/")).await?;
            assert_eq!(response.status(), StatusCode::OK);
            assert_eq!(text(response).await?, b"hello");
        }
        assert_eq!(send(&mut client, get("/nowhere")).await?.status(), StatusCode::NOT_FOUND);
        drop(client);
        served.await??;
        Ok(())
    })
}

#[test]
fn large_bodies_go_both_ways_at_once() -> Result {
    run(async {
        let (mut client, _served) = connection().await?;
        let sent = pattern(LARGE);
        for _ in 0..3 {
            let request = Request::post("/").body(Full::new(Bytes::from(sent.clone())))?;
            let response = send(&mut client, request).await?;
            assert!(text(response).await? == sent);
        }
        Ok(())
    })
}

#[test]
fn chunks_go_both_ways() -> Result {
    run(async {
        let (mut client, _served) = connection().await?;
        let expected: String = (0..1000).map(|chunk| format!("{chunk},")).collect();
        let response = send(&mut client, Request::get("/chunks").body(whole(""))?).await?;
        assert_eq!(response.headers()["transfer-encoding"], "chunked");
        assert_eq!(text(response).await?, expected.as_bytes());

        let chunks = (0..1000).map(|chunk| Ok(Frame::data(Bytes::from(format!("{chunk},")))));
        let body = StreamBody::new(stream::iter(chunks)).boxed();
        let response = send(&mut client, Request::post("/").body(body)?).await?;
        assert_eq!(text(response).await?, expected.as_bytes());
        Ok(())
    })
}

#[test]
fn many_connections_are_served_at_once() -> Result {
    run(async {
        let clients = (0..50).map(async |_| {
            let (mut client, _served) = connection().await?;
            for _ in 0..20 {
                let response = send(&mut client, get("/")).await?;
                assert_eq!(text(response).await?, b"hello");
            }
            Result::Ok(())
        });
        try_join_all(clients).await?;
        Ok(())
    })
}

#[test]
fn a_unix_socket_serves_as_well() -> Result {
    run(async {
        let path = abstract_path();
        let listener = UnixListener::bind(&path)?;
        let (client, accepted) = futures::future::try_join(UnixStream::connect(&path), listener.accept()).await?;
        let served = serve(accepted.0);
        let (mut client, connection) = hyper::client::conn::http1::handshake(client).await?;
        drop(epore::spawn(connection));
        let sent = Bytes::from(pattern(LARGE));
        for _ in 0..3 {
            let request = Request::post("/").body(Full::new(sent.clone()))?;
            assert!(text(send(&mut client, request).await?).await? == sent);
            assert_eq!(text(send(&mut client, get("/")).await?).await?, b"hello");
        }
        drop(client);
        served.await??;
        Ok(())
    })
}

#[test]
fn a_client_that_sends_no_request_is_timed_out() -> Result {
    run(async {
        let (listener, addr) = listen().await?;
        let mut idle = std::net::TcpStream::connect(addr)?;
        idle.write_all(b"GET / HTTP/1.1\r\n")?;
        let served = serve_within(SHORT, listener.accept().await?.0);
        assert!(served.await?.unwrap_err().is_timeout());
        let mut reply = Vec::new();
        idle.read_to_end(&mut reply)?;
        Ok(())
    })
}

/// The timer is moved for each request of a connection.
#[test]
fn a_client_that_falls_silent_after_a_request_is_timed_out() -> Result {
    run(async {
        let (listener, addr) = listen().await?;
        let mut client = std::net::TcpStream::connect(addr)?;
        client.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\nGET / HTTP/1.1\r\n")?;
        let served = serve_within(SHORT, listener.accept().await?.0);
        assert!(served.await?.unwrap_err().is_timeout());
        let mut reply = Vec::new();
        client.read_to_end(&mut reply)?;
        assert!(reply.starts_with(b"HTTP/1.1 200 OK\r\n"));
        Ok(())
    })
}

#[test]
fn a_client_that_leaves_in_the_middle_ends_its_connection_alone() -> Result {
    run(async {
        let (listener, addr) = listen().await?;
        let mut leaving = std::net::TcpStream::connect(addr)?;
        leaving.write_all(b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000\r\n\r\nonly this")?;
        let left = serve(listener.accept().await?.0);
        let (mut other, _served) = connection().await?;
        drop(leaving);
        left.await?.unwrap_err();
        assert_eq!(text(send(&mut other, get("/")).await?).await?, b"hello");
        Ok(())
    })
}

/// Runs the server in a thread while `client` runs here.
fn beside_a_server(client: impl FnOnce(SocketAddr)) {
    let (announce, announced) = mpsc::channel();
    let (stop, stopped) = oneshot::channel::<()>();
    let server = thread::spawn(move || {
        let _storm = storm::begin();
        epore::block_on(async move {
            let (listener, addr) = listen().await.unwrap();
            announce.send(addr).unwrap();
            let accept = async {
                loop {
                    drop(serve(listener.accept().await.unwrap().0));
                }
            };
            match select(Box::pin(accept), stopped).await {
                Either::Left(((), _)) => {}
                Either::Right((told, _)) => told.unwrap(),
            }
        });
    });
    client(announced.recv().unwrap());
    stop.send(()).unwrap();
    server.join().unwrap();
}

fn output(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn curl_is_served() {
    let Some(curl) = program("curl") else { return };
    beside_a_server(|addr| {
        let limit = PATIENCE.as_secs().to_string();
        let curl = || {
            let mut command = Command::new(&curl);
            command.args(["--silent", "--show-error", "--fail", "--noproxy", "*", "--max-time", &limit]);
            command
        };
        let url = format!("http://{addr}");
        assert_eq!(output(curl().arg(&url)), "hello");
        assert_eq!(output(curl().args([&url, &url, &url])), "hello".repeat(3));
        let posted = "posted ".repeat(10_000);
        assert_eq!(output(curl().args(["--data", &posted, &url])), posted);
        assert!(output(curl().arg(format!("{url}/chunks"))).ends_with(",998,999,"));
    });
}

#[test]
fn wrk_meets_no_error() {
    let Some(wrk) = program("wrk") else { return };
    beside_a_server(|addr| {
        let report = output(Command::new(&wrk).args(["-t1", "-c20", "-d1s", &format!("http://{addr}/")]));
        assert!(report.contains("requests in"), "{report}");
        assert!(!report.contains(" 0 requests in"), "{report}");
        for error in ["Socket errors", "Non-2xx"] {
            assert!(!report.contains(error), "{report}");
        }
    });
}

#[test]
fn its_timer_shows_the_time_of_the_runtime() {
    epore::block_on(async {
        pause();
        advance(Duration::from_secs(3600)).await;
        assert_eq!(hyper::rt::Timer::now(&epore::hyper::Timer), now());
    });
}
