//! A policy document: what is refused, in which words. Whole files with all their problems: `filters/auth/config/invalid`.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::string_slice,
    reason = "places in a text that was just searched"
)]

use crate::Policy;
use filter_api::fake;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

const EVERY_FIELD: &str = include_str!("tests/every_field.json");

/// What a user reads about a whole document; empty if it is accepted.
fn problems(json: &str) -> Vec<String> {
    fake::problems(json, Policy::compile)
}

#[test]
fn refuses_what_is_no_policy() {
    let known = "providers, spiffe, revoked, rules, log, dry_run";
    let open = r#""rules": [{"allow": "anyone"}]"#;
    for (name, json, want) in [
        ("nothing at all", "null", "wants a mapping, is nothing".to_owned()),
        ("a list", "[]", "wants a mapping, is a list".to_owned()),
        ("an empty mapping", "{}", "rules: missing".to_owned()),
        ("no rule", r#"{"rules": []}"#, "rules: is empty".to_owned()),
        (
            "an unknown field",
            &format!(r#"{{{open}, "rule": []}}"#),
            format!("rule: unknown field, known here: {known}"),
        ),
        (
            "a name for the log that is none",
            &format!(r#"{{{open}, "log": ["rule", "sub"]}}"#),
            "log[1]: `sub` is none of rule, subject, issuer, peer".to_owned(),
        ),
        (
            "a name for the log, twice",
            &format!(r#"{{{open}, "log": ["rule", "rule"]}}"#),
            "log[1]: is there twice".to_owned(),
        ),
        (
            "a field of another case",
            &format!(r#"{{{open}, "Dry_run": true}}"#),
            format!("Dry_run: unknown field, known here: {known}"),
        ),
        ("a field given twice", &format!(r#"{{{open}, {open}}}"#), "rules: given twice".to_owned()),
        (
            "a dry run that is a word",
            &format!(r#"{{{open}, "dry_run": "yes"}}"#),
            "dry_run: wants true or false, is a string".to_owned(),
        ),
    ] {
        assert_eq!(problems(json), [want], "{name}");
    }
}

#[test]
fn accepts_the_shortest_and_the_longest() {
    let shortest = r#"{"rules": [{"allow": "anyone"}]}"#;
    let without = r#"{"providers": [], "spiffe": {}, "rules": [{"allow": "anyone"}]}"#;
    for (name, json) in [("the shortest", shortest), ("nobody issues", without), ("every field", EVERY_FIELD)]
    {
        assert_eq!(problems(json), [""; 0], "{name}");
    }
}

/// Misspells each field of the longest policy in turn.
#[test]
fn knows_every_field_by_its_exact_name() {
    let fields: Vec<_> = EVERY_FIELD
        .match_indices("\": ")
        .filter_map(|(end, _)| EVERY_FIELD[..end].rfind('"').map(|at| (at + 1, end)))
        .collect();
    assert!(fields.len() > 90, "{}", fields.len());
    for (start, end) in fields {
        let misspelt = format!("{}_{}", &EVERY_FIELD[..end], &EVERY_FIELD[end..]);
        assert_ne!(problems(&misspelt), [""; 0], "{}_", &EVERY_FIELD[start..end]);
    }
}

#[test]
fn names_are_known_even_if_their_bearer_is_wrong() {
    let json = r#"{"providers": [{"name": "idp"}], "spiffe": {"trust_domains": [{"name": "A"}]},
        "rules": [{"require": {"token": ["idp", "jwt_svid", "other"]}}]}"#;
    assert_eq!(
        problems(json),
        [
            "providers[0].issuer: missing",
            "providers[0].audiences: missing",
            "providers[0].keys: missing",
            "spiffe.trust_domains[0].name: 'A' at byte 0 of the trust domain is none of a-z 0-9 . - _",
            "spiffe.trust_domains[0].bundle: missing",
            "spiffe: trust_domains need audiences: a JWT-SVID is for somebody",
            "rules[0].require.token[2]: `other` is not a provider, known here: idp",
        ]
    );
}

#[test]
fn what_goes_with_trust_domains_goes_with_nothing_else() {
    let spiffe =
        |fields: &str| problems(&format!(r#"{{"spiffe": {{{fields}}}, "rules": [{{"allow": "anyone"}}]}}"#));
    assert_eq!(spiffe(r#""audiences": ["a"]"#), ["spiffe.audiences: goes with trust_domains"]);
    assert_eq!(spiffe(r#""from": [{"header": "x"}]"#), ["spiffe.from: goes with trust_domains"]);
    assert_eq!(spiffe(r#""forward": {"token": "strip"}"#), ["spiffe.forward: goes with trust_domains"]);
    assert_eq!(spiffe(r#""clock_skew": "1s""#), ["spiffe.clock_skew: goes with trust_domains"]);
}

#[test]
fn bounds() {
    let list =
        |count: usize, item: &dyn Fn(usize) -> String| (0..count).map(item).collect::<Vec<_>>().join(",");
    let rules =
        |count| format!(r#"{{"rules": [{}]}}"#, list(count, &|_| r#"{"allow": "anyone"}"#.to_owned()));
    assert_eq!(problems(&rules(1000)), [""; 0]);
    assert_eq!(problems(&rules(1001)), ["rules: 1001 rules are more than 1000"]);
    let keys = r#"{"inline": {"keys": []}}"#;
    let provider = |n| format!(r#"{{"name": "p{n}", "issuer": "i{n}", "audiences": ["a"], "keys": {keys}}}"#);
    let providers =
        |count| format!(r#"{{"providers": [{}], "rules": [{{"allow": "anyone"}}]}}"#, list(count, &provider));
    assert_eq!(problems(&providers(100)), [""; 0]);
    assert_eq!(problems(&providers(101)), ["providers: 101 providers are more than 100"]);
    let domain = |n| format!(r#"{{"name": "d{n}.example", "bundle": {keys}}}"#);
    let domains = |count| {
        format!(
            r#"{{"spiffe": {{"trust_domains": [{}], "audiences": ["a"]}}, "rules": [{{"allow": "anyone"}}]}}"#,
            list(count, &domain)
        )
    };
    assert_eq!(problems(&domains(100)), [""; 0]);
    assert_eq!(problems(&domains(101)), ["spiffe.trust_domains: 101 trust domains are more than 100"]);
}

#[test]
fn keys_last_until_the_next_fetch_at_least() {
    let with = |refresh: &str, max_stale: &str| {
        problems(&format!(
            r#"{{"providers": [{{"name": "p", "issuer": "i", "audiences": ["a"], "keys": {{"http":
                {{"cluster": "c", "path": "/", "refresh": "{refresh}", "max_stale": "{max_stale}"}}}}}}],
                "rules": [{{"allow": "anyone"}}]}}"#
        ))
    };
    assert_eq!(with("5m", "5m"), [""; 0]);
    let want = "max_stale is shorter than refresh: the keys would be of no use between two fetches";
    assert_eq!(with("5m", "299s"), [format!("providers[0].keys.http: {want}")]);
}

/// A field that only the policy sets is refused: `filters/auth/config/invalid/decides-by-what-is-not-known.yaml`.
#[test]
fn a_rule_may_read_fields_that_clients_own() {
    let when = r#"{"any": [{"header": {"name": "x-kind", "exact": "probe"}}, {"not": {"header": {"name": "x-a", "present": true}}}]}"#;
    assert_eq!(problems(&format!(r#"{{"rules": [{{"when": {when}, "allow": "anyone"}}]}}"#)), [""; 0]);
}

/// `rule-0` is the name of a rule without one.
#[test]
fn a_name_that_a_rule_without_one_has_is_taken() {
    let json = r#"{"rules": [{"allow": "anyone"}, {"name": "rule-0", "allow": "anyone"}]}"#;
    assert_eq!(problems(json), ["rules[1].name: `rule-0` is the name of another rule"]);
}

/// K08: private members are of no use here, and harm nobody but their owner.
#[test]
fn inline_keys() {
    let with = |keys: &str| {
        problems(&format!(
            r#"{{"providers": [{{"name": "p", "issuer": "i", "audiences": ["a"], "keys": {{"inline": {{"keys": [{keys}]}}}}}}],
                "rules": [{{"allow": "anyone"}}]}}"#
        ))
    };
    let good = r#"{"kty":"EC","crv":"P-256","kid":"ec-1","x":"ACsDvHEoqQrN1aK_PSw-hC13eXUwp7pN9sZdM59I8oA","y":"XvnQpeBYwSub-l0addaVmP72L1iVXSKTYDrpZCYYAoc"}"#;
    let bad = r#"{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}"#;
    assert_eq!(with(good), [""; 0]);
    assert_eq!(with(&good.replace("\"kid\"", "\"d\":\"AQAB\",\"kid\"")), [""; 0], "a private member");
    assert_eq!(with(&format!("{good},{bad}")), [""; 0], "one good key is a set");
    let problems = with(bad);
    assert!(
        problems.len() == 1 && problems[0].starts_with("providers[0].keys.inline: keys[0] cannot be used: "),
        "{problems:?}"
    );
}
