//! Lists in a policy: how they are read, built and put into use.

use super::{FetchedList, MAX_INLINE_ENTRIES, NamedList};
use crate::list::Table;
use crate::testing::{read, refusal};
use crate::{Built, Document, Value, config};
use std::rc::Rc;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn lists(json: &str) -> Vec<Rc<NamedList>> {
    read(json, |node| NamedList::read_all(&node)).unwrap_or_else(|error| panic!("{json}: {error}"))
}

fn fetched() -> (Rc<NamedList>, FetchedList) {
    let json = r#"{"beta": {"http": {"cluster": "lists", "authority": "l.example", "path": "/b", "refresh": "1s"}}}"#;
    let list = Rc::clone(&lists(json)[0]);
    let document = FetchedList::new(&list).unwrap();
    (list, document)
}

/// Builds a body to the end: the published form and the number of steps, or the reason.
fn build(document: &FetchedList, body: &[u8]) -> Result<(Vec<u8>, usize), String> {
    let mut build = document.build(body.to_vec(), 7);
    let mut steps: usize = 1;
    loop {
        match build.step() {
            Built::More(rest) => build = rest,
            Built::Done(published) => return Ok((published, steps)),
            Built::Refused(reason) => return Err(reason),
        }
        steps = steps.saturating_add(1);
    }
}

#[test]
fn refuses() {
    for (json, want) in [
        ("[]", "wants a mapping, is a list"),
        (r#"{"a": []}"#, "a: wants a mapping, is a list"),
        (r#"{"a": {}}"#, "a: needs inline or http"),
        (r#"{"a": {"inline": ["x"], "http": {}}}"#, "a: has both inline and http"),
        (
            r#"{"a": {"file": "x"}}"#,
            "a.file: unknown field, known here: inline, http; a: needs inline or http",
        ),
        (
            r#"{"a b": {"inline": []}}"#,
            "a b: has the character ' ', allowed are letters, digits, `.`, `_` and `-`",
        ),
        (r#"{"": {"inline": []}}"#, "\"\": is empty"),
        (r#"{"a": {"inline": ["x"]}, "a": {"inline": ["y"]}}"#, "a: given twice"),
        (r#"{"a": {"inline": "x"}}"#, "a.inline: wants a list, is a string"),
        (
            r#"{"a": {"inline": ["x", 7, "", "n\u0000l"]}, "b": {"http": {"cluster": "c"}}}"#,
            "a.inline[1]: wants a string, is a number; a.inline[2]: an entry is empty; \
             a.inline[3]: an entry holds a NUL; b.http.path: missing",
        ),
    ] {
        assert_eq!(refusal(json, |node| NamedList::read_all(&node)), want, "{json}");
    }
    let long = format!(r#"{{"a": {{"inline": ["{}"]}}}}"#, "x".repeat(1025));
    let want = "a.inline[0]: an entry of 1025 bytes is above 1024";
    assert_eq!(refusal(&long, |node| NamedList::read_all(&node)), want);
}

#[test]
fn inline_lists_end_at_a_hundred_thousand_entries() {
    let of = |count: usize, entry: fn(usize) -> Value| {
        let inline = Value::List((0..count).map(entry).collect());
        let list = Value::Map(vec![("inline".to_owned(), inline)]);
        config::read(&Value::Map(vec![("a".to_owned(), list)]), |node| NamedList::read_all(&node))
    };
    let lists = of(MAX_INLINE_ENTRIES, |index| Value::Text(format!("u-{index}"))).unwrap();
    assert!(lists[0].contains(b"u-0") && lists[0].contains(b"u-99999") && !lists[0].contains(b"u-100000"));
    let one_more = of(MAX_INLINE_ENTRIES.saturating_add(1), |_| Value::Null).unwrap_err();
    assert_eq!(one_more.to_string(), "a.inline: has 100001 entries, at most 100000 are allowed");
}

#[test]
fn an_inline_list_is_there_at_once() {
    let lists =
        lists(r#"{"beta": {"inline": ["u-1", "u-2", "u-1", " u-3", "\u00e9"]}, "none": {"inline": []}}"#);
    let names: Vec<_> = lists.iter().map(|list| list.name().as_str()).collect();
    assert_eq!(names, ["beta", "none"]);
    for (entry, want) in [
        ("u-1", true),
        ("u-2", true),
        (" u-3", true),
        ("\u{e9}", true),
        ("u-3", false),
        ("U-1", false),
        ("u-", false),
        ("u-11", false),
        ("", false),
    ] {
        assert_eq!(lists[0].contains(entry.as_bytes()), want, "{entry:?}");
        assert!(!lists[1].contains(entry.as_bytes()), "{entry:?}");
    }
    assert!(lists.iter().all(|list| !list.is_pending() && list.source().is_none()));
    assert!(lists.iter().all(|list| FetchedList::new(list).is_none()));
}

#[test]
fn a_fetched_list_is_empty_until_it_was_fetched() {
    let (list, document) = fetched();
    assert!(list.is_pending() && !list.contains(b"u-1"));
    assert_eq!((document.name().as_str(), document.kind()), ("beta", "list"));
    assert_eq!(document.source(), list.source().unwrap());
    let (published, _) = build(&document, b"# beta\nu-1\r\n\nu-2\n").unwrap();
    assert!(list.is_pending(), "building puts nothing into use");
    assert_eq!(document.install(published), Ok(2));
    assert!(!list.is_pending() && list.contains(b"u-1") && !list.contains(b"# beta"));
    let (published, _) = build(&document, br#"["u-3"]"#).unwrap();
    assert_eq!(document.install(published), Ok(1));
    assert!(list.contains(b"u-3") && !list.contains(b"u-1"), "a new version replaces the old one");
    assert_eq!(document.install(Table::from_entries([""; 0], 1).as_bytes().to_vec()), Ok(0));
    assert!(!list.is_pending() && !list.contains(b"u-3"));
}

#[test]
fn what_is_damaged_is_not_put_into_use() {
    let (list, document) = fetched();
    let (published, _) = build(&document, b"u-1").unwrap();
    document.install(published.clone()).unwrap();
    for (name, damaged) in [
        ("nothing", vec![]),
        ("a byte less", published[..published.len().saturating_sub(1)].to_vec()),
        ("the body itself", b"u-1".to_vec()),
        ("another format", [b"sluicel\x02", &published[8..]].concat()),
    ] {
        assert!(document.install(damaged).is_err(), "{name}");
        assert!(list.contains(b"u-1"), "{name}");
    }
}

#[test]
fn a_body_that_is_no_list_is_refused() {
    let (_, document) = fetched();
    for (body, want) in [
        (b"<html>".as_slice(), "starts with '<', neither a JSON array nor one entry a line"),
        (b"[\"a\", 7]", "byte 6: '7' where a string should start"),
    ] {
        assert_eq!(build(&document, body), Err(want.to_owned()));
    }
}

#[test]
fn a_large_body_is_built_in_many_steps() {
    let (_, document) = fetched();
    let body: Vec<u8> = (0..100_000).flat_map(|index| format!("u-{index}\n").into_bytes()).collect();
    let (published, steps) = build(&document, &body).unwrap();
    assert_eq!(document.install(published), Ok(100_000));
    assert!(steps >= 20, "{steps}");
}
