//! Shows that each rule can fail, and that it does not where it should not.

#![forbid(unsafe_code)]

use super::docs::poor_docs;
use super::lexer::{Kind, tokens};
use super::rules::*;
use super::types::{snake_case, untested};

fn lines(faults: Faults) -> Vec<usize> {
    faults.into_iter().map(|(line, _)| line).collect()
}

#[test]
fn the_lexer_tells_code_from_comments_and_literals() {
    let source = r####"
        let a = "unsafe \" unsafe"; // unsafe
        let b = r#"unsafe " unsafe"#; /* unsafe /* unsafe */ unsafe */
        let c = ['"', '\'', b'"', '\\']; fn d<'a>(e: &'a str) {}
        let f = b"unsafe"; let g = br"\"; unsafe {}
    "####;
    let tokens = tokens(source);
    let found: Vec<usize> = tokens.iter().filter(|token| token.is_word("unsafe")).map(|token| token.line).collect();
    assert_eq!(found, [5]);
    assert_eq!(tokens.iter().filter(|token| token.kind == Kind::Literal).count(), 8);
    assert_eq!(tokens.iter().filter(|token| token.kind == Kind::Lifetime).count(), 2);
    assert_eq!(tokens.iter().filter(|token| token.is_comment()).count(), 2);
}

#[test]
fn literals_and_comments_of_many_lines_are_counted() {
    let found = tokens("/* one\ntwo */ \"three\nfour\" five");
    assert_eq!(found.iter().map(|token| token.line).collect::<Vec<_>>(), [2, 3, 3]);
}

#[test]
fn a_crossed_layer_is_found() {
    let crossed = |layer, depth, source| lines(crossed_layers(layer, depth, &tokens(source)));
    assert_eq!(crossed("reactor", 2, "use crate::executor::Core;"), [1]);
    assert_eq!(crossed("reactor", 2, "fn f() {\n crate::spawn(g) }"), [2]);
    assert_eq!(crossed("reactor", 2, "use std::task::Waker;"), [1]);
    assert_eq!(crossed("reactor", 2, "async fn f() {}"), [1]);
    assert_eq!(crossed("executor", 2, "use crate::{reactor::Poll, net::TcpStream};"), [1]);
    assert_eq!(crossed("executor", 2, "use crate::{executor::{net, Core}, reactor};"), []);
    assert_eq!(crossed("time", 2, "use crate::net;"), [1]);
    assert_eq!(crossed("net", 3, "use crate::time;"), [1]);
    assert_eq!(crossed("net", 3, "use crate::hyper::Timer;"), [1]);
    assert_eq!(crossed("net", 2, "use crate::*;"), [1]);
    assert_eq!(crossed("compat", 2, "use crate::{net, time};"), []);
    assert_eq!(crossed("executor", 2, "macro_rules! m { () => { $crate::LocalKey } }"), []);
    assert_eq!(crossed("executor", 2, "macro_rules! m { () => { $crate::net::TcpStream } }"), [1]);
    assert_eq!(crossed("executor", 2, "use crate::LocalKey;"), [1]);
}

#[test]
fn a_path_that_climbs_out_of_its_layer_is_found() {
    let crossed = |depth, source| lines(crossed_layers("net", depth, &tokens(source)));
    assert_eq!(crossed(1, "use super::time;"), [1]);
    assert_eq!(crossed(2, "use super::super::time;"), [1]);
    assert_eq!(crossed(2, "use super::sys; pub(super) fn f() {}"), []);
    assert_eq!(crossed(3, "use super::super::sys;"), []);
}

#[test]
#[should_panic(expected = "the layer `process` is new")]
fn a_new_layer_must_be_given_its_place() {
    crossed_layers("process", 2, &tokens("use crate::executor;"));
}

#[test]
fn unsafe_code_is_found() {
    assert_eq!(lines(unsafe_code(&tokens("#![deny(unsafe_code)]\n// unsafe\nunsafe fn f() {}"))), [3]);
    assert_eq!(lines(unforbidden_unsafe(&tokens("// #![forbid(unsafe_code)]\n"))), [1]);
    assert_eq!(lines(unforbidden_unsafe(&tokens("//! Docs.\n\n#![forbid(unsafe_code)]"))), []);
}

#[test]
fn unsafe_code_without_a_reason_is_found() {
    let unexplained = |source| lines(unexplained_unsafe(&tokens(source)));
    assert_eq!(unexplained("fn f() {\n unsafe { g() } }"), [2]);
    assert_eq!(unexplained("// SAFETY: it is.\nlet a = b;\nlet c = unsafe { d() };"), [3]);
    assert_eq!(unexplained("// A remark.\nunsafe impl Send for A {}"), [2]);
    assert_eq!(unexplained("// SAFETY: it is,\n// for a reason.\nlet a = check(unsafe { b() });"), []);
    assert_eq!(unexplained("unsafe fn declared() {}"), []);
}

