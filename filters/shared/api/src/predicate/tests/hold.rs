use super::{connect, holds, lists, of};
use crate::IdentityRecord;
use crate::fake::FakeRequest;
use crate::testing::read;
use crate::{Document, FetchedList, Predicate};
use std::rc::Rc;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn request() -> FakeRequest {
    let identity = IdentityRecord::default()
        .text("sub", "u-1")
        .text("scope", "orders.read orders.write")
        .other("level", "3")
        .list("roles", ["staff", "dev"])
        .map("act")
        .into_bytes();
    FakeRequest::get("/api/v1/orders?tab=new%20ones&flag&tab=old")
        .authority("Shop.Example:8443")
        .field("x-env", "dev")
        .field("x-env", "canary")
        .field("x-tags", "a, b,,c")
        .field("x-empty", "")
        .field("x-user-id", "u-2")
        .field("cookie", "sid=1; theme")
        .field("cookie", "sid=2; lang=de")
        .from("10.1.2.3")
        .identity(identity)
        .peer("spiffe://example.org/ns/prod/sa/orders")
}

#[test]
fn holds_not() {
    let request = request();
    for json in [
        r#"{"path": {"exact": "/"}}"#,
        r#"{"path": {"exact": "/api/v1"}}"#,
        r#"{"path": {"prefix": "/API"}}"#,
        r#"{"path": {"suffix": "old"}}"#,
        r#"{"path": {"regex": "/api"}}"#,
        r#"{"path": {"present": false}}"#,
        r#"{"method": {"exact": "get"}}"#,
        r#"{"method": {"in": ["HEAD", "POST"]}}"#,
        r#"{"authority": {"exact": "shop"}}"#,
        r#"{"authority": {"suffix": ".example.com"}}"#,
        r#"{"header": {"name": "x-env", "exact": "prod"}}"#,
        r#"{"header": {"name": "x-env", "exact": "dev,canary"}}"#,
        r#"{"header": {"name": "x-env", "exact": "Canary"}}"#,
        r#"{"header": {"name": "x-tags", "exact": "a"}}"#,
        r#"{"header": {"name": "x-tags", "contains": "A"}}"#,
        r#"{"header": {"name": "x-tags", "contains": "a, b"}}"#,
        r#"{"header": {"name": "x-empty", "present": false}}"#,
        r#"{"header": {"name": "x-none", "exact": ""}}"#,
        r#"{"header": {"name": "x-none", "present": true}}"#,
        r#"{"cookie": {"name": "sid", "exact": "2"}}"#,
        r#"{"cookie": {"name": "theme", "present": true}}"#,
        r#"{"query": {"name": "tab", "exact": "old"}}"#,
        r#"{"query": {"name": "tab", "exact": "new%20ones"}}"#,
        r#"{"query": {"name": "ta", "present": true}}"#,
        r#"{"claim": {"name": "sub", "exact": "u-2"}}"#,
        r#"{"claim": {"name": "roles", "exact": "staff"}}"#,
        r#"{"claim": {"name": "roles", "in": ["staff", "dev"]}}"#,
        r#"{"claim": {"name": "roles", "regex": ".*"}}"#,
        r#"{"claim": {"name": "roles", "contains": "sta"}}"#,
        r#"{"claim": {"name": "roles", "present": false}}"#,
        r#"{"claim": {"name": "act", "present": false}}"#,
        r#"{"claim": {"name": "scope", "contains": "orders"}}"#,
        r#"{"claim": {"name": "none", "present": true}}"#,
        r#"{"peer": ["spiffe://example.org/ns/dev/sa/*", "spiffe://example.com/**"]}"#,
        r#"{"peer": {"exact": "spiffe://example.org/ns/prod/sa"}}"#,
        r#"{"peer": {"present": false}}"#,
        r#"{"source_ip": {"in": ["10.2.0.0/16", "::/0"]}}"#,
        r#"{"list": {"name": "beta", "key": {"cookie": "sid"}}}"#,
        r#"{"list": {"name": "beta", "key": {"header": "x-none"}}}"#,
        r#"{"list": {"name": "empty", "key": {"claim": "sub"}}}"#,
        r#"{"list": {"name": "pending", "key": {"claim": "sub"}}}"#,
        r#"{"not": {"method": {"exact": "GET"}}}"#,
        r#"{"all": [{"method": {"exact": "GET"}}, {"path": {"exact": "/"}}]}"#,
        r#"{"any": [{"method": {"exact": "PUT"}}, {"path": {"exact": "/"}}]}"#,
    ] {
        assert!(!holds(json, &request), "{json}");
        assert!(holds(&format!(r#"{{"not": {json}}}"#), &request), "not {json}");
    }
}

#[test]
fn holds_for_this_request() {
    let request = request();
    for json in [
        r#"{"path": {"exact": "/api/v1/orders"}}"#,
        r#"{"path": {"prefix": "/api"}}"#,
        r#"{"path": {"suffix": "/orders"}}"#,
        r#"{"path": {"regex": "/api/v\\d+/(orders|items)"}}"#,
        r#"{"path": {"in": ["/", "/api/v1/orders"]}}"#,
        r#"{"method": {"in": ["HEAD", "GET"]}}"#,
        r#"{"authority": {"exact": "shop.example"}}"#,
        r#"{"authority": {"suffix": ".example"}}"#,
        r#"{"authority": {"regex": "sh.p\\.example"}}"#,
        r#"{"header": {"name": "X-Env", "exact": "canary"}}"#,
        r#"{"header": {"name": "x-env", "in": ["canary", "x"]}}"#,
        r#"{"header": {"name": "x-tags", "contains": "b"}}"#,
        r#"{"header": {"name": "x-empty", "exact": ""}}"#,
        r#"{"header": {"name": "x-empty", "present": true}}"#,
        r#"{"header": {"name": "x-none", "present": false}}"#,
        r#"{"cookie": {"name": "sid", "exact": "1"}}"#,
        r#"{"cookie": {"name": "lang", "regex": "(?i)DE"}}"#,
        r#"{"cookie": {"name": "theme", "present": false}}"#,
        r#"{"query": {"name": "tab", "exact": "new ones"}}"#,
        r#"{"query": {"name": "flag", "exact": ""}}"#,
        r#"{"query": {"name": "flag", "present": true}}"#,
        r#"{"claim": {"name": "sub", "exact": "u-1"}}"#,
        r#"{"claim": {"name": "level", "exact": "3"}}"#,
        r#"{"claim": {"name": "level", "contains": "3"}}"#,
        r#"{"claim": {"name": "roles", "contains": "staff"}}"#,
        r#"{"claim": {"name": "act", "present": true}}"#,
        r#"{"claim": {"name": "roles", "present": true}}"#,
        r#"{"claim": {"name": "scope", "contains": "orders.write"}}"#,
        r#"{"claim": {"name": "scope", "exact": "orders.read orders.write"}}"#,
        r#"{"claim": {"name": "none", "present": false}}"#,
        r#"{"peer": ["spiffe://example.com/a", "spiffe://example.org/ns/*/sa/orders"]}"#,
        r#"{"peer": {"in": ["spiffe://example.org/**"]}}"#,
        r#"{"peer": {"present": true}}"#,
        r#"{"source_ip": {"in": ["192.0.2.1", "10.0.0.0/8"]}}"#,
        r#"{"list": {"name": "beta", "key": {"claim": "sub"}}}"#,
        r#"{"list": {"name": "beta", "key": {"header": "x-user-id"}}}"#,
        r#"{"not": {"not": {"method": {"exact": "GET"}}}}"#,
        r#"{"all": [{"method": {"exact": "GET"}}, {"path": {"prefix": "/"}}]}"#,
        r#"{"any": [{"method": {"exact": "PUT"}}, {"path": {"prefix": "/"}}]}"#,
    ] {
        assert!(holds(json, &request), "{json}");
    }
}

#[test]
fn the_absent_satisfies_nothing_but_its_absence() {
    let request = connect();
    for subject in [
        ("path", r#""path": {"#),
        ("header", r#""header": {"name": "a", "#),
        ("cookie", r#""cookie": {"name": "a", "#),
        ("query", r#""query": {"name": "a", "#),
        ("claim", r#""claim": {"name": "a", "#),
    ] {
        let (name, start) = subject;
        let value = if name == "path" { "/" } else { "" };
        for how in [
            format!(r#""exact": "{value}""#),
            format!(r#""in": ["{value}", "/a"]"#),
            r#""prefix": "/""#.to_owned(),
            r#""suffix": "a""#.to_owned(),
            r#""regex": ".*""#.to_owned(),
            r#""present": true"#.to_owned(),
        ] {
            assert!(!holds(&format!("{{{start}{how}}}}}"), &request), "{name} {how}");
        }
        assert!(holds(&format!(r#"{{{start}"present": false}}}}"#), &request), "{name}");
    }
    assert!(!holds(r#"{"peer": ["spiffe://example.org/**"]}"#, &request));
    assert!(holds(r#"{"peer": {"present": false}}"#, &request));
    assert!(!holds(r#"{"source_ip": {"in": ["0.0.0.0/0", "::/0"]}}"#, &request));
    assert!(holds(r#"{"method": {"exact": "CONNECT"}}"#, &request));
    assert!(holds(r#"{"authority": {"exact": "shop.example"}}"#, &request));
}

#[test]
fn a_mapped_address_is_the_ipv4_address_it_holds() {
    let request = FakeRequest::get("/").from("::ffff:10.1.2.3");
    assert!(holds(r#"{"source_ip": {"in": ["10.0.0.0/8"]}}"#, &request));
    assert!(!holds(r#"{"source_ip": {"in": ["::/0"]}}"#, &request));
}

#[test]
fn any_byte_in_any_place_is_judged() {
    let all: Vec<u8> = (1..=u8::MAX).filter(|byte| !b"?#;=&%+".contains(byte)).collect();
    let path = [b"/", all.as_slice()].concat();
    let query = [b"/?q=".as_slice(), &all].concat();
    let cookie = [b"c=".as_slice(), &all].concat();
    let request = FakeRequest::default().field(":path", &path).field("x-a", &all).field(":authority", &all);
    let request = request.field("cookie", &cookie).field(":method", &all);
    for (json, want) in [
        (r#"{"path": {"regex": "(?s)/.*"}}"#, true),
        (r#"{"path": {"exact": "/a"}}"#, false),
        (r#"{"method": {"present": true}}"#, true),
        (r#"{"authority": {"regex": "(?s).*"}}"#, true),
        (r#"{"header": {"name": "x-a", "regex": "(?s).*"}}"#, true),
        (r#"{"header": {"name": "x-a", "exact": "a"}}"#, false),
        (r#"{"header": {"name": "x-a", "contains": "b"}}"#, false),
        (r#"{"cookie": {"name": "c", "present": true}}"#, true),
        (r#"{"list": {"name": "beta", "key": {"header": "x-a"}}}"#, false),
    ] {
        assert_eq!(holds(json, &request), want, "{json}");
    }
    let request = FakeRequest::default().field(":path", &query);
    assert!(holds(r#"{"query": {"name": "q", "regex": "(?s).+"}}"#, &request));
}

#[test]
fn a_list_holds_from_its_first_fetch_on() {
    let lists = lists();
    let pending = Rc::clone(&lists[2]);
    let json = r#"{"list": {"name": "pending", "key": {"header": "x-user-id"}}}"#;
    let predicate = read(json, |node| Predicate::read(&node, &lists)).unwrap();
    assert!(!predicate.matches(&request()));
    let table = crate::list::Table::from_entries(["u-2"], 5).as_bytes().to_vec();
    assert_eq!(FetchedList::new(&pending).unwrap().install(table), Ok(1));
    assert!(predicate.matches(&request()), "lists are shared, not copied");
}

#[test]
fn reads_no_more_than_it_needs() {
    for (json, reads) in [
        (r#"{"path": {"exact": "/a"}}"#, 1),
        (r#"{"peer": {"present": true}}"#, 1),
        (r#"{"claim": {"name": "sub", "exact": "u-1"}}"#, 1),
        (r#"{"source_ip": {"in": ["10.0.0.0/8"]}}"#, 1),
        (r#"{"list": {"name": "beta", "key": {"header": "x-user-id"}}}"#, 1),
        // All that the fields of a request hold is one read.
        (
            r#"{"all": [{"path": {"prefix": "/"}}, {"method": {"exact": "GET"}}, {"authority": {"present": true}},
                {"header": {"name": "x-env", "exact": "dev"}}, {"cookie": {"name": "sid", "exact": "1"}},
                {"query": {"name": "flag", "exact": ""}}]}"#,
            1,
        ),
        // From left to right, and no further than the answer.
        (r#"{"all": [{"path": {"exact": "/a"}}, {"peer": {"present": true}}]}"#, 1),
        (r#"{"all": [{"path": {"prefix": "/"}}, {"peer": {"present": true}}]}"#, 2),
        (r#"{"any": [{"path": {"prefix": "/"}}, {"claim": {"name": "a", "present": true}}]}"#, 1),
        (r#"{"any": [{"path": {"exact": "/a"}}, {"claim": {"name": "a", "present": true}}]}"#, 2),
        (
            r#"{"any": [{"source_ip": {"in": ["::/0"]}}, {"peer": {"present": false}}, {"path": {"prefix": "/"}}]}"#,
            3,
        ),
        (r#"{"not": {"any": [{"method": {"exact": "GET"}}, {"source_ip": {"in": ["::/0"]}}]}}"#, 1),
    ] {
        let request = request();
        let _ = of(json).matches(&request);
        assert_eq!(request.reads(), reads, "{json}");
    }
}
