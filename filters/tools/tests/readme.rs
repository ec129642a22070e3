//! What `filters/<filter>/README.md` says, against what the filter knows: every field, every reason code, every stat, and
//! what is shown.

mod support;

use std::collections::BTreeSet;
use std::fs;

use filter_api::fake::{FakeProxy, FakeRequest};
use filter_api::{ConfigError, Decision, IdentityRecord, Mutation, Reply, StatName, Value};
use support::root;

/// Policies with one field too many in each mapping of their own.
const AUTH: &str = r#"{
    "zz": 0,
    "providers": [{
        "zz": 0, "name": "p", "issuer": "i", "audiences": ["a"], "from": [{"header": "x-token", "zz": 0}],
        "keys": {"zz": 0, "http": {"cluster": "c", "path": "/", "zz": 0}},
        "forward": {"zz": 0, "claims": [{"claim": "sub", "header": "x-sub", "zz": 0}]}
    }],
    "spiffe": {
        "zz": 0, "audiences": ["a"], "xfcc": {"from": ["spiffe://example.org/a"], "zz": 0},
        "trust_domains": [{"name": "example.org", "bundle": {"inline": {"keys": []}}, "zz": 0}]
    },
    "revoked": {"zz": 0, "http": {"cluster": "c", "path": "/"}},
    "rules": [{
        "zz": 0, "require": {"zz": 0, "tls": {"mutual": true, "zz": 0}, "token": "p", "claims": [{"name": "n", "exact": "a", "zz": 0}]}
    }]
}"#;
const CANARY: &str = r#"{
    "zz": 0,
    "subsets": [{"zz": 0, "name": "canary", "weight": 10000}],
    "sticky_cookie": {"zz": 0, "name": "id"},
    "rules": [{"zz": 0, "name": "r", "when": {"path": {"exact": "/"}}, "subset": "canary"}],
    "lists": {"l": {"zz": 0, "http": {"zz": 0, "cluster": "c", "path": "/"}}},
    "ramp": {"zz": 0, "start": "2026-11-22T00:00:00Z", "steps": [{"zz": 0, "after": "0s", "weights": {"canary": 10000}}]},
    "inherit": {"zz": 0, "peers": ["spiffe://example.org/a"]},
    "output": {"zz": 0},
    "explain": {"zz": 0, "for": [{"zz": 0, "claims": [{"name": "n", "exact": "a", "zz": 0}]}]}
}"#;
const RATELIMIT: &str = r#"{
    "zz": 0,
    "limits": [
        {
            "zz": 0, "name": "a", "rate": {"zz": 0, "requests": 1, "per": "1s"}, "reply": {"zz": 0, "status": 429},
            "global": {"zz": 0, "cluster": "c", "domain": "d", "descriptor": "e"}
        },
        {
            "name": "b",
            "rate_by": {
                "zz": 0, "claim": "plan", "table": {"gold": {"zz": 0, "requests": 1, "per": "1s"}},
                "otherwise": {"zz": 0, "requests": 1, "per": "1s"}
            }
        },
        {"name": "c", "concurrency": {"zz": 0, "max": 1}}
    ],
    "lists": {"l": {"zz": 0, "http": {"zz": 0, "cluster": "c", "path": "/"}}},
    "explain": {"zz": 0, "for": [{"zz": 0, "claims": [{"name": "n", "exact": "a", "zz": 0}]}]}
}"#;

const MATCHERS: [&str; 7] = ["exact", "prefix", "suffix", "regex", "in", "contains", "present"];

/// All fields that the reader knows, as the tables write them: `rules[].name`.
fn known<P>(policy: &str, compile: fn(&Value) -> Result<P, ConfigError>) -> BTreeSet<String> {
    let Err(error) = compile(&json(policy)) else { panic!("unknown fields are accepted") };
    let mut fields = BTreeSet::new();
    for problem in error.problems {
        let line = problem.to_string();
        let (path, names) =
            line.split_once("zz: unknown field, known here: ").unwrap_or_else(|| panic!("{line}"));
        let mut path = path.replace("table.gold", "table.<value>").replace("lists.l.", "lists.<name>.");
        for place in 0..3 {
            path = path.replace(&format!("[{place}]"), "[]");
        }
        let name = |name: &str| match path.as_str() {
            "rules[].require.claims[]." | "explain.for[].claims[]." if MATCHERS.contains(&name) => {
                "<matcher>".to_owned()
            }
            _ => name.to_owned(),
        };
        fields.extend(names.split(", ").map(|field| format!("{path}{}", name(field))));
    }
    fields
}

