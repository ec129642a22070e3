//! The form of a token (threats J29 to J35, J50): parts, base64url, header, size.

use super::setting::{Issuer, bearer, draft};
use e2e::{Key, base64url, compact};
use serde_json::json;

e2e::tests![parts_and_alphabet, members_of_the_header, sizes,];

const FORM: &str = "malformed|malformed_credentials|encrypted";

async fn parts_and_alphabet() {
    let issuer = Issuer::new();
    let gate = issuer.gate().await;
    let token = issuer.token();
    let parts: Vec<&str> = token.split('.').collect();
    let (h, p, s) = (parts[0], parts[1], parts[2]);
    let flat = json!({ "protected": h, "payload": p, "signature": s });
    let general = json!({ "payload": p, "signatures": [{ "protected": h, "signature": s }] });
    // The last character of 64 bytes holds four bits that must be zero.
    let tail = {
        let (rest, last) = s.split_at(s.len() - 1);
        let next = char::from(last.as_bytes()[0] + 1);
        format!("{h}.{p}.{rest}{next}")
    };
    for (name, token) in [
        ("two dots", "..".to_owned()),
        ("one part", h.to_owned()),
        ("two parts", format!("{h}.{p}")),
        ("no signature", format!("{h}.{p}.")),
        ("a dot at the end", format!("{token}.")),
        ("a dot at the start", format!(".{token}")),
        ("four parts", format!("{token}.{s}")),
        ("five parts", format!("{h}.{s}.{s}.{p}.{s}")),
        ("six parts", format!("{token}.{token}")),
        ("no header", format!(".{p}.{s}")),
        ("no payload", format!("{h}..{s}")),
        ("only dots", "...".to_owned()),
        ("flattened JSON", flat.to_string()),
        ("general JSON", general.to_string()),
        ("padded header", format!("{h}=.{p}.{s}")),
        ("padded signature", format!("{token}==")),
        ("a length of one more than four", format!("{h}.{p}.{s}AAA")),
        ("bits beyond the last byte", tail),
        ("the other alphabet", format!("{h}.{p}.+/{}", &s[2..])),
        ("a question mark inside", format!("{h}.{p}?.{s}")),
        ("a percent inside", format!("{h}.{p}%3D.{s}")),
        ("a space inside", format!("{h}. {p}.{s}")),
        ("a tab inside", format!("{h}.\t{p}.{s}")),
        ("a comma behind", format!("{token},")),
        ("quotes", format!("\"{token}\"")),
        ("characters that are no base64", format!("{h}.{p}.{s}~")),
    ] {
        let unsigned = if name == "a length of one more than four" { "malformed|signature" } else { FORM };
        gate.refuses(name, unsigned, bearer(&token)).await;
    }
    gate.end().await;
}

