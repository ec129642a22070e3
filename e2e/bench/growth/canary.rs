//! `canary`: rules, subsets, entries of a list. Rules also beside those of `auth` and Envoy's own routes.

use e2e::{Error, artifact, parse_yaml};
use serde_json::{Value, json};

use super::axis::{Axis, Bound, Fetched, Series, Step, base, decades};
use crate::case::{Case, Filter, POLICY, ROUTES};
use crate::ladder;
use crate::traffic::Traffic;

pub(crate) fn axes(largest: usize) -> Result<Vec<Axis>, Error> {
    Ok(vec![rules()?, subsets()?, entries(largest)?])
}

fn rules() -> Result<Axis, Error> {
    let policy = parse_yaml(POLICY)?;
    let with = |count: usize| ladder::with_rules(&policy, ladder::rules(count));
    let ours = |count| Ok((vec![canary(with(count))?], Traffic::default()));
    let by_path = |count| Ok((vec![auth(paths(count))?], Traffic::default()));
    let mut native = Series::new("native", "Envoy's routes: headers, none matches", RULES, |_| {
        Ok((Vec::new(), Traffic::default()))
    })?;
    for step in &mut native.points {
        step.case.routes = routes(step.size)?;
    }
    Ok(Axis {
        name: "rules",
        about: "the rules of a policy",
        of: "rules",
        base: base(Traffic::default())?,
        series: vec![
            Series::new(
                "canary",
                "canary: headers, none matches",
                [1, 3, 10, 30, 100, 300, 1000, 3000],
                ours,
            )?,
            Series::new("auth", "auth: paths, the last one matches", RULES, by_path)?,
            native,
        ],
        bounds: vec![
            Bound::refused("canary with 10 000 rules", canary(with(10_000))?)?,
            Bound::refused("auth with 1001 rules", auth(paths(1001))?)?,
        ],
        weighs: false,
    })
}

fn routes(count: usize) -> Result<Value, Error> {
    let route = |number: usize| {
        json!({
            "match": { "prefix": "/", "headers": [{ "name": "x-env", "string_match": { "exact": format!("env-{number}") } }] },
            "direct_response": { "status": 200, "body": { "inline_string": "canary" } },
        })
    };
    let mut routes: Vec<Value> = (0..count).map(route).collect();
    let shipped = parse_yaml(ROUTES)?;
    routes.extend(shipped.as_array().and_then(|routes| routes.last()).cloned());
    Ok(Value::Array(routes))
}

fn paths(count: usize) -> Value {
    let other = |number: usize| json!({ "when": { "path": { "exact": format!("/shop/items/{number}") } }, "allow": "anyone" });
    let mut rules: Vec<Value> = (1..count).map(other).collect();
    rules.push(json!({ "allow": "anyone" }));
    json!({ "rules": rules })
}

fn subsets() -> Result<Axis, Error> {
    let policy = parse_yaml(POLICY)?;
    let with = |count: usize| {
        // The rest of ten thousand goes to the first.
        let share = 10_000 / count;
        let weight = |number| if number == 0 { 10_000 - share * (count - 1) } else { share };
        let subset = |number| json!({ "name": format!("v{number}"), "weight": weight(number) });
        let mut policy = ladder::with_rules(&policy, Vec::new());
        policy["subsets"] = (0..count).map(subset).collect();
        policy
    };
    let ours = |count| Ok((vec![canary(with(count))?], Traffic::default()));
    Ok(Axis {
        name: "subsets",
        about: "the subsets of a policy",
        of: "subsets",
        base: base(Traffic::default())?,
        series: vec![Series::new("canary", "canary: sticky draw", [1, 2, 4, 16, 64, 256], ours)?],
        bounds: vec![Bound::refused("canary with 257 subsets", canary(with(257))?)?],
        weighs: false,
    })
}

/// Users that are on no list have to be looked for as long as any other.
fn entries(largest: usize) -> Result<Axis, Error> {
    let policy = parse_yaml(POLICY)?;
    let strangers = Traffic::made(10_000, |user| vec![("x-user-id".to_owned(), format!("stranger-{user}"))]);
    let listed = |list: Value| {
        let mut policy = ladder::with_rules(&policy, vec![ladder::listed()]);
        policy["lists"] = json!({ "beta-users": list });
        policy
    };
    let mut points = Vec::new();
    for (path, entries) in PATHS.into_iter().zip(decades(largest)) {
        let name = format!("entries-{entries}");
        let http = json!({ "cluster": "lists", "path": path, "refresh": "3s", "timeout": "30s", "max_bytes": 64 << 20 });
        let text = listed(json!({ "http": http })).to_string().replace("beta-users", &name);
        let case =
            Case::plain(&name, "canary: a user on no list", vec![canary(serde_json::from_str(&text)?)?])?;
        let list = Some(Fetched { name, path, entries });
        points.push(Step { size: entries, case: case.traffic(strangers.clone()), list });
    }
    let too_long: Vec<String> = (0..100_001).map(|number| format!("listed-{number}")).collect();
    Ok(Axis {
        name: "entries",
        about: "the entries of a list",
        of: "entries",
        base: base(strangers)?,
        series: vec![Series { about: "canary: a user on no list", points }],
        bounds: vec![
            Bound::refused(
                "an inline list of 100 001",
                canary(
                    json!({ "subsets": policy["subsets"], "lists": { "beta-users": { "inline": too_long } } }),
                )?,
            )?,
            Bound::Said(
                "a fetched list has at most 1 000 000 entries; with more the fetch has failed, and the last good list stays",
            ),
        ],
        weighs: true,
    })
}

fn canary(policy: Value) -> Result<Filter, Error> {
    Ok(Filter::wasm("sluice.canary", &artifact("canary.wasm")?, policy))
}

fn auth(policy: Value) -> Result<Filter, Error> {
    Ok(Filter::wasm("sluice.auth", &artifact("auth.wasm")?, policy))
}

const RULES: [usize; 7] = [1, 3, 10, 30, 100, 300, 1000];
/// Where the source has the lists.
const PATHS: [&str; 7] =
    ["/entries-0", "/entries-1", "/entries-2", "/entries-3", "/entries-4", "/entries-5", "/entries-6"];
