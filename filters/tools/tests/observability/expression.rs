//! The names in a PromQL expression that promtool has parsed: whoever reads this need not be a parser.

use std::collections::{BTreeMap, BTreeSet};

/// Metrics with the labels that they are selected by, and the labels that results are grouped or matched by.
#[derive(Debug, Default)]
pub(crate) struct Named {
    pub(crate) metrics: BTreeMap<String, BTreeSet<String>>,
    pub(crate) grouped: BTreeSet<String>,
}

/// Before the parentheses that hold labels.
const GROUPING: [&str; 6] = ["by", "without", "on", "ignoring", "group_left", "group_right"];
const OPERATORS: [&str; 6] = ["and", "or", "unless", "offset", "bool", "atan2"];

impl Named {
    pub(crate) fn in_expression(expression: &str) -> Self {
        let mut named = Self::default();
        let mut rest = tokens(expression).into_iter().peekable();
        while let Some(token) = rest.next() {
            let follows = rest.peek().map(String::as_str);
            if GROUPING.contains(&token.as_str()) {
                let labels = rest.by_ref().skip(1).take_while(|token| token != ")");
                named.grouped.extend(labels.filter(|token| is_name(token)));
            } else if is_name(&token) && follows != Some("(") && !followed_by_grouping(&token, follows) {
                let mut labels = BTreeSet::new();
                if follows == Some("{") {
                    labels = rest
                        .by_ref()
                        .take_while(|token| token != "}")
                        .filter(|token| is_name(token))
                        .collect();
                }
                named.metrics.entry(token).or_default().extend(labels);
            }
        }
        named
    }
}

/// `sum by (..) (..)`: an aggregation, and operators that are words.
fn followed_by_grouping(token: &str, follows: Option<&str>) -> bool {
    OPERATORS.contains(&token) || follows.is_some_and(|next| ["by", "without"].contains(&next))
}

fn is_name(token: &str) -> bool {
    token.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
}

/// Names and single characters; without strings, numbers, durations and white space.
fn tokens(expression: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = expression;
    while let Some(first) = rest.chars().next() {
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':' || c == '.';
        let length = match first {
            '"' => rest[1..].find('"').map_or(rest.len(), |end| end + 2),
            first if word(first) => rest.find(|c| !word(c)).unwrap_or(rest.len()),
            first => first.len_utf8(),
        };
        let (token, after) = rest.split_at(length);
        if first != '"' && !first.is_ascii_digit() && !first.is_whitespace() {
            found.push(token.to_owned());
        }
        rest = after;
    }
    found
}
