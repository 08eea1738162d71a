//! Shows that each rule can fail, and that it does not where it should not.

#![forbid(unsafe_code)]

use super::lexer::{Kind, tokens};
use super::rules::*;

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
