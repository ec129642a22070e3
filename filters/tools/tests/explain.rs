//! `sluice explain` against the decision itself: what it names is what the policy counts.

#[allow(dead_code, reason = "the tests of auth use more of them")]
#[path = "../../auth/core/src/tests/minted.rs"]
mod minted;
mod support;

use clap::Parser as _;
use sluice::command::{Command, CommandLine};
use sluice::explain::answer::{Explanation, Step};
use sluice::explain::explain;
use std::path::{Path, PathBuf};
use std::{env, fs};

use support::root;

fn ask(policy: &Path, options: &str) -> Result<Explanation, Vec<String>> {
    let policy = policy.display().to_string();
    let line = ["sluice", "explain", policy.as_str()].into_iter().chain(options.split_whitespace());
    match CommandLine::try_parse_from(line).unwrap_or_else(|error| panic!("{options}: {error}")).command {
        Command::Explain(given) => explain(&given).map(|mut chain| chain.explanations.remove(0)),
        other => panic!("{other:?}"),
    }
}

fn file(name: &str, content: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, content).expect("a temporary file");
    path
}

/// The tag of the only counter that begins so.
fn counted<'e>(explanation: &'e Explanation, base: &str, tag: &str) -> Option<&'e str> {
    let counters = explanation.effects.iter().filter(|effect| effect.on == "counter");
    let name = counters.map(|effect| effect.name.as_str()).find(|name| name.starts_with(base))?;
    name.split_once(&format!("{tag}=.="))?.1.split(";.;").next()
}

fn decisive(explanation: &Explanation) -> Option<&Step> {
    explanation.steps.iter().find(|step| step.outcome.starts_with("decides"))
}

const REQUESTS: [&str; 14] = [
    "--path /admin --header x-env:canary",
    "--header x-account:a-1 --source-ip fd00::1 --claim sub=u-1",
    "",
    "--path /orders/7",
    "--path /orders/7 --method POST",
    "--path /healthz",
    "--path /internal/x --peer spiffe://example.org/ns/prod/sa/web",
    "--path /internal/x --peer spiffe://example.org/ns/test/sa/web",
    "--path /orders/7 --claim scope=orders.read --claim sub=u-1",
    "--path /orders/7 --claim scope=orders.write --claim sub=u-2 --method POST --certificate 0000000000000000000000000000000000000000000000000000000000000000",
    "--header x-env:canary --cookie plan=gold",
    "--header x-user-id:u-17 --source-ip 10.1.2.3 --header x-device:ios-17",
    "--path /admin//x",
    "--path /checkout --claim roles=[\"staff\"] --at 2026-12-01T00:00:00Z",
];

/// Every policy that we have, each with every request.
fn each(filter: &str, see: &mut dyn FnMut(&str, &Explanation)) {
    let folder = root().join("filters").join(filter).join("config/valid");
    let files = fs::read_dir(&folder).expect("policies").map(|entry| entry.expect("an entry").path());
    let mut asked = 0;
    for policy in files {
        for request in REQUESTS {
            let name = format!("{}: {request}", policy.display());
            match ask(&policy, &format!("--filter {filter} {request}")) {
                Ok(explanation) => see(&name, &explanation),
                Err(problems) => assert!(problems[0].contains("takes no tokens"), "{name}: {problems:?}"),
            }
            asked += 1;
        }
    }
    assert!(asked >= 60, "{asked}");
}

#[test]
fn the_rule_that_canary_counts_is_the_one_that_is_named() {
    let mut by_rule = 0;
    each("canary", &mut |name, explanation| {
        let base = if explanation.verdict.starts_with("would") {
            "sluice.canary.dry_run_decisions"
        } else {
            "sluice.canary.decisions"
        };
        let rule = counted(explanation, base, "rule").unwrap_or_else(|| panic!("{name}: {explanation:#?}"));
        let named = decisive(explanation).map_or("-", |step| step.name.as_str());
        assert!(rule == named || (named == "inherit" && rule == "-"), "{name}: {rule}, {explanation:#?}");
        by_rule += usize::from(rule != "-");
        let subset = counted(explanation, base, "subset").expect("a subset");
        assert!(explanation.verdict.ends_with(subset), "{name}: {explanation:#?}");
    });
    assert!(by_rule >= 4, "{by_rule}");
}

