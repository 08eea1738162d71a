//! Connections that are used again.

use std::fs;
use std::io::{self, Read};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Mutex, mpsc};
use std::thread;
use std::time::Duration;

use crate::cut_off;
use crate::folder::Folder;
use crate::nginx::{Nginx, write_pages};
use crate::run::{fetch, fetch_with_input};
use crate::server::{Request, Server, head, serve};
use crate::support::PATIENCE;
use crate::tls::Secure;

fn list(nginx: &Nginx, names: &[String]) -> String {
    names.iter().map(|name| format!("http://{}/{name}\n", nginx.addr)).collect()
}

#[test]
fn one_host_gets_no_more_connections_than_are_allowed_and_they_are_used_again() {
    for (per_host, allowed) in [("1", 1), ("4", 4)] {
        let Some(nginx) = Nginx::start(&format!("per-host-{per_host}")) else { return };
        let names = write_pages(&nginx.pages());
        let run = fetch_with_input(&["--json", "--per-host", per_host, "--input", "-"], &list(&nginx, &names));
        assert_eq!((run.code, &run.json()["totals"]["fetched"]), (Some(0), &300.into()), "{}", run.stderr);
        assert_eq!(nginx.connections(300), allowed);
    }
}

#[test]
fn an_idle_connection_that_the_server_has_closed_is_no_failure() {
    // This server closes after each answer without saying so.
    let server = serve(Request::echo);
    let list: String = (0..50).map(|index| server.url(&format!("/{index}\n"))).collect();
    let run = fetch_with_input(&["--json", "--concurrency", "1", "--input", "-"], &list);
    assert_eq!((run.code, &run.json()["totals"]["fetched"]), (Some(0), &50.into()), "{}", run.stderr);
    assert_eq!(server.requests(), 50);
}

/// Has nginx answer so many requests over TLS and HTTP/2. Gives how many were fetched, over how many connections.
fn fetch_http2(test: &str, settings: &str, count: usize, options: &[&str]) -> Option<(usize, usize)> {
    let server = Secure::start(test, &format!("http2{settings}"))?;
    fs::write(server.nginx.pages().join("page"), vec![7; 20_000]).unwrap();
    let list: String = (0..count).map(|index| server.url(&format!("page?{index}\n"))).collect();
    let certificate = server.certificate();
    let common = ["--json", "--cacert", certificate.to_str().unwrap(), "--input", "-"];
    let run = fetch_with_input(&[&common, options].concat(), &list);
    let fetched = run.json()["totals"]["fetched"].as_u64().unwrap() as usize;
    Some((fetched, server.nginx.connections(fetched)))
}

#[test]
fn a_connection_of_http2_that_the_server_retires_is_no_failure() {
    // nginx retires one after a thousand requests by itself.
    let Some((fetched, connections)) = fetch_http2("goaway", "", 2500, &[]) else { return };
    assert_eq!(fetched, 2500);
    assert!(connections <= 6, "{connections}");
    let (fetched, _) = fetch_http2("goaway-often", "; keepalive_requests 10", 200, &["--per-host", "1"]).unwrap();
    assert_eq!(fetched, 200);
}

#[test]
fn an_idle_connection_that_closes_while_a_request_is_on_its_way_is_no_failure() {
    let server = serve(|request| {
        let delay = Duration::from_micros(request.index as u64 * 7919 % 5000);
        let stream = request.send_and_keep([head(5).as_bytes(), b"hello"].concat());
        thread::sleep(delay);
        drop(stream);
    });
    let list: String = (0..2000).map(|index| server.url(&format!("/{index}\n"))).collect();
    let run = fetch_with_input(&["--json", "--input", "-"], &list);
    assert_eq!(run.json()["totals"]["fetched"], 2000, "{}", run.stderr);
}

#[test]
fn the_time_in_the_queue_of_a_host_is_not_that_of_a_try() {
    let pause = Duration::from_millis(300);
    let server = serve(move |request| {
        thread::sleep(pause);
        request.answer("hello");
    });
    let list: String = (0..10).map(|index| server.url(&format!("/{index}\n"))).collect();
    let run = fetch_with_input(&["--json", "--per-host", "1", "--timeout", "2", "--input", "-"], &list);
    assert_eq!(run.json()["totals"]["fetched"], 10, "{}", run.stderr);
    assert_eq!(server.most_at_once(), 1);
}

/// Those who waited for the slow one had all places, and the other was asked when that had answered.
#[test]
fn one_host_that_is_slow_leaves_the_others_their_places() {
    let (told, all_asked) = mpsc::channel();
    let (told, all_asked) = (Mutex::new(told), Mutex::new(all_asked));
    let fast = serve(move |request| {
        told.lock().unwrap().send(()).unwrap();
        request.answer("fast");
    });
    let slow = serve(move |request| {
        if request.index == 0 {
            let all_asked = all_asked.lock().unwrap();
            (0..10).for_each(|_| all_asked.recv_timeout(PATIENCE).expect("the fast one is asked for all its pages"));
        }
        request.answer("slow");
    });
    let urls = |server: &Server| (0..10).map(|index| server.url(&format!("/{index}\n"))).collect::<String>();
    let list = urls(&slow) + &urls(&fast);
    let run = fetch_with_input(&["--json", "--concurrency", "4", "--per-host", "1", "--input", "-"], &list);
    assert_eq!(run.json()["totals"]["fetched"], 20, "{}", run.stderr);
    assert_eq!((slow.most_at_once(), fast.most_at_once()), (1, 1));
    let reported: Vec<_> = run.json()["results"].as_array().unwrap().iter().map(|one| one["url"].clone()).collect();
    assert_eq!(reported, list.lines().collect::<Vec<_>>(), "in the order in which they were given");
}