#[test]
fn a_function_of_71_lines_is_found() {
    let function = |lines: usize| format!("\nfn f(a: [u8; 2]) {{{}}}\nfn g() {{}}", "\n".repeat(lines - 1));
    assert_eq!(lines(long_functions(&tokens(&function(71)))), [2]);
    assert_eq!(lines(long_functions(&tokens(&function(70)))), []);
    let declared = format!("trait T {{ fn f();{} fn g(h: fn()) {{}} }}", "\n".repeat(100));
    assert_eq!(lines(long_functions(&tokens(&declared))), []);
}

#[test]
fn leftovers_are_found() {
    let left = |source: &str| lines(leftovers(&tokens(source)));
    for marker in [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("X", "XX")] {
        assert_eq!(left(&format!("\n// {marker}: later")), [2]);
        assert_eq!(left(&format!("/* {marker} */")), [1]);
        assert_eq!(left(&format!("let a = \"{marker}\"; // a{marker}b")), []);
    }
    assert_eq!(left("todo!()"), [1]);
    assert_eq!(left("fn f() {\n dbg!(1); unimplemented!() }"), [2, 2]);
    assert_eq!(left("#[test]\n#[ignore = \"slow\"]\nfn f() {}"), [2]);
    assert_eq!(left("let ignore = dbg; [ ignored ]"), []);
}

#[test]
fn code_in_a_mod_file_is_found() {
    let found = |source| lines(code_in_mod_rs(&tokens(source)));
    assert_eq!(found("//! Docs.\n#![forbid(unsafe_code)]\nmod a;\n#[cfg(feature = \"b\")]\npub mod b;"), []);
    assert_eq!(found("pub(crate) use a::{B, c::D};\nuse e as f;"), []);
    assert_eq!(found("mod a;\nfn f() { g(); }"), [2]);
    assert_eq!(found("mod a;\nstruct S;\nuse b;"), [2]);
    assert_eq!(found("mod a {\n fn f() {}\n}\nuse b;"), [1]);
    assert_eq!(found("const A: u8 = 1;"), [1]);
}

#[test]
fn the_time_of_the_system_is_found() {
    let found = |source| lines(system_time(&tokens(source)));
    assert_eq!(
        found("fn f() {\n let a = Instant::now();\n let b = c.unwrap_or_else(std::time::Instant::now); }"),
        [2, 3]
    );
    assert_eq!(found("let a = now(); // Instant::now()\nlet b = Instant::from(c); d.now()"), []);
}

const EXAMPLE: &str = "/// What it is.\n///\n/// ```\n/// assert!(true);\n/// ```\n";

/// What is wrong with an item that has an example, and more docs.
fn wrong(docs: &str, item: &str) -> Vec<String> {
    let source = format!("#![forbid(unsafe_code)]\n{EXAMPLE}///\n/// {docs}\n{item}");
    poor_docs(&tokens(&source)).into_iter().map(|(_, what)| what).collect()
}

/// What is wrong with the docs of a function that needs no section.
fn wrong_example(docs: &str) -> Vec<String> {
    let source = format!("fn before() {{}}\n{docs}\npub fn f() {{}}");
    poor_docs(&tokens(&source)).into_iter().map(|(_, what)| what).collect()
}

#[test]
fn a_public_item_without_an_example_is_found() {
    let found = |source| lines(poor_docs(&tokens(source)));
    assert_eq!(found("pub fn f() {}\npub(crate) fn g() {}\nfn h() {}"), [1]);
    assert_eq!(found("impl A {\n/// Docs.\n#[inline]\npub const fn f() {} }"), [4]);
    assert_eq!(found("pub struct A;\npub enum B {}\npub unsafe trait C { fn d(); }"), [1, 2, 3]);
    assert_eq!(found("#[macro_export]\nmacro_rules! m { () => {} }\nmacro_rules! n { () => {} }"), [2]);
    assert_eq!(found("pin_project! { pub struct A { pub b: fn() } }"), [1]);
    assert_eq!(found("pub const A: fn(u8) = a;\npub use b::c;\npub type D = fn();\npub mod e;"), []);
    assert_eq!(found("#[doc(hidden)]\npub fn f() {}\nimpl A for B { fn g() {} }"), []);
}

#[test]
fn an_example_counts_if_it_runs_and_asserts() {
    assert_eq!(wrong_example(EXAMPLE), [""; 0]);
    assert_eq!(wrong_example("/// Docs."), ["`f` has no example that runs"]);
    assert_eq!(wrong_example("/// ```text\n/// assert\n/// ```"), ["`f` has no example that runs"]);
    assert_eq!(wrong_example("/// ```compile_fail\n/// assert!(g());\n/// ```"), ["`f` has no example that runs"]);
    assert_eq!(wrong_example("/// ```\n/// g();\n/// ```\n/// Users assert."), ["`f` asserts nothing in its example"]);
    assert_eq!(wrong_example("/// ```\n/// g();\n/// ```\n/// Or:\n/// ```\n/// assert!(g());\n/// ```"), [""; 0]);
}