#[test]
fn the_check_that_auth_counts_is_the_one_that_is_named() {
    let (mut passed, mut stopped) = (0, 0);
    each("auth", &mut |name, explanation| {
        if let Some(rule) = counted(explanation, "sluice.auth.allowed", "rule") {
            let step = decisive(explanation).unwrap_or_else(|| panic!("{name}: {explanation:#?}"));
            assert_eq!(
                (rule, step.outcome.as_str()),
                (step.name.as_str(), "decides, lets it pass"),
                "{name}"
            );
            passed += 1;
        } else if let Some(reason) = counted(explanation, "sluice.auth.denied", "reason") {
            assert_eq!(
                (explanation.verdict.as_str(), explanation.reason.as_str()),
                ("refused", reason),
                "{name}"
            );
            match (reason, decisive(explanation)) {
                ("no_rule" | "ambiguous_path", step) => assert!(step.is_none(), "{name}: {explanation:#?}"),
                (reason, Some(step)) => {
                    assert_eq!(step.outcome, format!("decides, refuses: {reason}"), "{name}")
                }
                (_, None) => panic!("{name}: {explanation:#?}"),
            }
            stopped += 1;
        } else {
            assert!(explanation.reason.starts_with("dry run"), "{name}: {explanation:#?}");
        }
    });
    assert!(passed > 5 && stopped > 20, "{passed} {stopped}");
}

#[test]
fn the_limit_that_is_counted_is_one_that_is_named() {
    each("ratelimit", &mut |name, explanation| {
        let refused = counted(explanation, "sluice.ratelimit.refused", "limit");
        let named: Vec<&str> = explanation
            .steps
            .iter()
            .filter(|step| step.outcome.starts_with("refuses") && !step.outcome.contains("dry run"))
            .map(|step| step.name.as_str())
            .collect();
        if explanation.verdict == "refused" {
            assert!(named.contains(&refused.unwrap_or_default()), "{name}: {explanation:#?}");
        } else if !explanation.reason.contains("dry run") {
            assert!(named.is_empty(), "{name}: {explanation:#?}");
        }
    });
}

#[test]
fn a_limit_ends_where_it_says() {
    let policy = root().join("filters/tools/tests/golden/limits.yaml");
    for (after, want) in [(0, "admitted"), (2, "admitted"), (3, "refused"), (50, "refused")] {
        let explanation =
            ask(&policy, &format!("--path /api/a --claim sub=u --after {after}")).expect("an answer");
        assert_eq!(explanation.verdict, want, "after {after}");
    }
}

#[test]
fn real_tokens_are_verified_by_keys_from_files() {
    let policy = root().join("filters/tools/tests/golden/auth.yaml");
    let keys = file("keys.json", minted::JWKS);
    let keys = keys.display();
    let without = "--at 2026-11-22T00:00:00Z --path /orders";
    let with = format!("{without} --keys idp={keys}");
    for (name, options, want) in [
        ("a good one", format!("{with} --token {}", minted::RS256), "all that is required is there"),
        ("by the other key", format!("{with} --token {}", minted::ES256), "all that is required is there"),
        ("with a changed signature", format!("{with} --token {}AAAA", minted::ES256), "signature"),
        (
            "after its end",
            format!("--path /orders --keys idp={keys} --at 2100-01-02T00:00:00Z --token {}", minted::RS256),
            "expired",
        ),
        ("without keys", format!("{without} --token {}", minted::RS256), "keys_missing"),
    ] {
        let explanation = ask(&policy, &options).unwrap_or_else(|problems| panic!("{name}: {problems:?}"));
        assert_eq!(explanation.reason, want, "{name}");
        assert_eq!(explanation.undecided.is_empty(), want != "keys_missing", "{name}: {explanation:#?}");
    }
}

