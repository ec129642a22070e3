//! Paths, methods and header lines that want to be misread.

use super::people::People;
use super::shape::Shape;
use crate::dice::Dice;

/// Changes the path. What it is then is for the upstream's report to say.
pub(crate) fn path(dice: &mut Dice, shape: &mut Shape) {
    let name = *dice.one(PATHS);
    shape.history.push(name);
    let (target, query) = match shape.target.iter().position(|byte| *byte == b'?') {
        Some(at) => shape.target.split_at(at),
        None => (shape.target.as_slice(), b"".as_slice()),
    };
    let (mut target, mut query) = (target.to_vec(), query.to_vec());
    let at = 1 + dice.roll(target.len().max(2) - 1).min(target.len().saturating_sub(1));
    let at = at.min(target.len());
    match name {
        "plain query" => {
            query = [b"?q=", dice.one(QUERIES).as_bytes()].concat();
            shape.target = [target, query].concat();
            // It says nothing to any rule.
            return;
        }
        "deeper" => {
            target.extend_from_slice(b"/4711/items");
            shape.target = [target, query].concat();
            if shape.target.starts_with(b"/healthz") {
                shape.doubtful();
            }
            return;
        }
        "escape" => {
            if let Some(byte) = target.get(at).copied() {
                let escaped =
                    if dice.percent(50) { format!("%{byte:02x}") } else { format!("%25{byte:02X}") };
                target.splice(at..=at, escaped.into_bytes());
            }
        }
        "piece" => drop(target.splice(at..at, dice.one(PIECES).bytes())),
        "before" => drop(target.splice(0..0, dice.one(PREFIXES).bytes())),
        "behind" => target.extend(dice.one(PIECES).bytes()),
        "case" => target.iter_mut().skip(at).take(2).for_each(u8::make_ascii_uppercase),
        "other" => target = dice.one(OTHERS).as_bytes().to_vec(),
        "byte" => target.insert(at, *dice.one(BYTES)),
        "delete" if at < target.len() => drop(target.remove(at)),
        "long" => {
            let length = *dice.one(&[1_000, 8_000, 16_000, 70_000]);
            target.extend(std::iter::repeat_n(*dice.one(b"a/.%;"), length));
        }
        _ => query = [b"?", dice.one(PIECES).as_bytes(), b"=", dice.one(PREFIXES).as_bytes()].concat(),
    }
    shape.target = [target, query].concat();
    shape.rewritten = true;
    shape.doubtful();
}

/// Changes the method.
pub(crate) fn method(dice: &mut Dice, shape: &mut Shape) {
    shape.history.push("method");
    shape.method = dice.one(METHODS).as_bytes().to_vec();
    // Whatever this means for where the answer ends.
    shape.alone |= shape.method == b"CONNECT" || shape.method.is_empty();
    shape.doubtful();
}

/// Adds, doubles or changes header lines.
pub(crate) fn line(dice: &mut Dice, shape: &mut Shape, people: &People) {
    let name = match *dice.one(HEADERS) {
        // Each takes a connection of its own, and some the patience to see that nothing more comes.
        "split" | "framing" if dice.percent(85) => "harmless",
        name => name,
    };
    shape.history.push(name);
    match name {
        "forged" => {
            // Removed from what the client sent: it changes nothing.
            let value = *dice.one(FORGED_VALUES);
            shape.line(*dice.one(FORGED), value);
            return;
        }
        "harmless" => {
            let value = "v".repeat(1 + dice.roll(200));
            shape.line(format!("x-any-{}", dice.roll(50)), value);
            return;
        }
        "many" => {
            (0..dice.roll(25)).for_each(|number| shape.line(format!("x-many-{number}"), "1"));
            return;
        }
        "two tokens" | "elsewhere" | "split" | "respelled" => token_line(dice, shape, people, name),
        _ => odd_line(dice, shape, name),
    }
    shape.doubtful();
}

