//! `limits:`

use super::{choice, global};
use crate::counters::Counters;
use crate::fingerprint::Salt;
use crate::limit::{Bucket, Concurrency, Control, Limit, Missing, Parts, RateBy};
use crate::place::single;
use crate::rate::Rate;
use filter_api::config::{Map, Node};
use filter_api::{Key, Lists, Name, Predicate, parse_duration};
use std::rc::Rc;
use std::time::Duration;

/// Reads all limits, and defines their counters.
pub(super) fn read(node: &Node<'_>, lists: &Lists, counters: &mut Counters) -> Option<Vec<Rc<Limit>>> {
    let mut names: Vec<Name> = Vec::new();
    let limits = node.non_empty(|item| limit(&item, &mut names, lists, counters).map(Rc::new))?;
    match limits.len() {
        count if count > MAX_LIMITS => node.refuse(format_args!("{count} limits are more than {MAX_LIMITS}")),
        _ => Some(limits),
    }
}

fn limit(item: &Node<'_>, names: &mut Vec<Name>, lists: &Lists, counters: &mut Counters) -> Option<Limit> {
    let mut map = item.map()?;
    let name = map.required("name", |node| {
        let name = node.parse(Name::parse)?;
        if names.contains(&name) {
            return node.refuse(format_args!("`{name}` is the name of another limit"));
        }
        names.push(name.clone());
        Some(name)
    });
    // What is counted has a name of its own even if that one is refused.
    let named = name.as_ref().map_or("", Name::as_str);
    let when = map.field("when").map(|node| Predicate::read(&node, lists));
    let keys = map.field("key").map(|node| node.non_empty(|item| Key::read(&item)));
    let missing = map.optional("missing", |node| match keys {
        None => node.refuse("goes with key"),
        Some(_) => choice(&node, MISSING),
    });
    let control = control(&mut map, named, keys.as_ref());
    let status = map.optional("reply", |node| reply(&node));
    let dry_run = map.optional("dry_run", |node| node.boolean()).unwrap_or(false);
    map.finish();

    let control = control?;
    let key = match keys {
        None => None,
        Some(keys) => Some(Parts {
            keys: keys?,
            missing: missing.unwrap_or(Missing::Shared),
            salt: Salt::new(kind(&control), named),
        }),
    };
    let name = name?;
    let on_failure = match &control {
        Control::Global(global, _) => Some(global.on_failure),
        _ => None,
    };
    Some(Limit {
        when: when.map_or(Some(None), |when| when.map(Some))?,
        key,
        control,
        status: status.unwrap_or(TOO_MANY_REQUESTS),
        dry_run,
        counters: counters.limit(&name, on_failure),
        name,
    })
}

/// * `keys`: if there is the field `key`, what it says, if that is any good.
fn control(map: &mut Map<'_>, name: &str, keys: Option<&Option<Vec<Key>>>) -> Option<Control> {
    let (rate, rate_by) = (map.field("rate"), map.field("rate_by"));
    let (concurrency, global) = (map.field("concurrency"), map.field("global"));
    let bucket = |node: &Node<'_>, kind| Some(Bucket::new(kind, name, "", Rate::read(node)?));
    match (rate, rate_by, concurrency, global) {
        (Some(rate), None, None, None) => bucket(&rate, RATE).map(Control::Rate),
        (None, Some(rate_by), None, None) => read_rate_by(&rate_by, name).map(Control::RateBy),
        (None, None, Some(concurrency), None) => {
            read_concurrency(&concurrency, name).map(Control::Concurrency)
        }
        (rate, None, None, Some(global)) => {
            let fallback = rate.map(|rate| bucket(&rate, FALLBACK));
            let global = global::read(&global, fallback.is_some(), name, keys);
            Some(Control::Global(Rc::new(global?), fallback.map_or(Some(None), |bucket| bucket.map(Some))?))
        }
        (None, None, None, None) => map.node().refuse("needs one of rate, rate_by, concurrency, global"),
        (Some(_), Some(_), _, _) => map.node().refuse("has both rate and rate_by"),
        (Some(_), _, Some(_), _) => map.node().refuse("has both rate and concurrency"),
        (_, Some(_), Some(_), _) => map.node().refuse("has both rate_by and concurrency"),
        (_, Some(_), _, Some(_)) => map.node().refuse("has both rate_by and global"),
        (_, _, Some(_), Some(_)) => map.node().refuse("has both concurrency and global"),
    }
}

