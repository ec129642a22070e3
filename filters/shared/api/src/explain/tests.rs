//! Who is told, and what a field can hold.

use super::{Account, Explain, Item};
use crate::config;
use crate::fake::FakeRequest;
use crate::{ClientCertificate, IdentityRecord, Mutation, Value};
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

const PLATFORM: &str = r#"{"for": [
    {"claims": [{"name": "iss", "exact": "https://idp.example"}, {"name": "groups", "contains": "platform"}]},
    {"peer": ["spiffe://example.org/ns/ops/sa/*"]}
]}"#;

fn read(json: &str) -> Result<Explain, String> {
    let value = Value::from_json(json.as_bytes()).expect("JSON");
    config::read(&value, |node| Explain::read(&node, "x-why")).map_err(|error| error.to_string())
}

fn record() -> IdentityRecord {
    IdentityRecord::default().text("iss", "https://idp.example").text("sub", "ada")
}

/// The change of the response, in words.
fn told(explain: &Explain, request: &FakeRequest) -> String {
    let mut telling = explain.telling(request);
    if let Some(account) = telling.account() {
        account.add(Item::new("it").bare("n", 1).flag("f"));
    }
    match telling.into() {
        Mutation::Set(name, value) => format!("{name}: {}", String::from_utf8_lossy(&value)),
        Mutation::Remove(name) => format!("- {name}"),
        Mutation::Append(..) => panic!("others' lines stay"),
    }
}

#[test]
fn only_whom_auth_has_verified_is_told() {
    let explain = read(PLATFORM).unwrap();
    let get = || FakeRequest::get("/");
    let of = |record: IdentityRecord| get().identity(record.into_bytes());
    let insider = || record().list("groups", ["staff", "platform"]);
    for (name, request) in [
        ("nobody", get()),
        ("another group", of(record().list("groups", ["staff"]))),
        (
            "another issuer",
            of(IdentityRecord::default().text("iss", "https://other").list("groups", ["platform"])),
        ),
        (
            "half of each",
            of(IdentityRecord::default().text("groups", "platform").spiffe_id("spiffe://example.org/a")),
        ),
        ("another peer", of(IdentityRecord::default().spiffe_id("spiffe://example.org/ns/prod/sa/web"))),
        ("no SPIFFE ID", of(IdentityRecord::default().spiffe_id("ops"))),
        ("a record of another version", get().identity(vec![9])),
        ("half a record", get().identity(insider().into_bytes()[..20].to_vec())),
        // Envoy has validated it, but `auth` has not let it in.
        (
            "a certificate",
            get()
                .peer("spiffe://example.org/ns/ops/sa/x")
                .certificate(ClientCertificate::Validated { digest: [0; 32] }),
        ),
        (
            "headers",
            get().field("x-why", "it").field("groups", "platform").field("iss", "https://idp.example"),
        ),
    ] {
        assert_eq!(told(&explain, &request), "- x-why", "{name}");
        assert_eq!(request.reads(), 1, "{name}");
    }
    for (name, request, want) in [
        ("by claims", of(insider()), r#"x-why: "it";n=1;f, identity;iss="https://idp.example";sub="ada""#),
        (
            "by peer",
            of(IdentityRecord::default().spiffe_id("spiffe://example.org/ns/ops/sa/x")),
            r#"x-why: "it";n=1;f, identity;peer="spiffe://example.org/ns/ops/sa/x""#,
        ),
    ] {
        assert_eq!(told(&explain, &request), want, "{name}");
        assert_eq!(request.reads(), 1, "{name}");
    }
}

#[test]
fn a_claim_that_is_not_there_makes_nobody_an_insider() {
    let explain = read(r#"{"for": [{"claims": [{"name": "act", "present": false}]}]}"#).unwrap();
    assert_eq!(told(&explain, &FakeRequest::get("/")), "- x-why");
    let verified = FakeRequest::get("/").identity(record().into_bytes());
    assert!(told(&explain, &verified).starts_with("x-why: "));
}

#[test]
fn refuses() {
    for (name, json, want) in [
        ("nobody", "{}", "for: missing"),
        ("an empty list", r#"{"for": []}"#, "for: is empty"),
        ("nothing about them", r#"{"for": [{}]}"#, "for[0]: needs claims or peer"),
        ("no claims", r#"{"for": [{"claims": []}]}"#, "for[0].claims: is empty"),
        ("no peers", r#"{"for": [{"peer": []}]}"#, "for[0].peer: is empty"),
        (
            "what a client says",
            r#"{"for": [{"header": {"name": "x-debug", "exact": "1"}}]}"#,
            "for[0].header: unknown field, known here: claims, peer; for[0]: needs claims or peer",
        ),
        (
            "no matcher",
            r#"{"for": [{"claims": [{"name": "sub"}]}]}"#,
            "for[0].claims[0]: needs one of exact, prefix, suffix, regex, in, contains, present",
        ),
        ("no name", r#"{"for": [{"claims": [{"exact": "a"}]}]}"#, "for[0].claims[0].name: missing"),
        (
            "more than that",
            r#"{"for": [{"peer": ["spiffe://a/b"]}], "header": "x"}"#,
            "header: unknown field, known here: for",
        ),
    ] {
        assert_eq!(read(json).unwrap_err(), want, "{name}");
    }
}

/// RFC 9651 sections 4.1.6 and 4.1.11.
#[test]
fn texts_cannot_break_out() {
    for (name, text, want) in [
        ("visible", "a b", r#""a b""#.to_owned()),
        ("quotes", r#"a", b;c="\"#, r#""a\", b;c=\"\\""#.to_owned()),
        ("line ends", "a\r\nset-cookie: b", r#"%"a%0d%0aset-cookie: b""#.to_owned()),
        ("not ASCII", "Zoë \"%", r#"%"Zo%c3%ab %22%25""#.to_owned()),
        ("NUL and DEL", "\0\x7f", r#"%"%00%7f""#.to_owned()),
        ("long", &"é".repeat(129), format!("%\"{}\"", "%c3%a9".repeat(128))),
        ("empty", "", r#""""#.to_owned()),
    ] {
        assert_eq!(Item::new(text).0, want, "{name}");
        assert_eq!(Item::new("i").text("p", text).0, format!("\"i\";p={want}"), "{name}");
    }
}

#[test]
fn it_stays_short() {
    let record = record().text("x", &"x".repeat(60_000)).into_bytes();
    let identity = crate::Identity::new(&record).unwrap();
    let account = |count: usize| {
        let mut account = Account::of(identity);
        for _ in 0..count {
            account.add(Item::new(&"n".repeat(62)));
        }
        account.finish()
    };
    let who = r#"identity;iss="https://idp.example";sub="ada""#;
    // Each member has 64 bytes and 2 behind it: 62 of them are 4092.
    assert_eq!(account(62).len(), 62 * 66 + who.len());
    assert!(!account(62).contains("more"));
    for count in [63, 64, 1000] {
        assert_eq!(account(count).len(), 62 * 66 + "more, ".len() + who.len(), "{count}");
        assert!(account(count).ends_with(&format!("\", more, {who}")), "{count}");
    }
}
