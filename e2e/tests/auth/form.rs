//! The form of a token (threats J29 to J38, J50, J51): parts, base64url, JSON, sizes.

use e2e::{Key, base64url, compact};
use serde_json::json;

use super::setting::{Issuer, bearer, draft};

e2e::tests![
    parts_and_alphabet,
    members_of_the_header,
    json_that_is_none,
    json_that_is_unusual,
    deep_json,
    sizes,
];

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
    for (name, reasons, header) in [
        ("crit of something", "critical", r#"{"alg":"ES256","kid":"es","crit":["exp"],"exp":1}"#),
        ("crit of nothing", "critical", r#"{"alg":"ES256","kid":"es","crit":[]}"#),
        ("crit that is no list", "critical", r#"{"alg":"ES256","kid":"es","crit":"exp"}"#),
        ("crit null", "critical", r#"{"alg":"ES256","kid":"es","crit":null}"#),
        ("crit of a registered name", "critical", r#"{"alg":"ES256","kid":"es","crit":["alg"]}"#),
        (
            "b64 false, as it should be",
            "critical",
            r#"{"alg":"ES256","kid":"es","b64":false,"crit":["b64"]}"#,
        ),
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
    ] {
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

async fn json_that_is_none() {
    let issuer = Issuer::new();
    let gate = issuer.gate().await;
    let claims = draft().claims_json();
    let rows: Vec<_> = NO_JSON
        .iter()
        .map(|text| {
            let payload = [&claims.as_bytes()[..claims.len() - 1], b",\"x\":", *text, b"}"].concat();
            let name = format!("x: {}", text.escape_ascii());
            (name, "malformed", draft().claims_text(payload).sign(&issuer.es))
        })
        .collect();
    gate.refuses_tokens(&rows).await;
    let object = &claims[1..claims.len() - 1];
    let rows: Vec<_> = [
        ("a claim twice", format!("{{{object},\"planted\":1}}")),
        ("sub twice", format!("{{{object},\"sub\":\"root\"}}")),
        ("exp twice", format!("{{{object},\"exp\":9999999999}}")),
        ("exp twice, first", format!("{{\"exp\":9999999999,{object}}}")),
        ("aud twice", format!("{{\"aud\":\"x\",{object}}}")),
        ("iss twice, once escaped", format!("{{{object},\"\\u0069ss\":\"https://evil.example\"}}")),
        ("deep inside twice", format!("{{{object},\"a\":[{{\"b\":1,\"b\":1}}]}}")),
        ("a list", format!("[{{{object}}}]")),
        ("a string", "\"claims\"".to_owned()),
        ("nothing", " ".to_owned()),
        ("two objects", format!("{claims}{claims}")),
        ("a comma behind", format!("{{{object},}}")),
        ("a byte order mark", format!("\u{feff}{claims}")),
        ("not closed", format!("{{{object}")),
        ("a token inside", issuer.token()),
    ]
    .into_iter()
    .map(|(name, text)| (name.to_owned(), "malformed", draft().claims_text(text).sign(&issuer.es)))
    .collect();
    gate.refuses_tokens(&rows).await;
    gate.end().await;
}

async fn json_that_is_unusual() {
    let issuer = Issuer::new();
    let gate = issuer.gate().await;
    let claims = draft().claims_json();
    for text in GOOD_JSON {
        let payload = format!("{},\"x\":{text}}}", &claims[..claims.len() - 1]);
        gate.allows(text, bearer(&draft().claims_text(payload).sign(&issuer.es))).await;
    }
    // What the standard leaves open: either verdict, but the VM lives.
    for text in [
        "\"\\ud800\"",
        "\"\\udc00\\ud800\"",
        "1e400",
        "-1e400",
        "123456789012345678901234567890",
        "\"\\u0000\"",
    ] {
        let payload = format!("{},\"x\":{text}}}", &claims[..claims.len() - 1]);
        let token = draft().claims_text(payload).sign(&issuer.es);
        let status = gate.stack.send(bearer(&token)).await.status;
        assert!([200, 401].contains(&status), "{text}: {status}");
        gate.recount().await;
        gate.lives(text).await;
    }
    gate.end().await;
}

async fn deep_json() {
    let issuer = Issuer::new();
    let gate = issuer.gate().await;
    let claims = draft().claims_json();
    for (name, open, close) in [("lists", "[", "]"), ("objects", "{\"a\":", "}")] {
        for depth in [200, 1000, 10_000 / open.len()] {
            let value = format!("{}1{}", open.repeat(depth), close.repeat(depth));
            for value in [&value, &open.repeat(depth)] {
                let what = format!("{depth} {name}");
                let header = format!("{{\"alg\":\"ES256\",\"kid\":\"es\",\"x\":{value}}}");
                let payload = format!("{},\"x\":{value}}}", &claims[..claims.len() - 1]);
                let (header, payload) = (draft().header_text(header), draft().claims_text(payload));
                gate.refuses(&what, "malformed|too_large", bearer(&header.sign(&issuer.es))).await;
                gate.refuses(&what, "malformed|too_large", bearer(&payload.sign(&issuer.es))).await;
            }
        }
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

const NO_JSON: &[&[u8]] = &[
    b"",
    b"[",
    b"]",
    b"[1",
    b"[1,",
    b"[1,]",
    b"[,1]",
    b"[1 2]",
    b"[1;2]",
    b"{",
    b"{]",
    b"[}",
    b"{\"a\"}",
    b"{\"a\":}",
    b"{\"a\":1,}",
    b"{,\"a\":1}",
    b"{\"a\":1 \"b\":2}",
    b"{a:1}",
    b"{'a':1}",
    b"{1:1}",
    b"{null:1}",
    b"{\"a\"::1}",
    b"{\"a\":1}}",
    b"\"",
    b"\"a",
    b"a\"",
    b"'a'",
    b"\"\\\"",
    b"\"\\x41\"",
    b"\"\\u12\"",
    b"\"\\u12g4\"",
    b"\"\\U0041\"",
    b"\"\\a\"",
    b"\"\t\"",
    b"\"\n\"",
    b"\"\0\"",
    b"\"\x1f\"",
    b"\"\xff\"",
    b"\"\xc3\"",
    b"\"\xc3\x28\"",
    b"\"\xed\xa0\x80\"",
    b"\"\xc0\xaf\"",
    b"\"\xf5\x80\x80\x80\"",
    b"\xff",
    b"\xef\xbb\xbf1",
    b"\0",
    b"0123",
    b"+1",
    b"-",
    b"-01",
    b"--1",
    b".5",
    b"-.5",
    b"1.",
    b"1.e3",
    b"1e",
    b"1e+",
    b"1E-",
    b"1e1.5",
    b"1_000",
    b"0x10",
    b"0o17",
    b"0b1",
    b"1f",
    b"1,000",
    b"NaN",
    b"nan",
    b"Infinity",
    b"-Infinity",
    b"inf",
    b"True",
    b"FALSE",
    b"nul",
    b"nulll",
    b"None",
    b"undefined",
    b"tru",
    b"1 2",
    b"// note\n1",
    b"/* note */ 1",
    b"# note\n1",
    b"1 // note",
    b"\xe2\x80\xa81",
    b"\xc2\xa01",
    b"\x0b1",
    b"\x0c1",
    b"[1]\x00",
    b"`a`",
    b"<a>",
    b"(1)",
    b"@",
    b"*",
];

const GOOD_JSON: &[&str] = &[
    "null",
    "true",
    "false",
    "0",
    "-0",
    "0.0",
    "1e3",
    "1E+3",
    "1e-3",
    "0e0",
    "-1.5e-7",
    "18446744073709551615",
    "0.1234567890123456789",
    "\"\"",
    "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
    "\"\\u00e9 \\ud83d\\ude00\"",
    "\"é 😀 \u{2028}\"",
    "\"\u{7f}\"",
    "[]",
    "{}",
    "[ ]",
    "{ }",
    "[null,\t1,\r\n\"a\", [] ,{}]",
    "{\"\":0,\" \":1}",
    "{\"a\":{\"a\":{\"a\":[[[]]]}}}",
    "[[[[[[[[[[1]]]]]]]]]]",
];
