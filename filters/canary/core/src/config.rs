//! A policy document becomes a [`Policy`], or every problem in it.

#[cfg(test)]
mod tests;

use crate::counters::Counters;
use crate::explain::EXPLAIN;
use crate::output::Output;
use crate::policy::{Rule, Subset, Verdict};
use crate::ramp::Ramp;
use crate::{Draw, Policy, StickyCookie, Weights};
use filter_api::config::{self, Node};
use filter_api::{
    ConfigError, Explain, FieldName, Key, Lists, Name, NamedList, Pattern, Predicate, UnixTime, Value,
    Weight, parse_duration,
};
use std::time::Duration;

pub(crate) fn read_policy(value: &Value) -> Result<Policy, ConfigError> {
    config::read(value, |node| {
        let mut map = node.map()?;
        let experiment = map.optional("experiment", experiment);
        // The names are known even if a weight is wrong, so that what refers to them is checked all the same.
        let mut subsets = Vec::new();
        let weights = map.required("subsets", |node| read_subsets(&node, &mut subsets));
        let known = subsets.as_slice();
        let output = map.optional("output", |node| output(&node));
        let (header, baggage, response_header) = output.unwrap_or((None, false, None));
        let header = header.or_else(|| FieldName::parse(DEFAULT_HEADER).ok())?;
        let sticky = map.optional("sticky", |node| sticky(&node, &header));
        let sticky_cookie = map.optional("sticky_cookie", |node| StickyCookie::read(&node));
        let lists = map.optional("lists", |node| NamedList::read_all(&node)).unwrap_or_default();
        let rules = map.optional("rules", |node| rules(&node, known, &lists, &header));
        let ramp = map.optional("ramp", |node| ramp(&node, known));
        let inherit = map.optional("inherit", inherit);
        let explain = map.optional("explain", |node| Explain::read(&node, EXPLAIN));
        let dry_run = map.optional("dry_run", |node| node.boolean()).unwrap_or(false);
        map.finish();

        let weights = weights?;
        let fallback = subsets.first()?.name.clone();
        let rules = rules.unwrap_or_default();
        let counters = Counters::new(&subsets, &rules, dry_run);
        let count = counters.names().len();
        if count > MAX_COUNTERS {
            return node.refuse(format_args!(
                "rules and subsets make {count} counters, at most {MAX_COUNTERS} are allowed"
            ));
        }
        Some(Policy {
            draw: Draw::new(experiment.unwrap_or_default()),
            weights,
            sticky: sticky.unwrap_or_default(),
            sticky_cookie,
            counters,
            subsets,
            rules,
            lists,
            ramp,
            inherit: inherit.unwrap_or_default(),
            output: Output { header, baggage, response_header, fallback },
            explain,
            dry_run,
        })
    })
}

fn experiment(node: Node<'_>) -> Option<&str> {
    match node.text()? {
        "" => node.refuse("is empty"),
        text if text.len() > 256 => node.refuse("is longer than 256 bytes"),
        text => Some(text),
    }
}

/// Fills `known` with every subset that has a good name, and lays out the weights if all is well.
fn read_subsets(node: &Node<'_>, known: &mut Vec<Subset>) -> Option<Weights> {
    let parts = node.non_empty(|item| {
        let mut map = item.map()?;
        let name = map.required("name", |node| {
            let name = node.parse(Name::parse)?;
            if known.iter().any(|other| other.name == name) {
                return node.refuse(format_args!("`{name}` is the name of another subset"));
            }
            known.push(Subset::new(name));
            Some(())
        });
        let weight = map.required("weight", |node| Weight::read(&node));
        map.finish();
        name.and(weight)
    })?;
    if parts.len() > MAX_SUBSETS {
        return node.refuse(format_args!("{} subsets are more than {MAX_SUBSETS}", parts.len()));
    }
    Weights::new(&parts, node)
}

/// `{ canary: 5000, stable: 5000 }`: a mapping has no order, so ranges follow the order of the subsets.
fn weights(node: &Node<'_>, known: &[Subset]) -> Option<Weights> {
    let given = node.map()?.each(|name, node| {
        let weight = Weight::read(&node);
        let place = place(name, &node, known);
        Some((place?, weight?))
    })?;
    let of = |place| {
        given.iter().find(|(given, _)| *given == place).map_or(Weight::default(), |(_, weight)| *weight)
    };
    let parts: Vec<_> = (0..known.len()).map(of).collect();
    Weights::new(&parts, node)
}

