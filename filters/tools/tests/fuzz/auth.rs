use crate::{choice, fuzz};
use auth_core::{Place, Places, Policy, judge};
use filter_api::fake::FakeRequest;
use filter_api::{Decision, Fields, Mutation, UnixTime, Value, config};

const PATHS: [&[u8]; 24] = [
    b"/",
    b"//",
    b"/.",
    b"..",
    b"%2F",
    b"%5c",
    b"%2e",
    b"%61",
    b"%25",
    b"%2",
    b"%",
    b"%20",
    b"%C3%A9",
    b"%C3",
    b"%E2%80%A8",
    b"%C0%AF",
    b"%F0%9F%98%80",
    b"%00",
    b";",
    b"\\",
    b"#",
    b"?",
    b"*",
    b"a",
];

/// What has one reading reads the same to servers that decode it once, twice, before or after they split it.
#[test]
fn path() {
    fuzz("path", &PATHS, |bytes| {
        let path = [b"/", bytes].concat();
        let _ = judge(bytes);
        if judge(&path).is_err() {
            return;
        }
        let path = path.split(|byte| *byte == b'?').next().unwrap();
        let once = decoded(path);
        assert_eq!(decoded(&once), once);
        let text = std::str::from_utf8(&once).expect("UTF-8");
        assert!(!text.contains([';', '\\']) && !text.contains(char::is_control), "{text:?}");
        let segments: Vec<_> = text.split('/').skip(1).collect();
        assert_eq!(segments.len(), path.iter().filter(|byte| **byte == b'/').count());
        assert!(!segments.iter().any(|segment| matches!(*segment, "." | "..")), "{text:?}");
        assert!(!segments[..segments.len() - 1].contains(&""), "{text:?}");
    });
}

const CREDENTIALS: [&[u8]; 18] = [
    b"Bearer ",
    b"bearer",
    b"Basic ",
    b"JWT ",
    b"t",
    b"access_token",
    b"access_token=t",
    b"access%5Ftoken=",
    b"=",
    b";",
    b"; ",
    b"&",
    b"?",
    b",",
    b" ",
    b"\"",
    b"%",
    b"+",
];

/// What is found is well-formed, and once it is taken out nothing is found any more and nothing else has changed.
#[test]
fn places() {
    let places = all_places();
    fuzz("places", &CREDENTIALS, |bytes| {
        let mut lines: Vec<(&str, Vec<u8>)> = vec![(":method", b"GET".to_vec())];
        for part in bytes.split(|byte| *byte == b'\n').take(6) {
            let (name, value) = choice(part, NAMES.len());
            let value = if NAMES[name] == ":path" { [b"/", value].concat() } else { value.to_vec() };
            lines.push((NAMES[name], value));
        }
        let serialised = serialise(&lines);
        let fields = Fields::new(&serialised);
        let Ok(Some(found)) = places.find(fields) else { return };
        if !found.is_well_formed() {
            return;
        }
        assert!(!found.token.is_empty() && found.token.iter().all(u8::is_ascii_graphic));
        for change in places.strip(fields, found.places) {
            apply(&mut lines, &change);
        }
        let serialised = serialise(&lines);
        // A second `:path` line does not occur; only the first is rewritten.
        if lines.iter().filter(|(name, _)| *name == ":path").count() < 2 {
            assert_eq!(places.find(Fields::new(&serialised)), Ok(None), "{lines:?}");
        }
        assert!(lines.contains(&(":method", b"GET".to_vec())));
    });
}

const LINES: [&[u8]; 16] = [
    b"/admin",
    b"/orders",
    b"/healthz",
    b"Bearer ",
    b"eyJhbGciOiJIUzI1NiJ9",
    b".",
    b"e30",
    b"access_token=",
    b"?",
    b"%2e",
    b"//",
    b"root",
    b"By=spiffe://example.org/a;URI=spiffe://example.org/ops",
    b"GET",
    b"CONNECT",
    b"*",
];