#[test]
fn an_example_that_does_not_run_says_why() {
    let wrong = |reason| wrong_example(&format!("/// {reason}\n///\n/// ```no_run\n/// assert!(g());\n/// ```"));
    assert_eq!(wrong("Waits."), ["`f` has no example that runs"]);
    assert_eq!(wrong("This is not run here, as it waits for a Ctrl-C:"), [""; 0]);
}

#[test]
fn docs_say_what_an_item_does_before_what_to_see() {
    assert_eq!(
        wrong_example(&EXAMPLE.replace("What it is.", "See [`g`].")),
        ["`f` says what to see before what it does"]
    );
    assert_eq!(wrong_example(&EXAMPLE.replace("What it is.", "Does it. See [`g`].")), [""; 0]);
}

#[test]
fn a_result_without_its_errors_is_found() {
    let missing = ["`f` has no section `# Errors`"];
    assert_eq!(wrong("Docs.", "pub fn f() -> io::Result<()> {}"), missing);
    assert_eq!(wrong("Docs.", "pub fn f<G: Fn() -> u8>(g: G) -> Option<Result<(), E>> where A: B {}"), missing);
    assert_eq!(wrong("```\n/// # Errors\n/// ```", "pub fn f() -> Result<(), E> {}"), missing);
    assert_eq!(wrong("# Errors", "pub fn f() -> Result<(), E> {}"), [""; 0]);
    assert_eq!(
        wrong("Docs.", "pub fn f<G: Fn() -> Result<(), E>>(g: G) -> A where H: Fn() -> Result<(), E> {}"),
        [""; 0]
    );
    assert_eq!(wrong("Docs.", "pub fn f(g: impl Fn() -> Result<(), E>) { h::<Result<(), E>>() }"), [""; 0]);
}

#[test]
fn a_panic_without_its_reason_is_found() {
    let missing = ["`f` has no section `# Panics`"];
    assert_eq!(wrong("Docs.", "#[track_caller]\npub fn f() {}"), missing);
    assert_eq!(wrong("Docs.", "pub fn f() { if a { { panic!() } } }"), missing);
    assert_eq!(wrong("Docs.", "pub fn f() { a.unwrap_or_else(|| no_runtime(b)) }"), missing);
    assert_eq!(wrong("# Panics", "#[track_caller]\npub fn f() { assert!(a) }"), [""; 0]);
    assert_eq!(wrong("Docs.", "pub fn f() { { debug_assert!(a) } }\nfn g() { panic!() }"), [""; 0]);
}

#[test]
fn what_is_awaited_without_its_cancel_safety_is_found() {
    let missing = ["`f` has no section `# Cancel safety`"];
    assert_eq!(wrong("Docs.", "pub async fn f() {}"), missing);
    assert_eq!(wrong("Docs.", "pub fn f() -> impl Future<Output = ()> {}"), missing);
    assert_eq!(wrong("Docs.", "pub struct f;\nimpl<T> Future for f<T> {}"), missing);
    assert_eq!(wrong("Who is woken.", "pub fn poll_f() {}"), ["`poll_f` has no section `# Cancel safety`"]);
    assert_eq!(wrong("# Cancel safety", "pub fn poll_f() {}"), ["`poll_f` does not say who is woken"]);
    assert_eq!(wrong("# Cancel safety", "pub async fn f() {}"), [""; 0]);
    assert_eq!(wrong("Docs.", "pub fn f(a: impl Future) {}\nimpl Future for A {}"), [""; 0]);
}

#[test]
fn a_number_that_counts_nothing_is_found() {
    let missing = ["`f` does not say what its number counts"];
    assert_eq!(wrong("Docs.", "pub fn f(size: usize) {}"), missing);
    assert_eq!(wrong("```\n/// bytes\n/// ```", "pub fn f() -> Option<u32> {}"), missing);
    assert_eq!(wrong("How many bytes.", "pub fn f() -> Option<u32> {}"), [""; 0]);
    assert_eq!(wrong("Docs.", "pub fn f(data: &[u8]) {}"), [""; 0]);
}

#[test]
fn a_type_without_a_file_of_tests_is_found() {
    let found = |source, files: &[&str]| lines(untested("net", &tokens(source), |file| files.contains(&file)));
    let source = "pub struct TcpThing(());\npub(crate) struct Other;\nstruct Third;";
    assert_eq!(found(source, &["tcp"]), [1]);
    assert_eq!(found(source, &["tcp_thing"]), []);
    assert_eq!(found(source, &["net_tcp_thing"]), []);
    assert_eq!(found("pub enum A {}\npub trait B {}\npub fn c() {}\npub type D = A;", &[]), [1, 2]);
    assert_eq!(found("pin_project! { pub struct A { b: c } }", &[]), [1]);
    assert_eq!(found("#[doc(hidden)]\npub struct A;", &[]), []);
    assert_eq!(found("pub struct LocalKey;", &["local_key"]), [1]);
    assert_eq!(found("pub struct LocalKey;", &["task_local"]), []);
}

#[test]
fn names_of_files_are_in_snake_case() {
    assert_eq!(
        ["Token", "AsyncFdReadyMutGuard", "UCred"].map(snake_case),
        ["token", "async_fd_ready_mut_guard", "u_cred"]
    );
}