/// Names and values that are none, or too much.
fn odd_line(dice: &mut Dice, shape: &mut Shape, name: &str) {
    match name {
        "forged, spelled otherwise" => {
            let mut forged = dice.one(FORGED).as_bytes().to_vec();
            for byte in &mut forged {
                match *byte {
                    b'-' if dice.percent(50) => *byte = b'_',
                    _ if dice.percent(30) => byte.make_ascii_uppercase(),
                    _ => {}
                }
            }
            shape.line(forged, *dice.one(FORGED_VALUES));
        }
        "bytes" => {
            let (known, value) = (*dice.one(KNOWN), bytes(dice));
            shape.line(known, value);
        }
        "name of bytes" => {
            let name = [b"x".as_slice(), &bytes(dice)].concat();
            shape.line(name, "1");
        }
        "long" => {
            let length = *dice.one(&[4_000, 30_000, 70_000]);
            shape.line("x-long", vec![b'x'; length]);
        }
        "framing" => {
            let (name, value) = *dice.one(FRAMING);
            shape.line(name, value);
            shape.alone = true;
        }
        _ => (0..120).for_each(|number| shape.line(format!("x-many-{number}"), "1")),
    }
}

/// Another good token beside the first or in another place, and the first one written otherwise.
fn token_line(dice: &mut Dice, shape: &mut Shape, people: &People, name: &str) {
    let other = &*people.good[dice.roll(people.good.len())].token;
    match name {
        "two tokens" => {
            let place = dice.roll(shape.lines.len() + 1);
            let value = format!("Bearer {other}").into_bytes();
            shape.lines.insert(place, (b"authorization".to_vec(), value));
        }
        "elsewhere" => {
            let (name, value) = *dice.one(ELSEWHERE);
            shape.line(name, value.replace('@', other));
        }
        "split" => {
            shape.line("x-split", dice.one(SPLITS).replace('@', other));
            shape.alone = true;
        }
        _ => {
            for (name, value) in &mut shape.lines {
                if name.eq_ignore_ascii_case(b"authorization") {
                    respell(dice, name, value);
                }
            }
        }
    }
}

fn respell(dice: &mut Dice, name: &mut Vec<u8>, value: &mut Vec<u8>) {
    let token = value.split_off(value.len().min(7));
    let schemes: &[&[u8]] = &[
        b"bearer ",
        b"BEARER ",
        b"Bearer  ",
        b"Bearer\t",
        b"Bearer",
        b"Bearer: ",
        b"Bearer \"",
        b"Basic ",
        b"JWT ",
        b" Bearer ",
        b"Bearer ,",
        b"Bearer x, Bearer ",
        b"",
        b"Bearer Bearer ",
        b"\x80Bearer ",
        b"Negotiate, Bearer ",
    ];
    *value = [*dice.one(schemes), token.as_slice()].concat();
    let names: &[&[u8]] = &[
        b"authorization",
        b"Authorization",
        b"AUTHORIZATION",
        b"authorization ",
        b"proxy-authorization",
        b"author_ization",
    ];
    if dice.percent(40) {
        *name = dice.one(names).to_vec();
    }
}

fn bytes(dice: &mut Dice) -> Vec<u8> {
    (0..=dice.roll(6)).map(|_| *dice.one(BYTES)).collect()
}