impl Bucket {
    /// * `plan`: empty unless the limit has several.
    fn new(kind: &str, limit: &str, plan: &str, rate: Rate) -> Self {
        Self { rate, salt: Salt::new("plan", plan), single: single(kind, limit, plan) }
    }
}

fn read_rate_by(node: &Node<'_>, limit: &str) -> Option<RateBy> {
    let mut map = node.map()?;
    let claim = map.required("claim", |node| non_empty(&node));
    let table = map.required("table", |node| {
        let table = node.map()?.each(|value, node| {
            let value =
                if value.is_empty() { node.refuse("the value of a claim is empty") } else { Some(value) };
            let rate = Rate::read(&node);
            let (value, rate) = (value?, rate?);
            // So that no value of a claim is the one for all others.
            let plan = format!("={value}");
            Some((value.to_owned(), Bucket::new(RATE, limit, &plan, rate)))
        })?;
        match table.len() {
            0 => node.refuse("is empty"),
            count if count > MAX_PLANS => {
                node.refuse(format_args!("{count} plans are more than {MAX_PLANS}"))
            }
            _ => Some(table),
        }
    });
    let otherwise = map.required("otherwise", |node| Rate::read(&node));
    map.finish();
    // Sorted by insertion: there are few, and a sort is a lot of code in a module.
    let mut sorted: Vec<(String, Bucket)> = Vec::new();
    for plan in table? {
        sorted.insert(sorted.partition_point(|other| other.0 < plan.0), plan);
    }
    let otherwise = Bucket::new(RATE, limit, "otherwise", otherwise?);
    Some(RateBy { claim: claim?, table: sorted, otherwise })
}

fn read_concurrency(node: &Node<'_>, limit: &str) -> Option<Concurrency> {
    let mut map = node.map()?;
    let max = map.required("max", |node| u32::try_from(node.whole(0, MAX_IN_FLIGHT)?).ok());
    let lease = map.optional("lease", |node| {
        let lease = node.parse(parse_duration)?;
        if lease < MIN_LEASE { node.refuse("is shorter than 100ms") } else { Some(lease) }
    });
    map.finish();
    Some(Concurrency::new(max?, lease.unwrap_or(DEFAULT_LEASE), limit))
}

impl Concurrency {
    fn new(max: u32, lease: Duration, limit: &str) -> Self {
        Self { max, lease, single: single(IN_FLIGHT, limit, "") }
    }
}

fn reply(node: &Node<'_>) -> Option<u16> {
    let mut map = node.map()?;
    let status = map.required("status", |node| u16::try_from(node.whole(400, 599)?).ok());
    map.finish();
    status
}

pub(super) fn non_empty(node: &Node<'_>) -> Option<String> {
    match node.text()? {
        "" => node.refuse("is empty"),
        text => Some(text.to_owned()),
    }
}

/// What a limit counts, as fingerprints and names of records have it.
fn kind(control: &Control) -> &'static str {
    match control {
        Control::Rate(_) | Control::RateBy(_) => RATE,
        Control::Concurrency(_) => IN_FLIGHT,
        Control::Global(..) => FALLBACK,
    }
}

const MISSING: [(&str, Missing); 3] =
    [("skip", Missing::Skip), ("deny", Missing::Deny), ("shared", Missing::Shared)];

const RATE: &str = "rate";
const FALLBACK: &str = "fallback";
const IN_FLIGHT: &str = "in_flight";

/// Each costs what a request costs, and a dozen of Envoy's stats.
const MAX_LIMITS: usize = 64;
const MAX_PLANS: usize = 1_000;
const MAX_IN_FLIGHT: u64 = 1_000_000;
const MIN_LEASE: Duration = Duration::from_millis(100);
const DEFAULT_LEASE: Duration = Duration::from_secs(60);
/// RFC 6585 section 4.
const TOO_MANY_REQUESTS: u16 = 429;
