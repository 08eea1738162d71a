//! gRPC by tonic, server and client: the health service that comes with it, over HTTP/2 by hyper.
//!
//! tonic's own `Server` and `Channel` open tokio's sockets, so they stay out. What it generates does not: a server is a
//! router that any hyper server can serve, and a client takes any service that sends requests.
//!
//! ```text
//! cargo run -p epore-ecosystem --example grpc
//! ```

#![forbid(unsafe_code)]

use std::error::Error;
use std::net::SocketAddr;
use std::process::ExitCode;

use epore::hyper::Executor;
use epore::net::{TcpListener, TcpStream};
use http::Uri;
use hyper::body::Incoming;
use hyper::client::conn::http2 as client;
use hyper::server::conn::http2 as server;
use hyper_util::service::TowerToHyperService;
use tonic::body::Body;
use tonic::client::GrpcService;
use tonic::service::Routes;
use tonic_health::ServingStatus;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> ExitCode {
    match epore::block_on(run()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<()> {
    let (reporter, health) = tonic_health::server::health_reporter();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let server = epore::spawn(serve(listener, Routes::new(health)));

    let mut client = HealthClient::with_origin(connect(address).await?, Uri::try_from(format!("http://{address}"))?);
    let question = || HealthCheckRequest { service: "bakery".to_owned() };
    match client.check(question()).await {
        Err(status) => println!("before it is known: {:?}", status.code()),
        Ok(response) => println!("known too early: {response:?}"),
    }
    reporter.set_service_status("bakery", ServingStatus::Serving).await;
    println!("when it is: {:?}", client.check(question()).await?.into_inner().status());

    let mut changes = client.watch(question()).await?.into_inner();
    for status in [ServingStatus::NotServing, ServingStatus::Serving] {
        let seen = changes.message().await?.ok_or("the stream has ended")?;
        println!("watched: {:?}", seen.status());
        reporter.set_service_status("bakery", status).await;
    }
    server.abort();
    Ok(())
}

async fn serve(listener: TcpListener, routes: Routes) {
    let service = TowerToHyperService::new(routes.into_axum_router());
    loop {
        let (stream, peer) = match listener.accept().await {
            Ok(accepted) => accepted,
            // Descriptors have run out, say. The clients that are served now will give some back.
            Err(error) => {
                eprintln!("{error}");
                continue;
            }
        };
        let connection = server::Builder::new(Executor).serve_connection(stream, service.clone());
        epore::spawn(async move {
            if let Err(error) = connection.await {
                eprintln!("{peer}: {error}");
            }
        });
    }
}

/// A connection over which the generated client sends its requests.
async fn connect(address: SocketAddr) -> Result<impl GrpcService<Body, ResponseBody = Incoming>> {
    let stream = TcpStream::connect(address).await?;
    let (sender, connection) = client::handshake::<_, _, Body>(Executor, stream).await?;
    epore::spawn(connection);
    Ok(tower::service_fn(move |request| {
        let mut sender = sender.clone();
        async move { sender.send_request(request).await }
    }))
}
