//! Paths (threats R09, R10): however `/admin` is written, nobody gets there without a token.

use super::gate::Gate;
use super::setting::Issuer;
use e2e::{Bootstrap, Request, exchange};
use serde_json::{Value, json};

e2e::tests![no_spelling_reaches_the_protected_part, plain_paths_are_served,];

/// `/public` is open, `/admin` is not; nothing else is anybody's.
pub(super) fn policy(issuer: &Issuer) -> Value {
    let mut policy = issuer.policy();
    policy["rules"] = json!([
        { "name": "admin", "when": { "path": { "prefix": "/admin" } }, "require": { "token": "idp" } },
        { "name": "open", "allow": "anyone" },
    ]);
    policy
}

/// What some server, somewhere, takes for `/admin`.
const SPELLINGS: &[&str] = &[
    "/admin",
    "/admin/",
    "/admin/x",
    "/admin.",
    "/admin?x",
    "/admin?",
    "/admin#x",
    "//admin",
    "///admin",
    "/./admin",
    "/.//admin",
    "/x/../admin",
    "/x/..//admin",
    "/x/y/../../admin",
    "/public/../admin",
    "/public/..;/admin",
    "/public/..;a=b/admin",
    "/public/.;/../admin",
    "/..;/admin",
    "/;/admin",
    "/;a/admin",
    "/.;/admin",
    "/admin;",
    "/admin;x",
    "/admin;jsessionid=1",
    "/x;/../admin",
    "/public/%2e%2e/admin",
    "/public/%2E%2E/admin",
    "/public/.%2e/admin",
    "/public/%2e./admin",
    "/%2e/admin",
    "/public%2f..%2fadmin",
    "/public/..%2fadmin",
    "/public/..%5cadmin",
    "/public\\..\\admin",
    "/public/..\\admin",
    "\\admin",
    "/\\admin",
    "/%5cadmin",
    "/%5Cadmin",
    "/%2fadmin",
    "/%2Fadmin",
    "/%2f%2fadmin",
    "/%61dmin",
    "/%61%64%6d%69%6e",
    "/%41dmin",
    "/a%64min",
    "/admi%6e",
    "/%2561dmin",
    "/public/%252e%252e/admin",
    "/public/%25%32%65%25%32%65/admin",
    "/public%252f..%252fadmin",
    "/%c0%afadmin",
    "/public/%c0%ae%c0%ae/admin",
    "/public/%e0%80%ae%e0%80%ae/admin",
    "/%c1%9cadmin",
    "/public/%u002e%u002e/admin",
    "/%u0061dmin",
    "/admin%00",
    "/admin%00.html",
    "/%00/../admin",
    "/admin%20",
    "/admin%09",
    "/admin%0a",
    "/admin%0d%0ax:1",
    "/%20admin",
    "/admin%3b",
    "/admin%3bx=1",
    "/admin%23",
    "/admin%3f",
    "/public/..%00/admin",
    "/public/..%0d/admin",
    "/public/...//admin",
    "/public/%2e%2e%2fadmin",
    "/public/%2e%2e%5cadmin",
    "/public/x/%2e%2e/%2e%2e/admin",
    "/%EF%BC%8Fadmin",
    "/public/\u{ff0e}\u{ff0e}/admin",
    "/%",
    "/%4",
    "/%zzadmin",
    "/%%61dmin",
    "/admin%",
    "/admin\t",
    "/admin\u{b}",
    "/admin\x7f",
    "/admin\0",
    "http://shop.example/admin",
    "http://shop.example//admin",
    "http://shop.example/public/../admin",
    "http:/admin",
    "http://@shop.example/admin",
    "HTTP://shop.example/%61dmin",
    "admin",
    "./admin",
    "?/admin",
    "",
];