const PATHS: &[&str] = &[
    "plain query",
    "plain query",
    "deeper",
    "deeper",
    "escape",
    "piece",
    "before",
    "behind",
    "case",
    "other",
    "byte",
    "delete",
    "long",
    "query",
];
const QUERIES: &[&str] = &["1", "red", "a%20b", "%2F..%2Fadmin", "../admin", ";x", "//", "%ff"];
const PIECES: &[&str] = &[
    "/",
    "//",
    "/./",
    "/../",
    "/..;/",
    ";",
    ";x=1",
    "%2f",
    "%2F",
    "%5c",
    "\\",
    "%2e%2e",
    "%252e%252e",
    "..",
    ".",
    "%00",
    "%0d%0a",
    "%",
    "%zz",
    "%u002f",
    "%c0%af",
    "%e2%80%a8",
    "#",
    "#a",
    " ",
    "%20",
    "%09",
    "\t",
    "é",
    "\u{ff0e}",
    "%3b",
    "%3f",
    "/../admin",
    "/..%2fadmin",
    "/%2e%2e/admin",
    "/..\\admin",
    "/../orders",
    "/../strict",
    "+",
    "@",
    "*",
    "~",
    "'",
    "\"",
    "{",
    "|",
];
const PREFIXES: &[&str] = &[
    "/public/..",
    "/public/../..",
    "/public/%2e%2e",
    "/public/..;",
    "/public;",
    "/.",
    "/",
    "//",
    "/x/..",
    "\\",
    "http://shop.example",
    "http://@",
    "HTTP://shop.example",
    ".",
    "*",
    "/healthz/..",
    "/healthz;",
    "/admin/..",
    "/orders/../public/..",
    "%2f",
    "/%2e",
];
const OTHERS: &[&str] = &[
    "/",
    "*",
    "",
    "/ADMIN",
    "/Orders",
    "/admin.",
    "/orders-old",
    "/healthz/",
    "/healthz?",
    "/healthz;/../admin",
    "/public",
    "/publicx",
    "/strict/x",
    "/unknown",
    "http://shop.example/admin",
    "http:/admin",
    "admin",
    "?/admin",
    "/%61dmin",
    "/%2561dmin",
    "/o%72ders",
];
const METHODS: &[&str] = &[
    "GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW", "get", "Get", "GETX",
    "M-SEARCH", "PROPFIND", "CONNECT", "G\u{0}T", "GE T", "", "QUERY",
];
const HEADERS: &[&str] = &[
    "forged",
    "forged",
    "forged",
    "harmless",
    "harmless",
    "many",
    "forged, spelled otherwise",
    "bytes",
    "bytes",
    "name of bytes",
    "long",
    "more than that many",
    "two tokens",
    "elsewhere",
    "split",
    "framing",
    "respelled",
    "respelled",
];
const FORGED: &[&str] = &["x-jwt-sub", "x-sluice-subset"];
const FORGED_VALUES: &[&str] =
    &["admin", "admin-0", "canary", "stable", "reader-7", "1", "", "a, b", "canary,canary"];
const KNOWN: &[&str] = &[
    "x-jwt-sub",
    "x-sluice-subset",
    "authorization",
    "cookie",
    "baggage",
    "traceparent",
    "x-forwarded-for",
    "x-forwarded-client-cert",
    "user-agent",
    "x-request-id",
    "x-envoy-original-path",
    "x-any",
    "accept",
];
const ELSEWHERE: &[(&str, &str)] = &[
    ("x-authorization", "Bearer @"),
    ("proxy-authorization", "Bearer @"),
    ("cookie", "access_token=@; token=@"),
    ("x-forwarded-access-token", "@"),
    ("x-original-url", "/public?access_token=@"),
    ("x-http-method-override", "GET"),
    ("x-rewrite-url", "/admin"),
    ("x-envoy-original-path", "/public"),
    ("forwarded", "for=@"),
];
const SPLITS: &[&str] = &[
    "1\r\nauthorization: Bearer @",
    "1\nauthorization: Bearer @",
    "1\r\n\r\nGET /admin HTTP/1.1\r\nhost: shop.example\r\n\r\n",
    "1\r\n continued",
    "1\rauthorization: Bearer @",
    "1\r\nx-jwt-sub: admin",
    "1\r\nhost: other.example",
];
const FRAMING: &[(&str, &str)] = &[
    ("content-length", "0"),
    ("content-length", "-1"),
    ("content-length", "1x"),
    ("content-length", "99999999999999999999"),
    ("transfer-encoding", "identity"),
    ("transfer-encoding", "chunked, identity"),
    ("transfer-encoding", "\u{b}chunked"),
    ("connection", "authorization"),
    ("connection", "x-jwt-sub, close"),
    ("connection", "upgrade"),
    ("upgrade", "h2c"),
    ("upgrade", "websocket"),
    ("expect", "100-continue"),
    ("expect", "nonsense"),
    ("host", "admin.example"),
    ("te", "trailers"),
    ("trailer", "authorization"),
];
const BYTES: &[u8] =
    b"\x00\x01\x08\x0b\x1b\x7f\x80\xa0\xc3\x28\xe2\xed\xf0\xff aZ0:;,=\"%&?#/\\()<>@[]{}|^`~\t";
