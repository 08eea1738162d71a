use std::collections::HashMap;
use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::rc::Rc;

use bytes::Bytes;
use epore::net::{TcpListener, TcpStream};
use epore::time::sleep;
use futures::stream::{self, Stream, StreamExt};
use http_body_util::StreamBody;
use hyper::body::{Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode, header};

use super::body;
use super::pages::{self, Page};
use crate::session::Job;

type Pages = HashMap<String, Page>;
type Body = StreamBody<Pin<Box<dyn Stream<Item = io::Result<Frame<Bytes>>>>>>;

/// Starts the server on a free port, as a task of this thread, and gives a job for each of its pages.
pub async fn start() -> io::Result<Vec<Job>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let addr = listener.local_addr()?;
    let pages = pages::all();
    let jobs = pages.iter().map(|(path, _, plan)| Job { url: format!("http://{addr}{path}"), plan: *plan }).collect();
    let pages = pages.into_iter().map(|(path, page, _)| (path, page)).collect();
    epore::spawn(serve(listener, Rc::new(pages)));
    Ok(jobs)
}

async fn serve(listener: TcpListener, pages: Rc<Pages>) {
    loop {
        // What keeps a connection from being accepted may pass, and the listener waits by itself before it says so.
        if let Ok((stream, _)) = listener.accept().await {
            epore::spawn(serve_connection(stream, Rc::clone(&pages)));
        }
    }
}

async fn serve_connection(stream: TcpStream, pages: Rc<Pages>) {
    let service = service_fn(move |request: Request<Incoming>| {
        let page = pages.get(request.uri().path()).copied().unwrap_or(Page::Missing);
        async move { Ok::<_, Infallible>(respond(page).await) }
    });
    let connection = http1::Builder::new().timer(epore::hyper::Timer).serve_connection(stream, service);
    // The page that breaks off ends its connection with an error, and so does a client that goes away.
    drop(connection.await);
}

async fn respond(page: Page) -> Response<Body> {
    match page {
        Page::Whole { bytes, delay } => {
            sleep(delay).await;
            sized(bytes, body::whole(bytes))
        }
        Page::Chunks { count, bytes, pause } => Response::new(boxed(body::chunks(count, bytes, pause))),
        Page::Redirect(target) => {
            let mut response = with_status(StatusCode::FOUND);
            response.headers_mut().insert(header::LOCATION, header::HeaderValue::from_static(target));
            response
        }
        Page::Missing => with_status(StatusCode::NOT_FOUND),
        Page::Broken { bytes } => sized(bytes, body::whole(bytes / 2).chain(body::fault())),
    }
}

fn sized(bytes: u64, body: impl Stream<Item = io::Result<Frame<Bytes>>> + 'static) -> Response<Body> {
    let mut response = Response::new(boxed(body));
    response.headers_mut().insert(header::CONTENT_LENGTH, bytes.into());
    response
}

fn with_status(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(boxed(stream::empty()));
    *response.status_mut() = status;
    response
}

fn boxed(body: impl Stream<Item = io::Result<Frame<Bytes>>> + 'static) -> Body {
    StreamBody::new(Box::pin(body))
}