#[test]
fn every_field_is_described_and_no_other() {
    for (filter, known, least) in [
        ("auth", known(AUTH, auth_core::Policy::compile), 50),
        ("canary", known(CANARY, canary_core::Policy::compile), 35),
        ("ratelimit", known(RATELIMIT, ratelimit_core::Policy::compile), 40),
    ] {
        let described: Vec<String> = rows(&readme(filter), "| field | type, default |")
            .iter()
            .filter_map(|row| Some(row.strip_prefix("| `")?.split('`').next()?.to_owned()))
            .collect();
        assert_eq!(described.iter().cloned().collect::<BTreeSet<_>>(), known, "{filter}");
        assert_eq!(described.len(), known.len(), "{filter}: a field is described twice");
        assert!(known.len() > least, "{filter}: {known:?}");
    }
}

#[test]
fn every_reason_has_its_place_in_the_table_of_replies() {
    // The shell's own: the policy that would have a reason could not be read.
    let auth = auth_core::Reason::all().map(auth_core::Reason::code).chain(["policy_invalid"]);
    let ratelimit = ratelimit_core::Reason::ALL.map(ratelimit_core::Reason::code);
    for (filter, table, column, known) in [
        ("auth", "| class | status, gRPC |", 4, auth.collect::<Vec<_>>()),
        ("ratelimit", "| reason | status, gRPC |", 1, ratelimit.to_vec()),
    ] {
        let readme = readme(filter);
        let codes = rows(&readme, table).into_iter().filter_map(|row| row.split('|').nth(column));
        let described: Vec<&str> = codes
            .flat_map(|cell| cell.split('`').skip(1).step_by(2).collect::<Vec<_>>())
            .filter(|code| *code != "retry-after: 1")
            .collect();
        let known: BTreeSet<&str> = known.into_iter().collect();
        assert_eq!(described.iter().copied().collect::<BTreeSet<_>>(), known, "{filter}");
        assert_eq!(described.len(), known.len(), "{filter}: a code stands there twice");
    }
}

#[test]
fn every_stat_of_a_policy_is_described() {
    let auth = r#"{
        "providers": [{"name": "p", "issuer": "i", "audiences": ["a"], "keys": {"inline": {"keys": []}}}],
        "revoked": {"http": {"cluster": "c", "path": "/"}},
        "rules": [{"require": {"token": "p"}, "dry_run": true}]
    }"#;
    let ratelimit = r#"{"limits": [{
        "name": "l", "global": {"cluster": "c", "domain": "d", "descriptor": "e", "on_failure": "deny"}
    }]}"#;
    let auth = auth_core::Policy::compile(&json(auth)).expect("a policy");
    let ratelimit = ratelimit_core::Policy::compile(&json(ratelimit)).expect("a policy");
    for (filter, names) in [("auth", auth.counters()), ("ratelimit", ratelimit.counters())] {
        let readme = readme(filter);
        let base = |name: &StatName| name.as_str().split("=.=").next().expect("a base").to_owned();
        let bases: BTreeSet<String> = names.iter().map(base).collect();
        assert!(bases.len() > 2, "{bases:?}");
        for base in bases {
            assert!(readme.contains(&format!("| `{base}")), "{base}");
        }
    }
}

/// Whole policies only: those that have what every policy of the filter has.
#[test]
fn every_policy_that_is_shown_compiles() {
    for (name, auth, ratelimit) in
        [("filters/auth/README.md", 1, 0), ("filters/ratelimit/README.md", 0, 3), ("README.md", 1, 1)]
    {
        let text = fs::read_to_string(root().join(name)).expect(name);
        let shown = |field: &str| policies(&text, field);
        let (of_auth, of_ratelimit) = (shown("providers"), shown("limits"));
        assert_eq!((of_auth.len(), of_ratelimit.len()), (auth, ratelimit), "{name}");
        for policy in &of_auth {
            assert_eq!(auth_core::Policy::compile(policy).err(), None, "{name}");
        }
        for policy in &of_ratelimit {
            assert_eq!(ratelimit_core::Policy::compile(policy).err(), None, "{name}");
        }
    }
}

/// The first answer under the policy that is shown, as the text says.
#[test]
fn the_fields_that_are_shown_are_sent() {
    let readme = readme("ratelimit");
    let Decision::Continue(effects) = ask(&shown_policy("both"), &FakeProxy::new(), "/api/seckill/7") else {
        panic!("not admitted")
    };
    let sent: Vec<String> = effects
        .response
        .iter()
        .map(|mutation| match mutation {
            Mutation::Set(name, value) => format!("{name}: {}", String::from_utf8_lossy(value)),
            other => panic!("{other:?}"),
        })
        .collect();
    let shown: Vec<&str> = blocks(&readme, "text")
        .into_iter()
        .flat_map(str::lines)
        .filter(|line| line.starts_with("ratelimit") || line.starts_with("x-ratelimit"))
        .collect();
    assert_eq!(shown, sent);
}

