//! Policies change, five hundred times under five hundred requests a second, one in five of them a bad one: no request is lost,
//! and each is decided by a policy that was once in force, on one connection never by an older one than the request before.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};

use super::chain::{AUTH, CANARY_STATUS, Chain, RULE_HEADER, STABLE_STATUS};
use super::evidence::admitted;
use super::outcome::Outcome;
use super::pace::{Act, Pace};
use super::people::{People, READERS};
use super::shape::Shape;
use crate::Error;
use crate::bootstrap::{Bootstrap, parse_yaml};
use crate::dice::Dice;
use crate::poll;
use crate::raw::RawAnswer;
use crate::request::Request;
use crate::xds::Update;

/// How many.
#[derive(Debug, Clone, Copy)]
pub struct Churn {
    /// Which policies change when, and all requests.
    pub seed: u64,
    /// Updates of either kind.
    pub updates: usize,
    /// Requests a second.
    pub rate: f64,
    /// Of Envoy.
    pub workers: u32,
}

/// The newest generations that Envoy was given.
#[derive(Default)]
struct Newest {
    policy: AtomicU64,
    table: AtomicU64,
}

/// What one connection saw last: generations of the policy and of the routes.
type Last = Mutex<BTreeMap<usize, [u64; 2]>>;

/// Runs it.
///
/// # Errors
/// When a connection cannot be had, or a text here is no YAML.
pub async fn churn(options: Churn) -> Result<Outcome, Error> {
    let Churn { seed, updates, rate, workers } = options;
    let mut outcome = Outcome::new("churn", seed);
    let mut chain = Chain::start(workers, true, |bootstrap| bootstrap.policy(&policy(0))).await;
    begin(&mut chain).await;
    let people = Arc::new(chain.people.clone());
    let newest = Arc::new(Newest::default());
    let pace = Pace::new(chain.stack.envoy.addr("http"), Some(rate), LANES);
    let (stop, begun) = (Arc::clone(&pace.stop), Arc::clone(&pace.begun));
    let (newest_then, last) = (Arc::clone(&newest), Arc::new(Last::default()));
    let judge = move |lane: usize, _: u64, shape: &Shape, answer: &RawAnswer| {
        judge(lane, shape, answer, &newest_then, &last)
    };
    let running = tokio::spawn(pace.run(move |number| Act::Ask(shape(seed, number, &people)), judge));
    let mut dice = Dice::new(seed);
    let mut counts: BTreeMap<&'static str, u64> = BTreeMap::new();
    for _ in 0..updates {
        let seen = begun.load(Ordering::Relaxed);
        let kind = one(&mut chain, &mut dice, &newest, &mut outcome).await;
        *counts.entry(kind).or_default() += 1;
        // So that the updates do not outrun the requests.
        poll::eventually("a request between two updates", async || begun.load(Ordering::Relaxed) > seen)
            .await;
    }
    stop.store(true, Ordering::Relaxed);
    let paced = running.await??;
    for (kind, count) in counts {
        outcome.figure(kind, count);
    }
    outcome.figure("requests", paced.asked());
    outcome.figure("seconds", format!("{:.1}", paced.seconds));
    for (status, count) in &paced.statuses {
        outcome.figure(format!("status {status}"), *count);
    }
    outcome.figure("latency p99, ms", format!("{:.1}", paced.latency(990)));
    paced.tell(&mut outcome, "while policies changed");
    let stats = chain.stack.stats().await;
    outcome.figure(
        "policies of routes that were refused",
        stats.of("sluice.auth.policy_refused", &[("scope", "route")]).to_string(),
    );
    for death in chain.deaths().await {
        outcome.breaks(format!("a VM died: {death}"));
    }
    Ok(outcome)
}

/// Puts the first generation of routes in force, in all workers.
async fn begin(chain: &mut Chain) {
    chain.stack.update_routes(|bootstrap| table(0, bootstrap)).await;
    let token = format!("Bearer {}", chain.people.good[0].token);
    let mut row = 0;
    poll::eventually("the first generation of routes in all workers", async || {
        let answer = chain.stack.send(Request::get("/orders").header("authorization", &token)).await;
        row = if answer.header(TABLE_HEADER).is_some() { row + 1 } else { 0 };
        row > 40
    })
    .await;
}

/// One update; returns what it was.
async fn one(chain: &mut Chain, dice: &mut Dice, newest: &Newest, outcome: &mut Outcome) -> &'static str {
    let (name, update, want) = match dice.roll(10) {
        0 | 1 => {
            // Each another one: what Envoy has refused and gets again unchanged, it counts as a success, and changes nothing.
            let serial = chain.stack.updates.to_string();
            let bad = dice.one::<&str>(BAD).replace('@', &serial);
            let update = chain.stack.try_update_policy(&bad).await;
            ("policies over ECDS, bad", update.unwrap_or(Update::Accepted), Update::Rejected)
        }
        2..=4 => {
            let next = newest.policy.fetch_add(1, Ordering::SeqCst) + 1;
            ("policies over ECDS", chain.stack.update_policy(&policy(next)).await, Update::Accepted)
        }
        _ => {
            let next = newest.table.fetch_add(1, Ordering::SeqCst) + 1;
            let update = chain.stack.update_routes(|bootstrap| table(next, bootstrap)).await;
            ("route tables over RDS", update, Update::Accepted)
        }
    };
    outcome.holds(update == want, format!("{name}: {update:?}"));
    name
}