/// The claims are checked as those of a token: only the key is not its issuer's.
#[test]
fn claims_as_if_verified_are_verified_but_for_the_key() {
    let policy = root().join("filters/tools/tests/golden/auth.yaml");
    for (options, want) in [
        ("--claim scope=orders.read", "all that is required is there"),
        ("--claim scope=[\"orders.read\"]", "all that is required is there"),
        ("--claim scope=orders.reader", "scope"),
        ("--claim scope=orders.read --claim exp=1", "expired"),
        ("--claim scope=orders.read --claim aud=others", "audience"),
        ("--claim scope=orders.read --claim iss=https://other.example", "issuer"),
        ("--claim scope=orders.read --issuer idp", "all that is required is there"),
    ] {
        let explanation = ask(&policy, &format!("--path /orders {options}")).expect("an answer");
        assert_eq!(explanation.reason, want, "{options}");
    }
    let problems = ask(&policy, "--claim sub=u --issuer other").expect_err("no such provider");
    assert_eq!(problems, ["the policy has no provider `other`"]);
}

#[test]
fn claims_for_other_filters_are_as_auth_leaves_them() {
    let policy = file(
        "claims.yaml",
        "subsets: [{ name: a, weight: 10000 }, { name: b, weight: 0 }]\nrules:\n- { name: r, when: { claim: { name: realm.roles, contains: staff } }, subset: b }\n",
    );
    for (claim, want) in [
        ("realm={\"roles\":[\"staff\"]}", "b"),
        ("realm={\"roles\":\"staff\"}", "b"),
        ("realm.roles=[\"staff\"]", "b"),
        ("roles=staff", "a"),
    ] {
        let explanation = ask(&policy, &format!("--claim {claim}")).expect("an answer");
        assert_eq!(explanation.verdict, want, "{claim}");
    }
}

#[test]
fn lists_come_from_files() {
    let policy = file(
        "lists.yaml",
        "subsets: [{ name: a, weight: 10000 }, { name: b, weight: 0 }]\nrules:\n- { name: r, when: { list: { name: beta, key: { header: x-user } } }, subset: b }\nlists: { beta: { http: { cluster: c, path: /beta } } }\n",
    );
    let list = file("beta.txt", "u-1\nu-2\n");
    let given = format!("--list beta={}", list.display());
    for (options, want, known) in [
        (format!("--header x-user:u-1 {given}"), "b", true),
        (format!("--header x-user:u-3 {given}"), "a", true),
        ("--header x-user:u-1".to_owned(), "a", false),
    ] {
        let explanation = ask(&policy, &options).expect("an answer");
        assert_eq!(
            (explanation.verdict.as_str(), explanation.undecided.iter().all(|what| !what.contains("beta"))),
            (want, known),
            "{options}"
        );
        assert_eq!(decisive(&explanation).is_some(), want == "b", "{options}: the trace sees the same list");
    }
    let html = file("beta.html", "<html>");
    let problems = ask(&policy, &format!("--list beta={}", html.display())).expect_err("no list");
    assert!(problems[0].starts_with("list beta: "), "{problems:?}");
    let problems = ask(&policy, &format!("--list other={}", list.display())).expect_err("no such list");
    assert_eq!(problems, ["the policy fetches no list other"]);
}

#[test]
fn the_step_of_a_ramp_is_the_one_in_force() {
    let policy = file(
        "ramp.yaml",
        "subsets: [{ name: a, weight: 10000 }, { name: b, weight: 0 }]\nsticky: [{ header: x-user }]\nramp:\n  start: \"2026-11-22T00:00:00Z\"\n  steps:\n  - { after: 0s, weights: { a: 9000, b: 1000 } }\n  - { after: 1h, weights: { b: 10000 } }\n",
    );
    for (at, want) in [
        ("2026-11-21T23:59:59Z", "a 0-9999 (of the subsets)"),
        ("2026-11-22T00:00:00Z", "a 0-8999, b 9000-9999 (of step 1 of the ramp)"),
        ("2026-11-22T00:59:59Z", "a 0-8999, b 9000-9999 (of step 1 of the ramp)"),
        ("2026-11-22T01:00:00Z", "b 0-9999 (of step 2 of the ramp)"),
    ] {
        let explanation = ask(&policy, &format!("--header x-user:u --at {at}")).expect("an answer");
        let weights = explanation.facts.iter().find(|(name, _)| *name == "weights").expect("weights");
        assert_eq!(weights.1, want, "{at}");
    }
}
