//! How the cost grows with the policy: the same module, one thing more at each step.

use serde_json::{Value, json};

use crate::case::Decides;

/// A policy of the ladder.
pub(crate) struct Step {
    pub(crate) name: String,
    pub(crate) about: String,
    pub(crate) policy: Value,
    pub(crate) decides: Decides,
}

/// The measured policy with other rules.
pub(crate) fn steps(policy: &Value) -> Vec<Step> {
    let mut steps: Vec<Step> = [0, 1, 10, 100]
        .into_iter()
        .map(|count| Step {
            name: format!("rules-{count}"),
            about: format!("canary with {count} header rules"),
            policy: with_rules(policy, rules(count)),
            decides: if count == 0 { Decides::ByDraw } else { Decides::ByRules },
        })
        .collect();
    let mut list = with_rules(policy, vec![dyed(), listed()]);
    // A user that is on no list has to be looked for as long as any other.
    let entries: Vec<String> = (0..LIST_ENTRIES).map(|number| format!("listed-{number}")).collect();
    list["lists"] = json!({ "beta-users": { "inline": entries } });
    steps.push(Step {
        name: "list-100k".to_owned(),
        about: format!("canary with a rule and a list of {LIST_ENTRIES}"),
        policy: list,
        decides: Decides::ByRules,
    });
    steps
}

pub(crate) fn with_rules(policy: &Value, rules: Vec<Value>) -> Value {
    let mut policy = policy.clone();
    policy["rules"] = Value::Array(rules);
    policy
}

/// The first is the one that the check before the measurement asks for; nobody who is measured meets any.
pub(crate) fn rules(count: usize) -> Vec<Value> {
    let other = |number: usize| {
        json!({
            "name": format!("rule-{number}"),
            "when": { "header": { "name": "x-env", "exact": format!("env-{number}") } },
            "subset": "canary",
        })
    };
    (0..count).map(|number| if number == 0 { dyed() } else { other(number) }).collect()
}

fn dyed() -> Value {
    json!({ "name": "dyed", "when": { "header": { "name": "x-env", "exact": "canary" } }, "subset": "canary" })
}

pub(crate) fn listed() -> Value {
    json!({
        "name": "listed",
        "when": { "list": { "name": "beta-users", "key": { "header": "x-user-id" } } },
        "subset": "canary",
    })
}

const LIST_ENTRIES: usize = 100_000;