/// Each of the ways in which a connection manager may normalise, and each as strict as the other.
async fn no_spelling_reaches_the_protected_part() {
    e2e::suite::needs_local("containers publish two listeners only");
    let issuer = Issuer::new();
    let normalising = |normalize: bool, merge: bool, slashes: &'static str| {
        move |manager: &mut Value| {
            manager["normalize_path"] = json!(normalize);
            manager["merge_slashes"] = json!(merge);
            manager["path_with_escaped_slashes_action"] = json!(slashes);
        }
    };
    let bootstrap = Bootstrap::auth()
        .policy_value(policy(&issuer))
        .plain_listener("off", normalising(false, false, "KEEP_UNCHANGED"))
        .plain_listener("on", normalising(true, false, "KEEP_UNCHANGED"))
        .plain_listener("merged", normalising(true, true, "UNESCAPE_AND_FORWARD"))
        .plain_listener("refusing", normalising(true, true, "REJECT_REQUEST"));
    let gate = Gate::start(bootstrap, Request::get("/public")).await;
    let before = gate.upstream().await;
    let (mut sent, mut refused) = (0, 0);
    for listener in ["http", "off", "on", "merged", "refusing"] {
        for method in ["GET", "POST"] {
            for spelling in SPELLINGS {
                let target: Vec<u8> = spelling.as_bytes().to_vec();
                let head =
                    [method.as_bytes(), b" ", &target, b" HTTP/1.1\r\nhost: shop.example\r\n"].concat();
                let request = [&head, b"content-length: 0\r\n\r\n".as_slice()].concat();
                let answer = exchange(gate.stack.envoy.addr(listener), &request).await.expect("an answer");
                sent += 1;
                let text = String::from_utf8_lossy(&answer.body);
                match answer.status {
                    400 | 401 | 403 | 404 | 307 | 0 => refused += 1,
                    // What is left are names of their own, as `/ADMIN` on a server that tells them apart: no rule
                    // covers them, and the upstream may see them as they were sent.
                    200 => {
                        let path = e2e::Report::parse(&answer.body).expect("a report").path;
                        assert!(!means_admin(&path), "{listener}: {spelling:?} got through as {path:?}");
                    }
                    status => panic!("{listener}: {spelling:?}: {status} {text}"),
                }
            }
        }
        gate.recount().await;
        gate.lives(listener).await;
    }
    assert!(sent >= 600 && refused * 100 >= sent * 95, "{refused} of {sent} were refused");
    assert!(gate.upstream().await - before < sent / 10);
    gate.end().await;
}

/// As the most lenient server would read it: decoded as often as that changes anything, cut at `;`, resolved.
fn means_admin(path: &str) -> bool {
    let mut text = path.split(['?', '#']).next().unwrap_or_default().to_owned();
    for _ in 0..4 {
        let bytes = text.as_bytes();
        let (mut decoded, mut at) = (Vec::new(), 0);
        while at < bytes.len() {
            let hex = text.get(at + 1..at + 3).and_then(|hex| u8::from_str_radix(hex, 16).ok());
            match hex.filter(|_| bytes[at] == b'%') {
                Some(byte) => {
                    decoded.push(byte);
                    at += 3;
                }
                None => {
                    decoded.push(bytes[at]);
                    at += 1;
                }
            }
        }
        text = String::from_utf8_lossy(&decoded).into_owned();
    }
    let mut segments: Vec<&str> = Vec::new();
    for segment in text.split(['/', '\\']) {
        match segment
            .split(';')
            .next()
            .unwrap_or_default()
            .trim_end_matches(|c: char| c.is_control() || c == ' ')
        {
            "" | "." => {}
            ".." => drop(segments.pop()),
            name => segments.push(name),
        }
    }
    segments.first().is_some_and(|first| first.trim_end_matches('.') == "admin")
}

async fn plain_paths_are_served() {
    let issuer = Issuer::new();
    let gate = Gate::start(Bootstrap::auth().policy_value(policy(&issuer)), Request::get("/public")).await;
    for path in [
        "/",
        "/a",
        "/a/",
        "/a/b.c",
        "/a/.well-known/x",
        "/...",
        "/a.b/..c/d..",
        "/a-b_c~d",
        "/a%20b",
        "/%C3%A9",
        "/a@b",
        "/a:b",
        "/a,b",
        "/a!b$&'()*+=",
        "/a?b=c/../d;e",
        "/a?//",
        "/a?b=%2f%2e",
        "/ADMIN",
        "/administrator?x",
    ] {
        // Longer names that begin alike are covered by the prefix.
        if path.starts_with("/admin") {
            gate.refuses(path, "no_token", Request::get(path)).await;
        } else {
            let report = gate.allows(path, Request::get(path)).await;
            assert_eq!(report.path, path);
        }
    }
    let token = format!("Bearer {}", issuer.token());
    for path in ["/admin", "/admin/x", "/admin?x=1"] {
        gate.allows(path, Request::get(path).header("authorization", &token)).await;
        gate.refuses(path, "no_token", Request::get(path)).await;
    }
    for path in ["/a//b", "/a;b", "/a/%2e/b", "/a%2fb", "/a%00", "/%c0%af", "/a\\b"] {
        // With a good token, too: nobody may write like that.
        let request = format!("GET {path} HTTP/1.1\r\nhost: a\r\nauthorization: {token}\r\n@id\r\n\r\n");
        let answer = exchange(gate.stack.envoy.addr("http"), request.replace("@id\r\n", "").as_bytes()).await;
        let status = answer.expect("an answer").status;
        // The shipped file normalises some of these away first.
        assert!([200, 307, 400].contains(&status), "{path}: {status}");
        gate.recount().await;
    }
    gate.end().await;
}