async fn members_of_the_header() {
    let issuer = Issuer::new();
    let gate = issuer.gate().await;
    for (name, reasons, header) in HEADERS {
        gate.refuses(name, reasons, bearer(&draft().header_text(header).sign(&issuer.es))).await;
    }
    let not_text = draft().header_text(b"{\"alg\":\"ES256\",\"kid\":\"es\",\"x\":\"\xff\"}").sign(&issuer.es);
    gate.refuses("a header that is not UTF-8", "malformed", bearer(&not_text)).await;
    for (name, header) in [
        ("white space", " \t\r\n{ \"alg\" : \"ES256\" ,\n\"kid\":\"es\" } \n"),
        ("escapes", r#"{"\u0061lg":"\u0045S256","kid":"es"}"#),
        ("members nobody knows", r#"{"alg":"ES256","kid":"es","x":[1,{"y":null}],"nonce":"1"}"#),
        ("typ", r#"{"typ":"JWT","alg":"ES256","kid":"es"}"#),
    ] {
        gate.allows(name, bearer(&draft().header_text(header).sign(&issuer.es))).await;
    }
    gate.end().await;
}

async fn sizes() {
    let issuer = Issuer::new();
    let gate = issuer.gate().await;
    let of = |bytes: usize| draft().claim("fill", "x".repeat(bytes * 3 / 4 - 400)).sign(&issuer.es);
    for kib in [1, 4, 8, 15] {
        gate.allows(&format!("{kib} KiB"), bearer(&of(kib << 10))).await;
    }
    for kib in [17, 32, 55] {
        gate.refuses(&format!("{kib} KiB"), "too_large", bearer(&of(kib << 10))).await;
    }
    let huge = gate.stack.send(bearer(&of(70 << 10))).await;
    assert_eq!(huge.status, 431, "Envoy's own limit");
    gate.lives("70 KiB").await;
    let key = Key::secret("es", [7; 32]);
    for (name, token) in [
        ("only a header, large", format!("{}..", base64url("x".repeat(40_000)))),
        ("dots", ".".repeat(40_000)),
        ("one character", "A".repeat(40_000)),
        ("a large signature", compact(b"{\"alg\":\"ES256\",\"kid\":\"es\"}", b"{}", |_| vec![1; 30_000])),
        ("another algorithm, large", draft().claim("fill", "x".repeat(30_000)).sign(&key)),
    ] {
        gate.refuses(name, "too_large|malformed|malformed_credentials", bearer(&token)).await;
    }
    gate.end().await;
}

/// What is wrong, the reason, the header.
const HEADERS: &[(&str, &str, &str)] = &[
    ("crit of something", "critical", r#"{"alg":"ES256","kid":"es","crit":["exp"],"exp":1}"#),
    ("crit of nothing", "critical", r#"{"alg":"ES256","kid":"es","crit":[]}"#),
    ("crit that is no list", "critical", r#"{"alg":"ES256","kid":"es","crit":"exp"}"#),
    ("crit null", "critical", r#"{"alg":"ES256","kid":"es","crit":null}"#),
    ("crit of a registered name", "critical", r#"{"alg":"ES256","kid":"es","crit":["alg"]}"#),
    ("b64 false, as it should be", "critical", r#"{"alg":"ES256","kid":"es","b64":false,"crit":["b64"]}"#),
    ("b64 false alone", "critical", r#"{"alg":"ES256","kid":"es","b64":false}"#),
    ("b64 true", "critical", r#"{"alg":"ES256","kid":"es","b64":true}"#),
    ("enc", "encrypted", r#"{"alg":"ES256","kid":"es","enc":"A256GCM"}"#),
    ("zip", "encrypted", r#"{"alg":"ES256","kid":"es","zip":"DEF"}"#),
    ("nested", "nested", r#"{"alg":"ES256","kid":"es","cty":"JWT"}"#),
    ("nested in small letters", "nested", r#"{"alg":"ES256","kid":"es","cty":"jwt"}"#),
    ("alg twice, the good one first", "malformed", r#"{"alg":"ES256","alg":"none","kid":"es"}"#),
    ("alg twice, the good one last", "malformed", r#"{"alg":"none","alg":"ES256","kid":"es"}"#),
    ("alg twice, once escaped", "malformed", r#"{"alg":"ES256","\u0061lg":"ES256","kid":"es"}"#),
    ("kid twice", "malformed", r#"{"alg":"ES256","kid":"es","kid":"es"}"#),
    ("a member nobody knows, twice", "malformed", r#"{"alg":"ES256","kid":"es","x":1,"x":2}"#),
    ("twice deep inside", "malformed", r#"{"alg":"ES256","kid":"es","x":{"y":1,"y":2}}"#),
    ("a list", "malformed", r#"["ES256"]"#),
    ("a string", "malformed", r#""ES256""#),
    ("null", "malformed", "null"),
    ("empty", "malformed|algorithm", "{}"),
    ("cut", "malformed", r#"{"alg":"ES256","kid":"es""#),
    ("more behind", "malformed", r#"{"alg":"ES256","kid":"es"}{}"#),
    ("a byte order mark", "malformed", "\u{feff}{\"alg\":\"ES256\",\"kid\":\"es\"}"),
    ("NUL behind", "malformed", "{\"alg\":\"ES256\",\"kid\":\"es\"}\0"),
    ("single quotes", "malformed", "{'alg':'ES256','kid':'es'}"),
    ("typ that is no string", "malformed", r#"{"alg":"ES256","kid":"es","typ":1}"#),
];
