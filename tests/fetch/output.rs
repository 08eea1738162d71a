//! The files that are written.

use std::fs;

use crate::folder::Folder;
use crate::run::fetch;
use crate::server::{Request, head, serve, wait_for_close};

/// Bytes that no mistake leaves equal, as many as the path says.
fn bytes_for(path: &str) -> Vec<u8> {
    let size: usize = path.trim_start_matches('/').parse().unwrap();
    (0..size).map(|index| (index * 31 + index / 251) as u8).collect()
}

#[test]
fn the_files_are_equal_to_the_source_and_nothing_else_is_left() {
    let server = serve(|request| {
        let body = bytes_for(&request.path);
        request.answer(body);
    });
    let folder = Folder::new("equal");
    // It is made if need be.
    let output = folder.path().join("new/folder");
    let sizes = [0, 1, 1000, 65_536, 1_000_000, 5_000_003];
    let urls = sizes.map(|size| server.url(&format!("/{size}")));
    let run = fetch(["--output".to_owned(), output.to_str().unwrap().to_owned()].into_iter().chain(urls));
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    for size in sizes {
        assert!(fs::read(output.join(size.to_string())).unwrap() == bytes_for(&format!("/{size}")), "{size} bytes");
    }
    assert_eq!(fs::read_dir(output).unwrap().count(), sizes.len());
}

#[test]
fn a_download_that_fails_leaves_no_file_behind() {
    let server = serve(|request: Request| match request.path.as_str() {
        "/broken" => request.send(head(100_000) + &"x".repeat(70_000)),
        "/stalled" => wait_for_close(request.send_and_keep(head(100_000) + &"x".repeat(70_000))),
        _ => request.answer_status("404 Not Found", "A: b"),
    });
    let folder = Folder::new("broken");
    let urls = ["/broken", "/stalled", "/missing"].map(|path| server.url(path));
    let options = ["--timeout", "1", "--retries", "1", "--output", folder.arg()].map(str::to_owned);
    let run = fetch(options.into_iter().chain(urls));
    assert_eq!((run.code, server.requests()), (Some(1), 5), "{}", run.stderr);
    assert_eq!(folder.files(), [].into());
}

#[test]
fn a_download_that_fails_leaves_the_older_file_alone_and_one_that_succeeds_replaces_it() {
    let server = serve(|request: Request| match request.path.as_str() {
        "/broken" => request.send(head(100) + "half"),
        _ => request.answer("new"),
    });
    let folder = Folder::new("older");
    fs::write(folder.path().join("broken"), "old").unwrap();
    fs::write(folder.path().join("good"), "old").unwrap();
    let run = fetch(["--output", folder.arg(), &server.url("/broken"), &server.url("/good")]);
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    assert_eq!(folder.files(), [("broken".into(), "old".into()), ("good".into(), "new".into())].into());
}

#[test]
fn a_file_appears_under_its_name_only_when_it_is_complete() {
    let folder = Folder::new("part");
    let path = folder.path().to_owned();
    let server = serve(move |request: Request| {
        let mut stream = request.send_and_keep(head(200_000) + &"x".repeat(150_000));
        let part = path.join(".page.part");
        crate::support::wait_until("the part file has bytes", || fs::metadata(&part).is_ok_and(|part| part.len() > 0));
        assert!(!path.join("page").exists());
        std::io::Write::write_all(&mut stream, "x".repeat(50_000).as_bytes()).unwrap();
    });
    let run = fetch(["--output", folder.arg(), &server.url("/page")]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(folder.files(), [("page".into(), "x".repeat(200_000).into())].into());
}

#[test]
fn urls_that_would_share_a_name_get_numbers() {
    let server = serve(Request::echo);
    let folder = Folder::new("numbers");
    let paths = ["/a/page.html", "/b/page.html", "/page-2.html", "/c/page.html", "/page.html.part"];
    let urls = paths.map(|path| server.url(path));
    let run = fetch(["--output", folder.arg()].map(str::to_owned).into_iter().chain(urls));
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let names = ["page.html", "page-2.html", "page-2-2.html", "page-3.html", "page.html.part"];
    assert_eq!(folder.files(), names.map(str::to_owned).into_iter().zip(paths.map(Vec::from)).collect());
}

#[test]
fn a_name_stays_in_the_folder() {
    let server = serve(|request| request.answer("page"));
    for (path, name) in [
        ("/", "127.0.0.1-index.html"),
        ("/?q=1", "127.0.0.1-index.html_q=1"),
        ("/docs/", "docs-index.html"),
        ("/a%20b.txt", "a b.txt"),
        ("/%C3%A9t%C3%A9", "été"),
        ("/..%2f..%2fpasswd", "__.._passwd"),
        ("/x%00%0a%1b", "x___"),
        ("/.hidden", "_hidden"),
        ("/a/../..", "127.0.0.1-index.html"),
    ] {
        let folder = Folder::new("names");
        let output = folder.path().join("in");
        let run = fetch(["--output", output.to_str().unwrap(), &server.url(path)]);
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        let found: Vec<_> = fs::read_dir(&output).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(found, [name], "{path}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "{path} left the folder");
    }
    let folder = Folder::new("long");
    let run = fetch(["--output", folder.arg(), &server.url(&format!("/{}.html", "long".repeat(200)))]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(folder.files().into_keys().all(|name| name.len() <= 200 && name.ends_with(".html")));
}

#[test]
fn a_file_that_cannot_be_written_is_a_failure_of_its_url_alone() {
    let server = serve(|request| request.answer("page"));
    let folder = Folder::new("unwritable");
    fs::create_dir(folder.path().join("in")).unwrap();
    fs::create_dir(folder.path().join("in/taken")).unwrap();
    let output = folder.path().join("in");
    let url = server.url("/taken");
    let run = fetch(["--output", output.to_str().unwrap(), &url, &server.url("/free")]);
    assert_eq!(run.code, Some(1));
    assert!(run.line_about(&url).contains("taken`: Is a directory"), "{}", run.stderr);
    assert_eq!(fs::read(output.join("free")).unwrap(), b"page");
    assert_eq!(fs::read_dir(&output).unwrap().count(), 2, "the part file is left");
}