#[test]
fn answers_that_nobody_wants_cost_no_connection() {
    let Some(nginx) = Nginx::start("unwanted") else { return };
    fs::create_dir(nginx.pages().join("docs")).unwrap();
    fs::write(nginx.pages().join("docs/index.html"), "there").unwrap();
    let pages = (0..20).flat_map(|index| [format!("missing-{index}"), "docs".to_owned()]);
    let list: String = pages.map(|page| format!("http://{}/{page}\n", nginx.addr)).collect();
    let run = fetch_with_input(&["--json", "--per-host", "1", "--input", "-"], &list);
    assert_eq!((run.code, &run.json()["totals"]["fetched"]), (Some(1), &20.into()), "{}", run.stderr);
    // Each of the 20 that are there was asked for twice, as it is a folder.
    assert_eq!(nginx.connections(60), 1);
}

/// Passes connections on, the first of them so much later. Gives the port that it listens on.
fn relay(target: SocketAddr, delay: Duration) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        let mut delay = Some(delay);
        for stream in listener.incoming() {
            let (client, delay) = (stream.unwrap(), delay.take());
            thread::spawn(move || {
                thread::sleep(delay.unwrap_or_default());
                let server = TcpStream::connect(target).unwrap();
                let (mut up, mut down) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                thread::spawn(move || io::copy(&mut down, &mut { client }));
                io::copy(&mut up, &mut { server })
            });
        }
    });
    port
}

#[test]
fn those_who_wait_for_the_only_connection_share_it_when_it_comes() {
    let Some(server) = Secure::start("slow-first", "http2") else { return };
    fs::write(server.nginx.pages().join("page"), "there").unwrap();
    // Longer than others wait for the one who finds out which version the host speaks.
    let port = relay(server.nginx.addr, Duration::from_millis(1500));
    let list: String = (0..10).map(|index| format!("https://localhost:{port}/page?{index}\n")).collect();
    let certificate = server.certificate();
    let options = ["--json", "--cacert", certificate.to_str().unwrap(), "--per-host", "1", "--input", "-"];
    let run = fetch_with_input(&options, &list);
    assert_eq!(run.json()["totals"]["fetched"], 10, "{}", run.stderr);
}

#[test]
fn a_handshake_that_hangs_delays_the_others_of_its_host_and_no_more() {
    let Some(server) = Secure::start("hanging", "http2") else { return };
    fs::write(server.nginx.pages().join("page"), "there").unwrap();
    let port = relay(server.nginx.addr, Duration::MAX);
    let list: String = (0..10).map(|index| format!("https://localhost:{port}/page?{index}\n")).collect();
    let certificate = server.certificate();
    let options = ["--json", "--cacert", certificate.to_str().unwrap(), "--timeout", "3", "--input", "-"];
    let run = fetch_with_input(&options, &list);
    assert_eq!(run.json()["totals"]["fetched"], 9, "{}", run.stderr);
}

#[test]
fn a_connection_of_http2_that_has_gone_silent_is_left_for_another() {
    let Some(server) = Secure::start("silent", "http2") else { return };
    fs::write(server.nginx.pages().join("page"), vec![7; 200_000]).unwrap();
    let target = server.nginx.addr;
    // The first connection brings the handshake and a part of an answer, and then nothing more.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for (index, stream) in listener.incoming().enumerate() {
            let (client, server) = (stream.unwrap(), TcpStream::connect(target).unwrap());
            let (mut up, down) = (client.try_clone().unwrap(), server.try_clone().unwrap());
            let bytes = if index == 0 { 100_000 } else { u64::MAX };
            thread::spawn(move || io::copy(&mut down.take(bytes), &mut &client).map(|_| thread::park()));
            thread::spawn(move || io::copy(&mut up, &mut { server }));
        }
    });
    let list: String = (0..10).map(|index| format!("https://localhost:{port}/page?{index}\n")).collect();
    let certificate = server.certificate();
    let options =
        ["--json", "--cacert", certificate.to_str().unwrap(), "--timeout", "2", "--retries", "1", "--input", "-"];
    let run = fetch_with_input(&options, &list);
    assert_eq!(run.json()["totals"]["fetched"], 10, "{}", run.stderr);
}

#[test]
fn a_body_of_http2_that_is_cut_off_is_a_failure() {
    // The frames by hand, over a connection whose TLS is that of a thread.
    let server = cut_off::serve();
    let folder = Folder::new("cut-off");
    let certificate = server.certificate.to_str().unwrap();
    for path in ["sized", "unsized"] {
        let run = fetch(["--json", "--cacert", certificate, "--output", folder.arg(), &server.url(path)]);
        assert_eq!(run.code, Some(1), "{path}: {}", run.stdout);
        assert_eq!(run.json()["results"][0]["error"]["kind"], "broken", "{path}");
        assert!(folder.files().is_empty(), "{path}");
    }
}

#[test]
fn a_connection_that_was_given_up_in_the_middle_is_not_used_again() {
    // The answer that tells of what is missing is too large to be read for nothing.
    let folder = Folder::new("given-up");
    let Some(nginx) = Nginx::start_with(folder, "; error_page 404 /large") else { return };
    fs::write(nginx.pages().join("page"), "there").unwrap();
    fs::write(nginx.pages().join("large"), vec![0; 1 << 20]).unwrap();
    let missing = format!("http://{}/missing", nginx.addr);
    let page = format!("http://{}/page", nginx.addr);
    let run = fetch(["--json", "--concurrency", "1", &missing, &page]);
    assert_eq!((run.code, &run.json()["results"][1]["bytes"]), (Some(1), &5.into()), "{}", run.stderr);
    assert_eq!(nginx.connections(2), 2);
}
