//! An axum router, served by hyper on Epore: a list of notes, kept in memory.
//!
//! ```text
//! cargo run -p epore-ecosystem --example axum -- 127.0.0.1:8080
//! curl -H 'content-type: application/json' -d '{"text": "buy bread"}' http://127.0.0.1:8080/notes
//! curl http://127.0.0.1:8080/notes/0
//! curl http://127.0.0.1:8080/after/250
//! ```

#![forbid(unsafe_code)]

use std::env;
use std::io;
use std::pin::pin;
use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use epore::hyper::{Executor, Timer};
use epore::net::TcpListener;
use epore::signal::shutdown_signal;
use epore::time::sleep;
use futures::future::{Either, select};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize, Deserialize)]
struct Note {
    text: String,
}

/// What the handlers share. axum asks that it can be sent to other threads, though there are none.
type Notes = Arc<Mutex<Vec<Note>>>;

fn main() -> ExitCode {
    let address = env::args().nth(1).unwrap_or_else(|| "127.0.0.1:0".to_owned());
    match epore::block_on(serve(&address)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Serves until Ctrl-C. How to leave clients that ask for nothing is in the example `hyper_server`.
async fn serve(address: &str) -> io::Result<()> {
    let router = Router::new()
        .route("/notes", get(list).post(add))
        .route("/notes/{number}", get(read))
        .route("/after/{milliseconds}", get(after))
        .with_state(Notes::default());
    let service = TowerToHyperService::new(router);
    let mut http = auto::Builder::new(Executor);
    http.http1().timer(Timer);
    http.http2().timer(Timer);

    let listener = TcpListener::bind(address).await?;
    let mut shutdown = pin!(shutdown_signal());
    println!("listening on {}", listener.local_addr()?);
    loop {
        let (stream, peer) = match select(pin!(listener.accept()), &mut shutdown).await {
            Either::Left((Ok(accepted), _)) => accepted,
            // Descriptors have run out, say. The clients that are served now will give some back.
            Either::Left((Err(error), _)) => {
                eprintln!("{error}");
                continue;
            }
            Either::Right((signal, _)) => return signal.map(drop),
        };
        let (http, service) = (http.clone(), service.clone());
        epore::spawn(async move {
            if let Err(error) = stream.set_nodelay(true) {
                eprintln!("{peer}: {error}");
            }
            if let Err(error) = http.serve_connection(stream, service).await {
                eprintln!("{peer}: {error}");
            }
        });
    }
}

async fn list(State(notes): State<Notes>) -> Json<Vec<Note>> {
    Json(notes.lock().unwrap().clone())
}

async fn add(State(notes): State<Notes>, Json(note): Json<Note>) -> (StatusCode, String) {
    let mut notes = notes.lock().unwrap();
    notes.push(note);
    (StatusCode::CREATED, format!("/notes/{}\n", notes.len() - 1))
}

async fn read(State(notes): State<Notes>, Path(number): Path<usize>) -> Result<Json<Note>, (StatusCode, String)> {
    let note = notes.lock().unwrap().get(number).cloned();
    note.map(Json).ok_or_else(|| (StatusCode::NOT_FOUND, format!("there is no note {number}\n")))
}

/// Awaits a timer of Epore in a handler of axum.
async fn after(Path(milliseconds): Path<u64>) -> String {
    sleep(Duration::from_millis(milliseconds)).await;
    format!("{milliseconds} ms later\n")
}
