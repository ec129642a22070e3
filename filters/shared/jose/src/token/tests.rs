use crate::error::{Malformed, TokenError};
use crate::testing::{Host, base64url, keys, reason, secret_keys, signed, verify};
use crate::{Algorithm, Json, Room, Token};
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

const HEADER: &str = r#"{"alg": "HS256"}"#;

fn good() -> String {
    signed(HEADER, "{}")
}

/// J29, J30, J35.
#[test]
fn refuses_what_is_not_three_parts() {
    let token = good();
    let parts: Vec<&str> = token.split('.').collect();
    let [h, p, s] = parts[..] else { panic!("three parts") };
    let json = format!(r#"{{"payload": "{p}", "protected": "{h}", "signature": "{s}"}}"#);
    let general =
        format!(r#"{{"payload": "{p}", "signatures": [{{"protected": "{h}", "signature": "{s}"}}]}}"#);
    for (name, text, want) in [
        ("nothing", String::new(), "malformed"),
        ("one part", h.to_owned(), "malformed"),
        ("two parts", format!("{h}.{p}"), "malformed"),
        ("no signature", format!("{h}.{p}."), "malformed"),
        ("no header", format!(".{p}.{s}"), "malformed"),
        ("no payload", format!("{h}..{s}"), "malformed"),
        ("dots only", "..".to_owned(), "malformed"),
        ("signature missing, dot behind", format!("{h}.{p}.."), "malformed"),
        ("dot behind", format!("{token}."), "malformed"),
        ("dot before", format!(".{token}"), "malformed"),
        ("four parts", format!("{token}.{s}"), "malformed"),
        ("five parts are a JWE", format!("{token}.{s}.{s}"), "encrypted"),
        ("six parts", format!("{token}.{s}.{s}.{s}"), "malformed"),
        ("flattened JSON", json, "malformed"),
        ("general JSON", general, "malformed"),
    ] {
        assert_eq!(reason(&text, &secret_keys()), want, "{name}");
    }
    assert_eq!(reason(&token, &secret_keys()), "accepted");
}

/// J31. The header `{"alg":"HS256"}` is 15 bytes, so its base64url has no bits to spare; with a space more it has 2, then 4.
#[test]
fn refuses_other_base64() {
    let token = good();
    let [h, p, s] = token.split('.').collect::<Vec<_>>()[..] else { panic!("three parts") };
    for (name, text) in [
        ("padding", format!("{h}.{p}.{s}=")),
        ("padding of the header", format!("{h}==.{p}.{s}")),
        ("space before", format!(" {token}")),
        ("space behind", format!("{token} ")),
        ("line feed behind", format!("{token}\n")),
        ("space inside", format!("{h}.{p} .{s}")),
        ("question mark", format!("{h}.{p}?.{s}")),
        ("length 1 modulo 4", format!("{h}.{p}.{s}AA")),
        ("standard alphabet", format!("{h}.{p}.{}+/", s.split_at(s.len() - 3).0)),
        ("bits that no byte has", format!("{h}.{p}.{}", with_other_tail_bits(s))),
        ("bits that no byte has, in the payload", format!("{h}.{}.{s}", with_other_tail_bits(p))),
        ("not ASCII", format!("{h}.{p}.é{s}")),
    ] {
        assert_eq!(reason(&text, &secret_keys()), "malformed", "{name}");
    }
}

/// The same bytes, were it not for bits beyond the last of them.
fn with_other_tail_bits(text: &str) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    assert_ne!(text.len() % 4, 0, "no bits to spare");
    let (last, rest) = text.as_bytes().split_last().unwrap();
    let place = ALPHABET.iter().position(|byte| byte == last).unwrap();
    [rest, &[ALPHABET[place ^ 1]]].concat().into_iter().map(char::from).collect()
}

/// J01, J02, J07.
#[test]
fn refuses_unknown_algorithms() {
    let secret = secret_keys();
    for alg in [
        r#""none""#,
        r#""None""#,
        r#""NONE""#,
        r#""nOnE""#,
        r#""hs256""#,
        r#""HS256 ""#,
        r#"" HS256""#,
        r#""HS256\u0000""#,
        r#""HS1""#,
        r#""ES521""#,
        r#""ES224""#,
        r#""ES256K""#,
        r#""Ed448""#,
        r#""RSA-OAEP""#,
        r#""A256KW""#,
        r#""""#,
        "null",
        "5",
        "true",
        r#"["HS256"]"#,
        r#"{"HS256": 1}"#,
    ] {
        for kid in ["", r#", "kid": "a""#] {
            let token = signed(format!(r#"{{"alg": {alg}{kid}}}"#), "{}");
            assert_eq!(reason(&token, &secret), "algorithm", "{alg}");
            let unsigned = format!("{}.", token.rsplit_once('.').unwrap().0);
            assert_eq!(reason(unsigned, &secret), "algorithm", "{alg} without a signature");
        }
    }
    assert_eq!(reason(signed("{}", "{}"), &secret), "algorithm");
}

#[test]
fn names_of_algorithms_are_exact() {
    for algorithm in Algorithm::ALL {
        assert_eq!(algorithm.to_string().parse(), Ok(algorithm));
        assert!(algorithm.to_string().to_lowercase().parse::<Algorithm>().is_err());
    }
}

/// J11, J33, J34, J35.
#[test]
fn judges_header_members() {
    let long = "k".repeat(8192);
    let longest = "k".repeat(Token::MAX_KEY_ID_BYTES);
    let too_long = "k".repeat(Token::MAX_KEY_ID_BYTES + 1);
    for (name, members, want) in [
        ("crit unknown", r#""crit": ["exp"]"#, "critical"),
        ("crit empty", r#""crit": []"#, "critical"),
        ("crit no list", r#""crit": "exp""#, "critical"),
        ("crit of a registered member", r#""crit": ["alg"]"#, "critical"),
        ("crit null", r#""crit": null"#, "critical"),
        ("b64 with crit", r#""b64": false, "crit": ["b64"]"#, "critical"),
        ("b64 alone", r#""b64": false"#, "critical"),
        ("b64 true", r#""b64": true"#, "critical"),
        ("enc", r#""enc": "A256GCM""#, "encrypted"),
        ("zip", r#""zip": "DEF""#, "encrypted"),
        ("nested", r#""cty": "JWT""#, "nested"),
        ("nested, another case", r#""cty": "jwt""#, "nested"),
        ("nested, in full", r#""cty": "Application/JWT""#, "nested"),
        ("cty no text", r#""cty": 5"#, "malformed"),
        ("cty of something else", r#""cty": "json""#, "accepted"),
        ("typ no text", r#""typ": ["JWT"]"#, "malformed"),
        ("typ null", r#""typ": null"#, "malformed"),
        ("kid number", r#""kid": 5"#, "key_id"),
        ("kid list", r#""kid": ["a"]"#, "key_id"),
        ("kid null", r#""kid": null"#, "key_id"),
        ("kid empty", r#""kid": """#, "key_id"),
        ("kid with NUL", r#""kid": "a\u0000""#, "key_id"),
        ("kid with CR LF", r#""kid": "a\r\nb""#, "key_id"),
        ("kid with another control character", r#""kid": "a\u0085b""#, "key_id"),
        ("kid of 8 KiB", &format!(r#""kid": "{long}""#), "key_id"),
        ("kid too long", &format!(r#""kid": "{too_long}""#), "key_id"),
        ("kid as long as can be", &format!(r#""kid": "{longest}""#), "unknown_key"),
        ("kid a path", r#""kid": "../../dev/null""#, "unknown_key"),
        ("kid SQL", r#""kid": "' OR 1=1 --""#, "unknown_key"),
    ] {
        let token = signed(format!(r#"{{"alg": "HS256", {members}}}"#), "{}");
        assert_eq!(reason(token, &secret_keys()), want, "{name}");
    }
}

/// J08, J09, J10: what a token says of its key is not listened to.
#[test]
fn ignores_keys_that_the_token_brings() {
    let jwk = format!(r#"{{"kty": "oct", "k": "{}"}}"#, base64url(crate::testing::SECRET));
    let other = keys(&format!(r#"{{"kty": "oct", "k": "{}"}}"#, base64url([7; 32])));
    for (name, member) in [
        ("jwk", format!(r#""jwk": {jwk}"#)),
        ("jku", r#""jku": "https://attacker.example/jwks.json""#.to_owned()),
        ("x5u", r#""x5u": "https://attacker.example/cert.pem""#.to_owned()),
        ("x5c", r#""x5c": ["MIIB"]"#.to_owned()),
        ("x5t", r#""x5t#S256": "AAAA", "x5t": "AAAA""#.to_owned()),
    ] {
        let token = signed(format!(r#"{{"alg": "HS256", {member}}}"#), "{}");
        assert_eq!(reason(&token, &other), "signature", "{name}");
        assert!(
            Token::parse(token.as_bytes(), &mut Room::default()).unwrap().other_header_members() > 0,
            "{name}"
        );
    }
}

/// J32, J36, J37, J38, J51.
#[test]
fn judges_the_json() {
    let deep = |open: &str, close: &str| format!(r#"{{"a": {}1{}}}"#, open.repeat(1300), close.repeat(1300));
    for (name, header, payload, want) in [
        ("alg twice", r#"{"alg": "HS256", "alg": "none"}"#, "{}", "malformed"),
        ("alg twice, the other way", r#"{"alg": "none", "alg": "HS256"}"#, "{}", "malformed"),
        ("sub twice", HEADER, r#"{"sub": "a", "sub": "b"}"#, "malformed"),
        ("exp twice", HEADER, r#"{"exp": 1, "exp": 9000000000}"#, "malformed"),
        ("aud twice, escaped", HEADER, r#"{"aud": "a", "\u0061ud": "b"}"#, "malformed"),
        ("twice inside a claim", HEADER, r#"{"a": {"b": 1, "b": 2}}"#, "malformed"),
        ("header a list", r#"["alg", "HS256"]"#, "{}", "malformed"),
        ("header a text", r#""HS256""#, "{}", "malformed"),
        ("payload a list", HEADER, "[]", "malformed"),
        ("payload a text", HEADER, r#""sub""#, "malformed"),
        ("payload null", HEADER, "null", "malformed"),
        ("payload with a mark before", HEADER, "\u{feff}{}", "malformed"),
        ("payload with a lone surrogate", HEADER, r#"{"a": "\ud800"}"#, "malformed"),
        ("lists too deep", HEADER, &deep("[", "]"), "malformed"),
        ("maps too deep", HEADER, &deep("{\"a\":", "}"), "malformed"),
        ("header too deep", &format!(r#"{{"alg": "HS256", "a": {}}}"#, "[".repeat(3000)), "{}", "malformed"),
        ("white space in the header", "\r\n{ \"alg\"\t:\n\"HS256\" } ", "{}", "accepted"),
        ("names with NUL", HEADER, r#"{"\u0000": 1, "": 2}"#, "accepted"),
        ("number beyond doubles", HEADER, r#"{"a": 1e400, "b": 9007199254740993}"#, "accepted"),
    ] {
        assert_eq!(reason(signed(header, payload), &secret_keys()), want, "{name}");
    }
    let not_utf8 = signed(HEADER, b"{\"a\": \"\xFF\"}");
    assert_eq!(reason(not_utf8, &secret_keys()), "malformed");
}

/// J50.
#[test]
fn reads_tokens_so_long_and_no_longer() {
    let padded = |bytes: usize| signed(HEADER, format!(r#"{{"a": "{}"}}"#, "x".repeat(bytes)));
    let mut bytes = 12_000;
    while padded(bytes + 1).len() <= Token::MAX_BYTES {
        bytes += 1;
    }
    assert_eq!(reason(padded(bytes), &secret_keys()), "accepted");
    assert_eq!(reason(padded(bytes + 2), &secret_keys()), "too_large");
    assert_eq!(reason(".".repeat(55 * 1024), &secret_keys()), "too_large");
}

#[test]
fn says_what_it_read() {
    let text = signed(
        r#"{"alg": "HS256", "kid": "k1", "typ": "JWT", "x": 1, "jku": "u"}"#,
        r#"{"iss": "i", "sub": ["s"], "a": {"b": [1], "c.d": {"e": "f"}}, "a.b": 2}"#,
    );
    let (mut room, mut other_room) = (Room::default(), Room::default());
    let token = Token::parse(text.as_bytes(), &mut room).unwrap();
    assert_eq!(token.algorithm(), Algorithm::HS256);
    assert_eq!((token.key_id(), token.typ(), token.other_header_members()), (Some("k1"), Some("JWT"), 2));
    assert_eq!((token.unverified_issuer(), token.unverified_subject()), (Some("i"), None));
    let text = signed(
        r#"{"alg": "HS256", "typ": "JWT"}"#,
        text.split('.').nth(1).map(|_| r#"{"a": {"b": [1]}, "a.b": 2}"#).unwrap(),
    );
    let verified = verify(&text, &mut other_room, &secret_keys()).unwrap();
    assert_eq!(Some(verified.payload()), text.split('.').nth(1));
    assert_eq!(verified.typ(), Some("JWT"));
}

#[test]
fn an_empty_signature_is_none() {
    let header = base64url(HEADER);
    for (text, want) in [
        ("e30.e30.".to_owned(), TokenError::UnknownAlgorithm),
        ("..".to_owned(), Malformed::Parts.into()),
        (format!("{header}.e30."), Malformed::Parts.into()),
        (format!("{header}.e30"), Malformed::Parts.into()),
    ] {
        assert_eq!(Token::parse(text.as_bytes(), &mut Room::default()).unwrap_err(), want, "{text}");
    }
}

/// The signature is looked at last: a token that will not do anyway need not pay for it.
#[test]
fn a_signature_of_another_alphabet_is_found_by_verify() {
    let (text, mut room) = (format!("{}.e30.a+b/", base64url(HEADER)), Room::default());
    let token = Token::parse(text.as_bytes(), &mut room).unwrap();
    let verified = token.verify(&secret_keys(), &[], &Host::none());
    assert_eq!(verified, Err(Malformed::Base64.into()));
}

/// What was in it before does not show through.
#[test]
fn one_room_serves_many_tokens() {
    let mut room = Room::default();
    for (claims, want) in [
        (r#"{"sub": "somebody with a long name", "a": [1, 2]}"#, Some("somebody with a long name")),
        ("{}", None),
        (r#"{"sub": "b\u0061"}"#, Some("ba")),
    ] {
        let text = signed(HEADER, claims);
        let token = verify(&text, &mut room, &secret_keys()).unwrap();
        assert_eq!(token.claims().get("sub").and_then(Json::as_text), want, "{claims}");
    }
}
