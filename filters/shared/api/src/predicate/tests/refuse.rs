use super::{of, predicate};
use crate::testing::{read, refusal};
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

const NAMES: &str =
    "path, method, authority, header, cookie, query, claim, peer, source_ip, list, all, any, not";
const MATCHERS: &str = "exact, prefix, suffix, regex, in, contains, present";

#[test]
fn refuses_the_shape() {
    for (json, want) in [
        ("[]", "wants a mapping, is a list".to_owned()),
        ("null", "wants a mapping, is nothing".to_owned()),
        ("{}", format!("needs one of {NAMES}")),
        (
            r#"{"Path": {"exact": "/a"}}"#,
            format!("needs one of {NAMES}; Path: unknown field, known here: {NAMES}"),
        ),
        (
            r#"{"method": {"exact": "GET"}, "path": {"exact": "/a"}}"#,
            "has both path and method; combine them with all or any".to_owned(),
        ),
        (r#"{"path": {"exact": "/a"}, "path": {"exact": "/b"}}"#, "path: given twice".to_owned()),
        (r#"{"path": "/a"}"#, "path: wants a mapping, is a string".to_owned()),
        (r#"{"path": {}}"#, format!("path: needs one of {MATCHERS}")),
        (
            r#"{"path": {"name": "a", "exact": "/a"}}"#,
            format!("path.name: unknown field, known here: {MATCHERS}"),
        ),
        (r#"{"not": {}}"#, format!("not: needs one of {NAMES}")),
        (r#"{"not": [{"method": {"exact": "GET"}}]}"#, "not: wants a mapping, is a list".to_owned()),
        (r#"{"all": []}"#, "all: is empty".to_owned()),
        (r#"{"any": []}"#, "any: is empty".to_owned()),
        (r#"{"all": {}}"#, "all: wants a list, is a mapping".to_owned()),
    ] {
        assert_eq!(refusal(json, predicate), want, "{json}");
    }
}

#[test]
fn refuses_names() {
    for (json, want) in [
        (r#"{"header": {"exact": "a"}}"#, "header.name: missing".to_owned()),
        (r#"{"header": {"name": "x-a"}}"#, format!("header: needs one of {MATCHERS}")),
        (
            r#"{"header": {"name": "x y", "present": 1}}"#,
            "header.name: has the character ' ', which no field name may have; \
             header.present: wants true or false, is a number"
                .to_owned(),
        ),
        (
            r#"{"header": {"name": "host", "exact": "a"}}"#,
            "header.name: host reaches a filter as :authority; use the predicate authority".to_owned(),
        ),
        (
            r#"{"header": {"name": ":path", "exact": "a"}}"#,
            "header.name: :path is a pseudo-header; use the predicates path, method and authority".to_owned(),
        ),
        (r#"{"cookie": {"name": "", "exact": "a"}}"#, "cookie.name: is empty".to_owned()),
        (r#"{"query": {"name": 1, "exact": "a"}}"#, "query.name: wants a string, is a number".to_owned()),
        (
            r#"{"claim": {"name": "", "contains": ""}}"#,
            "claim.name: is empty; claim.contains: is empty".to_owned(),
        ),
        (
            r#"{"claim": {"name": "a", "exact": "b", "else": 1}}"#,
            format!("claim.else: unknown field, known here: name, {MATCHERS}"),
        ),
    ] {
        assert_eq!(refusal(json, predicate), want, "{json}");
    }
}

#[test]
fn refuses_peers_addresses_and_lists() {
    for (json, want) in [
        (r#"{"peer": []}"#, "peer: is empty"),
        (r#"{"peer": {}}"#, "peer: needs one of in, exact, present"),
        (r#"{"peer": {"in": []}}"#, "peer.in: is empty"),
        (r#"{"peer": {"in": ["spiffe://a/b"], "present": true}}"#, "peer: needs one of in, exact, present"),
        (r#"{"peer": {"present": "yes"}}"#, "peer.present: wants true or false, is a string"),
        (r#"{"peer": {"exact": ["spiffe://a/b"]}}"#, "peer.exact: wants a string, is a list"),
        (
            r#"{"peer": {"prefix": "spiffe://a"}}"#,
            "peer: needs one of in, exact, present; peer.prefix: unknown field, known here: in, exact, present",
        ),
        (
            r#"{"peer": ["spiffe://a/sa-*", "spiffe://a/b", 7]}"#,
            "peer[0]: the segment \"sa-*\" mixes * with other characters; * stands for a whole segment; \
             peer[2]: wants a string, is a number",
        ),
        (r#"{"peer": "spiffe://a/b"}"#, "peer: wants a mapping, is a string"),
        (r#"{"source_ip": ["10.0.0.0/8"]}"#, "source_ip: wants a mapping, is a list"),
        (r#"{"source_ip": {}}"#, "source_ip.in: missing"),
        (r#"{"source_ip": {"in": []}}"#, "source_ip.in: is empty"),
        (
            r#"{"source_ip": {"in": ["10.0.0.1/8", "::ffff:10.0.0.0/104"], "exact": "a"}}"#,
            "source_ip.in[0]: `10.0.0.1/8` has bits set behind its prefix; \
             source_ip.in[1]: `::ffff:10.0.0.0/104` holds IPv4 addresses only; write it as an IPv4 network; \
             source_ip.exact: unknown field, known here: in",
        ),
        (r#"{"list": "beta"}"#, "list: wants a mapping, is a string"),
        (r#"{"list": {}}"#, "list.name: missing; list.key: missing"),
        (
            r#"{"list": {"name": "Beta", "key": {}, "in": 1}}"#,
            "list.name: `Beta` is not among the policy's lists; \
             list.key: needs one of claim, peer, header, cookie, query, source_ip, path_segment, method, route; \
             list.in: unknown field, known here: name, key",
        ),
    ] {
        assert_eq!(refusal(json, predicate), want, "{json}");
    }
}

#[test]
fn refuses_what_never_matches() {
    let contains = "contains is for items of a header or claim; for a part of a value use regex";
    let (slash, query) = ("a path begins with a slash", "paths are matched without the query");
    let (lower, host) =
        ("hosts are matched in lower case", "hosts are matched without user info, port and final dot");
    for (json, want) in [
        (r#"{"path": {"contains": "admin"}}"#, format!("path: {contains}")),
        (r#"{"method": {"contains": "GET"}}"#, format!("method: {contains}")),
        (r#"{"authority": {"contains": "shop"}}"#, format!("authority: {contains}")),
        (r#"{"cookie": {"name": "a", "contains": "b"}}"#, format!("cookie: {contains}")),
        (r#"{"query": {"name": "a", "contains": "b"}}"#, format!("query: {contains}")),
        (r#"{"path": {"exact": "orders"}}"#, format!("path: `orders` never matches: {slash}")),
        (r#"{"path": {"exact": ""}}"#, format!("path: `` never matches: {slash}")),
        (r#"{"path": {"prefix": "api/"}}"#, format!("path: `api/` never matches: {slash}")),
        (r#"{"path": {"in": ["/a", "b"]}}"#, format!("path: `b` never matches: {slash}")),
        (r#"{"path": {"exact": "/a?b=1"}}"#, format!("path: `/a?b=1` never matches: {query}")),
        (r#"{"path": {"suffix": "?b"}}"#, format!("path: `?b` never matches: {query}")),
        (r#"{"path": {"in": ["/a", "/b#c"]}}"#, format!("path: `/b#c` never matches: {query}")),
        (
            r#"{"authority": {"exact": "Shop.example"}}"#,
            format!("authority: `Shop.example` never matches: {lower}"),
        ),
        (r#"{"authority": {"suffix": ".Example"}}"#, format!("authority: `.Example` never matches: {lower}")),
        (r#"{"authority": {"prefix": "A"}}"#, format!("authority: `A` never matches: {lower}")),
        (r#"{"authority": {"exact": "a:80"}}"#, format!("authority: `a:80` never matches: {host}")),
        (r#"{"authority": {"suffix": ":80"}}"#, format!("authority: `:80` never matches: {host}")),
        (r#"{"authority": {"in": ["a", "b."]}}"#, format!("authority: `b.` never matches: {host}")),
        (r#"{"authority": {"exact": "u@a"}}"#, format!("authority: `u@a` never matches: {host}")),
        (r#"{"authority": {"exact": "[::1]:80"}}"#, format!("authority: `[::1]:80` never matches: {host}")),
        (r#"{"authority": {"exact": "::1"}}"#, format!("authority: `::1` never matches: {host}")),
    ] {
        assert_eq!(refusal(json, predicate), want, "{json}");
    }
    for json in [
        r#"{"path": {"exact": "*"}}"#,
        r#"{"path": {"suffix": ".png"}}"#,
        r#"{"path": {"regex": "orders"}}"#,
        r#"{"path": {"present": false}}"#,
        r#"{"authority": {"exact": "[::1]"}}"#,
        r#"{"authority": {"exact": ""}}"#,
        r#"{"authority": {"prefix": "[fd00:"}}"#,
        r#"{"header": {"name": "a", "contains": "b"}}"#,
        r#"{"claim": {"name": "a", "contains": "b"}}"#,
    ] {
        of(json);
    }
}

#[test]
fn one_predicate_shows_all_its_problems() {
    let json = r#"{"all": [
        {"header": {"name": "x-env", "exact": 1}},
        {"any": [{"path": {"regex": "("}}, {"method": {"exact": "GET"}}, {"not": {"claim": {"exact": "a"}}}]},
        {"source_ip": {"in": ["10.0.0.0/8", "ten"]}}
    ]}"#;
    let want = "all[0].header.exact: wants a string, is a number; \
                all[1].any[0].path.regex: `(` is not a regular expression: this group is not closed, at character 1; \
                all[1].any[2].not.claim.name: missing; \
                all[2].source_ip.in[1]: `ten` is not an IP address or network such as 10.0.0.0/8";
    assert_eq!(refusal(json, predicate), want);
}

#[test]
fn nesting_ends_at_sixteen_levels() {
    let leaf = r#"{"method": {"exact": "GET"}}"#.to_owned();
    let nested = |levels: usize| (1..levels).fold(leaf.clone(), |inner, _| format!(r#"{{"not": {inner}}}"#));
    for levels in [1, 15, 16] {
        assert!(read(&nested(levels), predicate).is_ok(), "{levels}");
    }
    let path = ["not"; 16].join(".");
    assert_eq!(refusal(&nested(17), predicate), format!("{path}: is nested deeper than 16 levels"));
    let wide = (1..16).fold(leaf.clone(), |inner, _| format!(r#"{{"all": [{inner}]}}"#));
    assert!(read(&wide, predicate).is_ok());
}
