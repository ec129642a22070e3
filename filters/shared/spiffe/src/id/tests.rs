use super::{InvalidSpiffeId, InvalidTrustDomain, SpiffeId, TrustDomain};
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
fn refuses_other_schemes() {
    for text in [
        "",
        "s",
        "spiffe",
        "spiffe:",
        "spiffe:/",
        "spiffe:example.org",
        "spiffe:/example.org/a",
        "Spiffe://example.org/a",
        "SPIFFE://example.org",
        "https://example.org/a",
        "://example.org/a",
        "example.org/a",
        " spiffe://example.org",
        "spiff\u{e9}://example.org",
    ] {
        let found = text.chars().take(9).collect();
        assert_eq!(SpiffeId::parse(text).unwrap_err(), InvalidSpiffeId::Scheme { found }, "{text:?}");
    }
}

#[test]
fn refuses() {
    let domain = |found, at| InvalidSpiffeId::TrustDomain(InvalidTrustDomain::Character { found, at });
    let character = |found| InvalidSpiffeId::Character { found };
    let long_id = format!("spiffe://example.org/{}", "a".repeat(2049 - 21));
    let long_domain = format!("spiffe://{}/a", "a".repeat(256));
    let rows = [
        ("2049 bytes", &*long_id, InvalidSpiffeId::TooLong { bytes: 2049 }),
        ("no trust domain", "spiffe://", InvalidTrustDomain::Empty.into()),
        ("no trust domain but a path", "spiffe:///a", InvalidTrustDomain::Empty.into()),
        ("trust domain of 256 bytes", &long_domain, InvalidTrustDomain::TooLong { bytes: 256 }.into()),
        ("port", "spiffe://example.org:8080/a", domain(':', 11)),
        ("empty port", "spiffe://example.org:/a", domain(':', 11)),
        ("userinfo", "spiffe://me@example.org/a", domain('@', 2)),
        ("query", "spiffe://example.org/a?b", character('?')),
        ("query without a path", "spiffe://example.org?b", domain('?', 11)),
        ("fragment", "spiffe://example.org/a#b", character('#')),
        ("fragment without a path", "spiffe://example.org#b", domain('#', 11)),
        ("percent-encoded trust domain", "spiffe://example%2eorg/a", domain('%', 7)),
        ("percent-encoded path", "spiffe://example.org/%61", character('%')),
        ("percent-encoded slash", "spiffe://example.org/a%2fb", character('%')),
        ("NUL", "spiffe://example.org/a\0", character('\0')),
        ("backslash", "spiffe://example.org/a\\b", character('\\')),
        ("wildcard", "spiffe://example.org/*", character('*')),
        ("only a slash", "spiffe://example.org/", InvalidSpiffeId::TrailingSlash),
        ("slash at the end", "spiffe://example.org/a/", InvalidSpiffeId::TrailingSlash),
        ("two slashes at the end", "spiffe://example.org/a//", InvalidSpiffeId::TrailingSlash),
        ("empty first segment", "spiffe://example.org//a", InvalidSpiffeId::EmptySegment),
        ("empty segment", "spiffe://example.org/a//b", InvalidSpiffeId::EmptySegment),
        ("dot", "spiffe://example.org/./a", InvalidSpiffeId::DotSegment { found: "." }),
        ("dot at the end", "spiffe://example.org/a/.", InvalidSpiffeId::DotSegment { found: "." }),
        ("two dots", "spiffe://example.org/a/../b", InvalidSpiffeId::DotSegment { found: ".." }),
        ("two dots at the end", "spiffe://example.org/..", InvalidSpiffeId::DotSegment { found: ".." }),
    ];
    for (name, text, want) in rows {
        assert_eq!(SpiffeId::parse(text).unwrap_err(), want, "{name}");
    }
}

#[test]
fn accepts_39_characters_in_a_trust_domain_and_65_in_a_path() {
    // A slash between two letters only ends what is before it; everywhere else it is refused.
    for (name, before, behind, want) in [
        ("first of the trust domain", "spiffe://", "d/a", 39),
        ("inside the trust domain", "spiffe://t", "d/a", 39 + 1),
        ("last of the trust domain", "spiffe://t", "/a", 39),
        ("last of all, no path", "spiffe://t", "", 39),
        ("first of a segment", "spiffe://td/", "a", 65),
        ("inside a segment", "spiffe://td/a", "b", 65 + 1),
        ("last of a segment", "spiffe://td/a", "/b", 65),
        ("last of all", "spiffe://td/a", "", 65),
        ("alone in a segment", "spiffe://td/", "", 65 - 1), // a dot
    ] {
        let accepts = |c: &char| SpiffeId::parse(&format!("{before}{c}{behind}")).is_ok();
        assert_eq!((0..=255_u8).map(char::from).filter(accepts).count(), want, "{name}");
    }
}

#[test]
fn accepts() {
    let longest_segment = "a".repeat(2048 - "spiffe://example.org/".len());
    let longest_path = format!("/{longest_segment}");
    let longest = format!("spiffe://example.org{longest_path}");
    let longest_domain = "a".repeat(255);
    let id_of_longest_domain = format!("spiffe://{longest_domain}/a");
    let rows: [(&str, &str, &str, &[&str]); 9] = [
        ("spiffe://example.org", "example.org", "", &[]),
        ("spiffe://example.org/a", "example.org", "/a", &["a"]),
        ("spiffe://example.org/ns/prod/sa/x", "example.org", "/ns/prod/sa/x", &["ns", "prod", "sa", "x"]),
        ("spiffe://1.2.3.4/9eebccd2-12bf", "1.2.3.4", "/9eebccd2-12bf", &["9eebccd2-12bf"]),
        ("spiffe://td/...", "td", "/...", &["..."]),
        ("spiffe://td/.a/..b/c../d.", "td", "/.a/..b/c../d.", &[".a", "..b", "c..", "d."]),
        ("spiffe://td/A_Z-09", "td", "/A_Z-09", &["A_Z-09"]),
        (&longest, "example.org", &longest_path, &[&longest_segment]),
        (&id_of_longest_domain, &longest_domain, "/a", &["a"]),
    ];
    for (text, domain, path, segments) in rows {
        let id = SpiffeId::parse(text).unwrap();
        assert_eq!((id.as_str(), id.trust_domain(), id.path()), (text, domain, path));
        assert_eq!(id.segments().collect::<Vec<_>>(), segments);
        assert_eq!(id.to_string(), text);
    }
}

#[test]
fn belongs_to_exactly_its_trust_domain() {
    let id = SpiffeId::parse("spiffe://example.org/a").unwrap();
    for (domain, want) in [
        ("example.org.evil", false),
        ("xexample.org", false),
        ("a.example.org", false),
        ("example", false),
        ("org", false),
        ("example.org", true),
    ] {
        assert_eq!(id.is_member_of(&TrustDomain::parse(domain).unwrap()), want, "{domain}");
    }
}

#[test]
fn problems_say_what_was_found() {
    for (text, want) in [
        ("https://example.org", "starts with \"https://e\", not with \"spiffe://\""),
        ("spiffe://a:1", "':' at byte 1 of the trust domain is none of a-z 0-9 . - _"),
        ("spiffe://a/b%20", "'%' in the path is none of a-z A-Z 0-9 . - _"),
        ("spiffe://a/..", "the path has the segment \"..\""),
    ] {
        assert_eq!(SpiffeId::parse(text).unwrap_err().to_string(), want);
    }
}