fn place(name: &str, node: &Node<'_>, known: &[Subset]) -> Option<usize> {
    match known.iter().position(|subset| subset.name.as_str() == name) {
        Some(place) => Some(place),
        // The subsets are refused already.
        None if known.is_empty() => None,
        None => {
            let names: Vec<_> = known.iter().map(|subset| subset.name.as_str()).collect();
            node.refuse(format_args!("`{name}` is not a subset, known here: {}", names.join(", ")))
        }
    }
}

fn sticky(node: &Node<'_>, header: &FieldName) -> Option<Vec<Key>> {
    node.list(|item| match Key::read(&item)? {
        Key::Header(name) if name == *header => refuse_output(&item, header),
        key => Some(key),
    })
}

fn rules(node: &Node<'_>, known: &[Subset], lists: &Lists, header: &FieldName) -> Option<Vec<Rule>> {
    let mut names: Vec<Name> = Vec::new();
    node.list(|item| {
        let mut map = item.map()?;
        let name = map.required("name", |node| {
            let name = node.parse(Name::parse)?;
            if names.contains(&name) {
                return node.refuse(format_args!("`{name}` is the name of another rule"));
            }
            names.push(name.clone());
            Some(name)
        });
        let when = map.required("when", |node| match Predicate::read(&node, lists)? {
            when if reads(&when, header) => refuse_output(&node, header),
            when => Some(when),
        });
        let (subset, share) = (map.field("subset"), map.field("weights"));
        let verdict = match (subset, share) {
            (Some(subset), None) => {
                subset.text().and_then(|name| place(name, &subset, known)).map(Verdict::Fixed)
            }
            (None, Some(share)) => weights(&share, known).map(Verdict::Cohort),
            (Some(_), Some(_)) => item.refuse("has both subset and weights"),
            (None, None) => item.refuse("needs subset or weights"),
        };
        let dry_run = map.optional("dry_run", |node| node.boolean()).unwrap_or(false);
        map.finish();
        Some(Rule { name: name?, when: when?, verdict: verdict?, dry_run })
    })
}

/// Until the filter has written it, the output header is what a client says.
fn refuse_output<T>(node: &Node<'_>, header: &FieldName) -> Option<T> {
    let header = header.as_str();
    node.refuse(format_args!("reads the output header {header}: a client could choose; see inherit"))
}

/// Whether a predicate looks at this field.
fn reads(predicate: &Predicate, field: &FieldName) -> bool {
    match predicate {
        Predicate::Header(name, _) | Predicate::List(_, Key::Header(name)) => name == field,
        Predicate::All(parts) | Predicate::Any(parts) => parts.iter().any(|part| reads(part, field)),
        Predicate::Not(part) => reads(part, field),
        _ => false,
    }
}

fn ramp(node: &Node<'_>, known: &[Subset]) -> Option<Ramp> {
    let mut map = node.map()?;
    let start = map.required("start", |node| node.parse(UnixTime::parse));
    let mut last: Option<Duration> = None;
    let steps = map.required("steps", |node| {
        node.non_empty(|item| {
            let mut map = item.map()?;
            let after = map.required("after", |node| {
                let after = node.parse(parse_duration)?;
                if last.is_some_and(|last| after <= last) {
                    return node.refuse("is not later than the step before");
                }
                last = Some(after);
                Some(after)
            });
            let weights = map.required("weights", |node| weights(&node, known));
            map.finish();
            Some((after?, weights?))
        })
    });
    map.finish();
    Some(Ramp { start: start?, steps: steps? })
}

fn inherit(node: Node<'_>) -> Option<Vec<Pattern>> {
    let mut map = node.map()?;
    let peers = map.required("peers", |node| node.non_empty(|item| item.parse(Pattern::parse)));
    map.finish();
    peers
}

type OutputFields = (Option<FieldName>, bool, Option<FieldName>);

fn output(node: &Node<'_>) -> Option<OutputFields> {
    let mut map = node.map()?;
    let header = map.optional("header", own_field);
    let baggage = map.optional("baggage", |node| node.boolean()).unwrap_or(false);
    let response_header = map.optional("response_header", own_field);
    map.finish();
    Some((header, baggage, response_header))
}

/// A field that this filter may overwrite.
fn own_field(node: Node<'_>) -> Option<FieldName> {
    let name = node.parse(FieldName::parse_writable)?;
    match name.as_str() {
        "authorization" | "baggage" | "cookie" | "set-cookie" | EXPLAIN => node
            .refuse(format_args!("{} carries what others write, the subset would replace it", name.as_str())),
        _ => Some(name),
    }
}

const DEFAULT_HEADER: &str = "x-sluice-subset";
const MAX_SUBSETS: usize = 256;
/// Each is a stat in Envoy, which frees none; places in the list of counters are 16 bits.
const MAX_COUNTERS: usize = 10_000;