#[test]
fn the_reply_that_is_shown_is_sent() {
    let readme = readme("ratelimit");
    let (policy, proxy) = (shown_policy("none"), FakeProxy::new());
    let refused = (0..51).map(|_| ask(&policy, &proxy, "/api/orders")).last();
    let Some(Decision::Reply(Reply { status, fields, body, .. })) = refused else { panic!("{refused:?}") };
    let mut sent = vec![format!("HTTP/1.1 {status} Too Many Requests")];
    sent.extend(fields.iter().map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value))));
    sent.extend([String::new(), String::from_utf8_lossy(&body).into_owned()]);
    let shown = blocks(&readme, "text").into_iter().find(|block| block.starts_with("HTTP/"));
    assert_eq!(shown.map(|block| block.lines().map(str::to_owned).collect()), Some(sent));
}

/// What an insider reads, as the texts say.
#[test]
fn what_is_explained_is_sent() {
    let explain = r#""explain": {"for": [{"claims": [{"name": "sub", "exact": "ada"}]}]}"#;
    let claims = IdentityRecord::default().text("iss", "https://idp.example").text("sub", "ada").into_bytes();
    let request = FakeRequest::get("/").field("x-user-id", "u-2").identity(claims);
    let canary = canary_core::Policy::compile(&json(&format!(
        r#"{{"experiment": "checkout-2026-11", "sticky": [{{"header": "x-user-id"}}], {explain},
            "subsets": [{{"name": "stable", "weight": 5000}}, {{"name": "canary", "weight": 5000}}],
            "rules": [{{"name": "ios", "when": {{"path": {{"exact": "/"}}}}, "weights": {{"stable": 5000, "canary": 5000}}}}]}}"#
    )));
    let canary = canary.expect("a policy");
    let ratelimit = ratelimit_core::Policy::compile(&json(&format!(
        r#"{{"limits": [
            {{"name": "guests", "key": [{{"cookie": "guest"}}], "missing": "skip", "rate": {{"requests": 1, "per": "1s"}}}},
            {{"name": "node", "rate": {{"requests": 800, "per": "1s"}}}},
            {{"name": "per-user", "key": [{{"claim": "sub"}}], "rate": {{"requests": 1000, "per": "1m", "burst": 50}}}}
        ], {explain}}}"#
    )));
    let (ratelimit, proxy) = (ratelimit.expect("a policy"), FakeProxy::new());
    let refused = (0..51).map(|_| ratelimit.decide(&request, &proxy, false)).last();
    let Some(Decision::Reply(Reply { fields, .. })) = refused else { panic!("{refused:?}") };
    let line = |name: &str, value: &[u8]| format!("{name}: {}", String::from_utf8_lossy(value));
    let Some(Mutation::Set(name, value)) = canary.apply(&request).response.pop() else { panic!("not told") };
    for (filter, name, line) in [
        ("canary", name, line(name, &value)),
        (
            "ratelimit",
            "x-sluice-explain-ratelimit",
            fields.last().map(|(name, value)| line(name, value)).expect("it"),
        ),
    ] {
        let readme = readme(filter);
        let shown = blocks(&readme, "text").into_iter().find(|block| block.starts_with(name));
        assert_eq!(shown.map(str::trim_end), Some(line.as_str()), "{filter}");
    }
}

/// The first policy that the README of `ratelimit` shows, with other `headers`.
fn shown_policy(headers: &str) -> ratelimit_core::Policy {
    let Some(Value::Map(mut policy)) = policies(&readme("ratelimit"), "limits").into_iter().next() else {
        panic!("no policy")
    };
    policy.retain(|(name, _)| name != "headers");
    policy.push(("headers".to_owned(), Value::Text(headers.to_owned())));
    ratelimit_core::Policy::compile(&Value::Map(policy)).expect("a policy")
}

fn ask(policy: &ratelimit_core::Policy, proxy: &FakeProxy, path: &str) -> Decision<'static> {
    let identity = IdentityRecord::default().text("sub", "u-1").into_bytes();
    policy.decide(&FakeRequest::get(path).identity(identity), proxy, false)
}

fn policies(text: &str, field: &str) -> Vec<Value> {
    let has =
        |value: &Value| matches!(value, Value::Map(fields) if fields.iter().any(|(name, _)| name == field));
    let documents = blocks(text, "yaml").into_iter().filter_map(|yaml| serde_saphyr::from_str(yaml).ok());
    documents.filter(has).collect()
}

/// The blocks of a language.
fn blocks<'t>(text: &'t str, language: &str) -> Vec<&'t str> {
    let fence = format!("```{language}\n");
    text.split(fence.as_str()).skip(1).filter_map(|rest| rest.split("```").next()).collect()
}

/// The rows of the table with this head.
fn rows<'t>(text: &'t str, head: &str) -> Vec<&'t str> {
    let table = text.split(head).nth(1).unwrap_or_else(|| panic!("no table {head}"));
    table.lines().skip(1).take_while(|line| line.starts_with('|')).collect()
}

fn json(text: &str) -> Value {
    Value::from_json(text.as_bytes()).expect("JSON")
}

fn readme(filter: &str) -> String {
    let path = format!("filters/{filter}/README.md");
    fs::read_to_string(root().join(&path)).expect(&path)
}