/// Generation `n` of the plugin-wide policy of `auth`: its rules say so.
fn policy(generation: u64) -> String {
    ["health", "open", "admin", "read", "write"].iter().fold(AUTH.to_owned(), |text, name| {
        text.replace(&format!("name: {name}\n"), &format!("name: {name}-{generation}\n"))
            .replace(&format!("name: {name},"), &format!("name: {name}-{generation},"))
    })
}

/// Generation `n` of the routes. On each a policy of `canary` that sends all to one version, every fifth a bad one; and a
/// route `/orders/guarded` with a policy of `auth` of its own, every seventh a bad one.
fn table(generation: u64, mut bootstrap: Bootstrap) -> Bootstrap {
    let subset = if generation.is_multiple_of(2) { "stable" } else { "canary" };
    let canary = match bad_canary(generation) {
        true => json!({ "subsets": [{ "name": "stable", "weight": 12_000 }] }),
        false => json!({
            "subsets": [{ "name": subset, "weight": 10_000 }], "experiment": format!("generation-{generation}"),
            "sticky": [{ "claim": "sub" }], "output": { "header": "x-sluice-subset" },
        }),
    };
    let mut guard = parse_yaml(&policy(0)).expect("a policy");
    guard["rules"] = match bad_guard(generation) {
        true => json!([]),
        false => json!([{ "name": "guard", "require": { "token": "idp" } }]),
    };
    let routes = bootstrap.routes();
    routes.retain(|route| !route["name"].as_str().is_some_and(|name| name.starts_with("guarded")));
    for route in routes.iter_mut() {
        route["metadata"] = json!({ "filter_metadata": { "sluice.canary": canary } });
        let rule = route["response_headers_to_add"][0].clone();
        let table = json!({
            "header": { "key": TABLE_HEADER, "value": generation.to_string() },
            "append_action": "OVERWRITE_IF_EXISTS_OR_ADD",
        });
        route["response_headers_to_add"] = json!([rule, table]);
    }
    let guarded: Vec<Value> = routes
        .iter()
        .map(|route| {
            let mut route = route.clone();
            route["name"] = json!(format!("guarded-{}", route["name"].as_str().unwrap_or_default()));
            route["match"]["prefix"] = json!(GUARDED);
            route["metadata"]["filter_metadata"]["sluice.auth"] = guard.clone();
            route
        })
        .collect();
    routes.splice(0..0, guarded);
    bootstrap
}

fn bad_canary(generation: u64) -> bool {
    generation % 5 == 4
}

fn bad_guard(generation: u64) -> bool {
    generation % 7 == 3
}

fn shape(seed: u64, number: u64, people: &People) -> Shape {
    let mut dice = Dice::of(seed, number);
    let person = &people.good[dice.roll(READERS)];
    let (path, token) = match dice.roll(10) {
        0 | 1 => (GUARDED, Some(&*person.token)),
        2 => (GUARDED, None),
        3 => ("/orders", None),
        4 => ("/orders", Some(dice.one(&people.bad).1.as_str())),
        _ => ("/orders", Some(&*person.token)),
    };
    let good = token.is_some_and(|token| *token == *person.token);
    let mut expected = if good { vec![STABLE_STATUS, CANARY_STATUS] } else { vec![401] };
    if path == GUARDED {
        expected.push(503);
    }
    Shape { expected, ..Shape::new("GET", path, token) }
}

fn judge(lane: usize, shape: &Shape, answer: &RawAnswer, newest: &Newest, last: &Last) -> Result<(), String> {
    let status = answer.status;
    if !shape.expected.contains(&status) {
        return Err(format!("{status} instead of {:?}", shape.expected));
    }
    if status == 503 && !String::from_utf8_lossy(&answer.body).contains("policy_invalid") {
        return Err(String::from_utf8_lossy(&answer.body).into_owned());
    }
    if !admitted(status) {
        return Ok(());
    }
    let head = String::from_utf8_lossy(&answer.head).into_owned();
    let field = |name: &str| {
        head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ").map(str::to_owned))
    };
    let (rule, table) = (field(RULE_HEADER).unwrap_or_default(), field(TABLE_HEADER));
    let table: u64 = table.and_then(|table| table.parse().ok()).ok_or("no generation of routes")?;
    if !bad_canary(table) && status != if table.is_multiple_of(2) { STABLE_STATUS } else { CANARY_STATUS } {
        return Err(format!("{status} by the policy of routes {table}"));
    }
    let guarded = shape.target == GUARDED.as_bytes();
    let policy = match rule.rsplit_once('-') {
        Some(("read", generation)) if !guarded => generation.parse().ok(),
        None if guarded && rule == "guard" && !bad_guard(table) => None,
        _ => return Err(format!("decided by rule {rule:?}, routes {table}")),
    };
    let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
    let seen = last.entry(lane).or_default();
    let policy = policy.unwrap_or(seen[0]);
    let known = [newest.policy.load(Ordering::SeqCst), newest.table.load(Ordering::SeqCst)];
    for (place, now) in [policy, table].into_iter().enumerate() {
        if now < seen[place] || now > known[place] {
            return Err(format!("generation {now} after {} of {}", seen[place], known[place]));
        }
    }
    *seen = [policy, table];
    Ok(())
}

const LANES: usize = 32;
const GUARDED: &str = "/orders/guarded";
/// Which generation of the routes answered.
const TABLE_HEADER: &str = "x-proof-table";
const BAD: &[&str] = &[
    "{ surprise: @ }",
    "{ rules: [], surprise: @ }",
    "{ rules: [{ name: bad-@, allow: everybody }] }",
    "{ rules: [{ allow: anyone }], surprise: @ }",
    "{ rules: [{ name: bad-@, require: { token: nobody } }] }",
];