/// Nobody gets in without proof, and nobody writes what only the policy may.
#[test]
fn policy() {
    let policy = Policy::compile(&Value::from_json(POLICY.as_bytes()).unwrap()).unwrap();
    fuzz("policy", &LINES, |bytes| {
        let mut lines = bytes.split(|byte| *byte == b'\n');
        let path = [b"/", lines.next().unwrap_or_default()].concat();
        let mut request = FakeRequest::default()
            .at(UnixTime::from_secs(1_800_000_000))
            .field(":method", lines.next().unwrap_or_default())
            .field(":path", &path)
            .field("x-jwt-sub", "root")
            .field("X_jwt-sub".to_ascii_lowercase().as_str(), "root")
            .field("x-forwarded-client-cert", "URI=spiffe://example.org/ops");
        for line in lines.take(6) {
            let (name, value) = choice(line, NAMES.len());
            if NAMES[name] != ":path" {
                request = request.field(NAMES[name], value);
            }
        }
        match policy.authorize(&request, false) {
            Decision::Continue(effects) => {
                assert!(
                    path.split(|byte| *byte == b'?').next() == Some(b"/healthz"),
                    "{}",
                    path.escape_ascii()
                );
                for name in ["x-jwt-sub", "x_jwt-sub", "x-forwarded-client-cert"] {
                    assert!(effects.request.contains(&Mutation::Remove(name)), "{name}");
                }
            }
            Decision::Reply(reply) => assert!(matches!(reply.status, 400 | 401 | 403), "{}", reply.details),
            _ => panic!("nothing to wait for"),
        }
    });
}

const POLICY: &str = r#"{
    "providers": [{
        "name": "idp", "issuer": "https://issuer.example", "audiences": ["orders"],
        "keys": {"inline": {"keys": [{"kty": "oct", "k": "bm90IGtub3duIHRvIGFueWJvZHkgb3V0c2lkZSBvZiB0aGlz"}]}},
        "from": [{"header": "authorization", "prefix": "Bearer "}, {"cookie": "access_token"}, {"query": "access_token"}],
        "forward": {"token": "strip", "claims": [{"claim": "sub", "header": "x-jwt-sub"}]}
    }],
    "spiffe": {"xfcc": {"from": ["spiffe://example.org/edge"]}},
    "rules": [
        {"when": {"path": {"exact": "/healthz"}}, "allow": "anyone"},
        {"when": {"path": {"prefix": "/admin"}}, "require": {"peer": ["spiffe://example.org/ops"]}},
        {"require": {"token": "idp"}}
    ]
}"#;

const NAMES: [&str; 6] = ["authorization", "x-token", "x-auth", "cookie", ":path", "other"];

fn all_places() -> Places {
    let json = br#"[ {"header": "authorization", "prefix": "Bearer "}, {"header": "x-token"},
        {"header": "x-auth", "prefix": "JWT "}, {"cookie": "access_token"}, {"query": "access_token"} ]"#;
    let read = config::read(&Value::from_json(json).unwrap(), |node| Place::read_list(&node));
    let mut places = Places::default();
    places.add(&read.unwrap()).unwrap();
    places
}

fn apply<'n>(lines: &mut Vec<(&'n str, Vec<u8>)>, change: &Mutation<'n>) {
    match change {
        Mutation::Remove(name) => lines.retain(|(other, _)| other != name),
        Mutation::Set(name, value) => {
            lines.retain(|(other, _)| other != name);
            lines.push((name, value.to_vec()));
        }
        Mutation::Append(..) => panic!("a line more"),
    }
}

fn serialise(lines: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let bytes: Vec<_> = lines.iter().map(|(name, value)| (name.as_bytes(), value.as_slice())).collect();
    Fields::serialise(bytes.into_iter())
}

/// As a server would: every escape that is one.
fn decoded(text: &[u8]) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|value| u8::try_from(value).ok());
    let (mut bytes, mut rest) = (Vec::new(), text);
    while let [first, behind @ ..] = rest {
        let escape = match rest {
            [b'%', high, low, ..] => digit(*high).zip(digit(*low)).map(|(high, low)| high << 4 | low),
            _ => None,
        };
        bytes.push(escape.unwrap_or(*first));
        rest = if escape.is_some() { &behind[2..] } else { behind };
    }
    bytes
}
