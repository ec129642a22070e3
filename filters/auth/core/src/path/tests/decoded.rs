use super::super::judge;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

const PIECES: [&str; 33] = [
    "/",
    "/",
    ".",
    "..",
    "a",
    "f",
    "2",
    "5",
    "61",
    "%",
    "%2",
    "%25",
    "%2e",
    "%2F",
    "%5c",
    "%61",
    "%20",
    "%C3",
    "%A9",
    "%C0",
    "%AF",
    "%E2%82%AC",
    "%00",
    "%3b",
    ";",
    "\\",
    "#",
    "?",
    "é",
    "@",
    "%40",
    "%23",
    "%3F",
];

/// The promise of this module, over arbitrary paths made of what attackers use.
#[test]
fn what_is_taken_reads_the_same_decoded_once_and_twice() {
    let (mut state, mut taken) = (1_u64, 0);
    for _ in 0..100_000 {
        let mut path = String::from("/");
        for _ in 0..6 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            path.push_str(PIECES[usize::try_from(state >> 33).unwrap() % PIECES.len()]);
        }
        if judge(path.as_bytes()).is_err() {
            continue;
        }
        taken += 1;
        let path = path.split('?').next().unwrap();
        let once = decode(path.as_bytes());
        let text = String::from_utf8(once.clone()).expect(path);
        assert_eq!(decode(&once), once, "{path} decoded twice");
        assert!(!text.contains([';', '\\']) && !text.contains(char::is_control), "{path}");
        let segments: Vec<_> = text.split('/').skip(1).collect();
        assert_eq!(segments.len(), path.split('/').skip(1).count(), "{path}");
        assert!(!segments.iter().any(|segment| matches!(*segment, "." | "..")), "{path}");
        assert!(!segments[..segments.len() - 1].contains(&""), "{path}");
    }
    assert!(taken > 1000, "{taken}");
}

/// As a server would: every escape that is one.
fn decode(path: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::new();
    let mut rest = path;
    while let Some((first, tail)) = rest.split_first() {
        let escape = (*first == b'%')
            .then(|| std::str::from_utf8(tail.get(..2)?).ok())
            .flatten()
            .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        decoded.push(escape.unwrap_or(*first));
        rest = if escape.is_some() { &tail[2..] } else { tail };
    }
    decoded
}
