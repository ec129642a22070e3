//! The JSON of claims (threats J36 to J38): what is none, what is unusual, what is deep.

use super::setting::{Issuer, bearer, draft};

e2e::tests![json_that_is_none, json_that_is_unusual, deep_json,];

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
