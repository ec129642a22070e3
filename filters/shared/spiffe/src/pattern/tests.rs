use super::{InvalidPattern, Pattern, SpiffeId};
use crate::{InvalidSpiffeId, InvalidTrustDomain};
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
fn refuses() {
    let domain = |found, at| InvalidSpiffeId::from(InvalidTrustDomain::Character { found, at }).into();
    let part = |found: &str| InvalidPattern::PartOfSegment { found: found.into() };
    let rows: [(&str, &str, InvalidPattern); 14] = [
        ("no scheme", "/ns/*", InvalidSpiffeId::Scheme { found: "/ns/*".into() }.into()),
        ("any trust domain", "spiffe://*/ns/prod", domain('*', 0)),
        ("any trust domain, any path", "spiffe://**", domain('*', 0)),
        ("any sub-domain", "spiffe://*.example.org/a", domain('*', 0)),
        ("start of a segment", "spiffe://example.org/sa-*", part("sa-*")),
        ("end of a segment", "spiffe://example.org/*-sa/b", part("*-sa")),
        ("three stars", "spiffe://example.org/***", part("***")),
        ("depth with more", "spiffe://example.org/**a", part("**a")),
        ("depth first", "spiffe://example.org/**/sa", InvalidPattern::DepthNotLast),
        ("depth twice", "spiffe://example.org/**/**", InvalidPattern::DepthNotLast),
        ("slash at the end", "spiffe://example.org/ns/*/", InvalidSpiffeId::TrailingSlash.into()),
        ("empty segment", "spiffe://example.org//*", InvalidSpiffeId::EmptySegment.into()),
        ("two dots", "spiffe://example.org/../*", InvalidSpiffeId::DotSegment { found: ".." }.into()),
        ("question mark", "spiffe://example.org/s?", InvalidSpiffeId::Character { found: '?' }.into()),
    ];
    for (name, text, want) in rows {
        assert_eq!(Pattern::parse(text).unwrap_err(), want, "{name}");
    }
}

/// Pattern, IDs that it must not match, IDs that it must match; each without `spiffe://example.org`.
const ROWS: [(&str, &[&str], &[&str]); 8] = [
    ("", &["/a", "/a/b"], &[""]),
    ("/ns/a", &["", "/ns", "/ns/ab", "/ns/a-x", "/ns/A", "/ns/a/b", "/ns/b", "/NS/a"], &["/ns/a"]),
    (
        "/ns/prod/sa/*",
        &[
            "",
            "/ns/prod/sa",
            "/ns/production/sa/a",
            "/ns/prod/sa/a/b",
            "/ns/prod/sb/a",
            "/ns/prod/a",
            "/ns/a/sa/prod",
            "/x/ns/prod/sa/a",
        ],
        &["/ns/prod/sa/a", "/ns/prod/sa/...", "/ns/prod/sa/sa"],
    ),
    (
        "/ns/*/sa/a",
        &["/ns/sa/a", "/ns/a/b/sa/a", "/ns/a/sa/b", "/ns/a/sa/a/b"],
        &["/ns/a/sa/a", "/ns/sa/sa/a"],
    ),
    ("/*", &["", "/a/b"], &["/a", "/b"]),
    ("/*/*", &["", "/a", "/a/b/c"], &["/a/b"]),
    ("/**", &[""], &["/a", "/a/b", "/a/b/c/d"]),
    (
        "/ns/prod/**",
        &["", "/ns", "/ns/prod", "/ns/production/a", "/ns/dev/a"],
        &["/ns/prod/a", "/ns/prod/a/b"],
    ),
];

#[test]
fn matches_by_segments() {
    let full = |path: &str| format!("spiffe://example.org{path}");
    for (pattern, others, ours) in ROWS {
        let pattern = Pattern::parse(&full(pattern)).unwrap();
        for (paths, want) in [(others, false), (ours, true)] {
            for path in paths {
                let id = SpiffeId::parse(&full(path)).unwrap();
                assert_eq!(pattern.matches(&id), want, "{pattern} on {id}");
            }
        }
    }
}

#[test]
fn the_trust_domain_is_exact() {
    for pattern in ["spiffe://example.org/**", "spiffe://example.org/a"] {
        let pattern = Pattern::parse(pattern).unwrap();
        for (id, want) in [
            ("spiffe://example.org.evil/a", false),
            ("spiffe://xexample.org/a", false),
            ("spiffe://example.or/a", false),
            ("spiffe://example.org.evil/example.org/a", false),
            ("spiffe://a.example.org/a", false),
            ("spiffe://example.org/a", true),
        ] {
            assert_eq!(pattern.matches(&SpiffeId::parse(id).unwrap()), want, "{pattern} on {id}");
        }
    }
}

#[test]
fn shows_as_it_was_written() {
    let text = "spiffe://example.org/ns/*/sa/**";
    let pattern = Pattern::parse(text).unwrap();
    assert_eq!((pattern.as_str(), pattern.to_string().as_str()), (text, text));
}

#[test]
fn problems_say_what_was_found() {
    for (text, want) in [
        (
            "spiffe://a/sa-*",
            "the segment \"sa-*\" mixes * with other characters; * stands for a whole segment",
        ),
        ("spiffe://a/**/b", "** is only allowed as the last segment"),
        ("spiffe://a/b/", "the path ends with a slash"),
    ] {
        assert_eq!(Pattern::parse(text).unwrap_err().to_string(), want);
    }
}
