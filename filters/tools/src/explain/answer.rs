//! An explanation, for people and for programs.

use crate::filter::Filter;
use crate::json;
use crate::request::Request;
use crate::tree::{map, string};
use filter_api::{Effects, Mutation, Reply, Value};
use std::borrow::Cow;
use std::fmt::Write as _;

/// What the filters of a chain decided, one after the other.
#[derive(Clone, Debug, Default)]
pub struct Chain {
    /// Of those that the request came to; at least one.
    pub explanations: Vec<Explanation>,
    /// Those behind one that did not let it pass.
    pub not_reached: Vec<Filter>,
}

/// What was decided, and how.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// Whose decision.
    pub filter: Filter,
    /// A subset, `allowed`, `refused`, `admitted`.
    pub verdict: String,
    /// Which kind of decision it was, or the reason code.
    pub reason: String,
    /// What it was made of, by name.
    pub facts: Vec<(&'static str, String)>,
    /// Rules or limits, in order.
    pub steps: Vec<Step>,
    /// What becomes of the request.
    pub effects: Vec<Effect>,
    /// What cannot be known here.
    pub undecided: Vec<String>,
    /// The request as the next filter sees it; `None`: it does not get there.
    pub next: Option<Request>,
}

/// A rule or a limit.
#[derive(Clone, Debug)]
pub struct Step {
    /// Its name in the policy.
    pub name: String,
    /// What came of it: `decides`, `does not hold`, `not reached`, ..
    pub outcome: String,
    /// Its conditions and checks.
    pub lines: Vec<Line>,
}

/// A condition or a check.
#[derive(Clone, Debug)]
pub struct Line {
    /// 0, or inside which others it stands.
    pub depth: usize,
    /// As the policy has it.
    pub text: String,
    /// `None`: not asked.
    pub held: Option<bool>,
    /// Why, if there is more to say.
    pub note: Option<String>,
}

/// One change.
#[derive(Clone, Debug)]
pub struct Effect {
    /// `request`, `response`, `state`, `counter`.
    pub on: &'static str,
    /// `set`, `append`, `remove`, `count`.
    pub act: &'static str,
    /// A field, or a key.
    pub name: String,
    /// `None` for what has none.
    pub value: Option<String>,
}

impl Line {
    /// A condition that was asked.
    #[must_use]
    pub fn new(depth: usize, text: impl Into<String>, held: Option<bool>) -> Self {
        Self { depth, text: text.into(), held, note: None }
    }
}

impl Chain {
    /// For people: what each said, and then why; or only that, if there is one filter.
    #[must_use]
    pub fn text(&self) -> String {
        let texts: Vec<String> = self.explanations.iter().map(Explanation::text).collect();
        let said = self.explanations.iter().map(|one| format!("{} {}", one.filter.name(), one.verdict));
        let silent = self.not_reached.iter().map(|filter| format!("{} not reached", filter.name()));
        let all: Vec<String> = said.chain(silent).collect();
        match all.len() {
            1 => texts.concat(),
            _ => format!("chain: {}\n\n{}", all.join(", "), texts.join("\n")),
        }
    }

    /// For programs. A single filter stands there by itself.
    #[must_use]
    pub fn json(&self) -> String {
        if let ([one], []) = (self.explanations.as_slice(), self.not_reached.as_slice()) {
            return json::pretty(&one.value());
        }
        let silent = self.not_reached.iter().map(|filter| string(filter.name()));
        json::pretty(&map([
            ("chain", Value::List(self.explanations.iter().map(Explanation::value).collect())),
            ("not_reached", Value::List(silent.collect())),
        ]))
    }
}

impl Explanation {
    /// For people.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = format!("{}: {} ({})\n", self.filter.name(), self.verdict, self.reason);
        for (name, value) in &self.facts {
            let _ = writeln!(out, "  {name:<11} {value}");
        }
        for (place, step) in self.steps.iter().enumerate() {
            let _ = writeln!(out, "\n{}. {}: {}", place.saturating_add(1), step.name, step.outcome);
            for line in &step.lines {
                let held = match line.held {
                    Some(true) => "yes",
                    Some(false) => "no",
                    None => "-",
                };
                let note = line.note.as_ref().map(|note| format!("  ({note})")).unwrap_or_default();
                let _ = writeln!(out, "   {held:<4}{}{}{note}", "  ".repeat(line.depth), line.text);
            }
        }
        if !self.effects.is_empty() {
            out.push_str("\neffects\n");
        }
        for Effect { on, act, name, value } in &self.effects {
            let value = value.as_ref().map(|value| format!(": {value}")).unwrap_or_default();
            let _ = writeln!(out, "  {:<17} {name}{value}", format!("{on} {act}"));
        }
        if !self.undecided.is_empty() {
            out.push_str("\nnot known here\n");
        }
        for what in &self.undecided {
            let _ = writeln!(out, "  {what}");
        }
        out
    }

    /// For programs.
    #[must_use]
    pub fn value(&self) -> Value {
        let facts = self.facts.iter().map(|(name, value)| ((*name).to_owned(), string(value.as_str())));
        map([
            ("filter", string(self.filter.name())),
            ("verdict", string(self.verdict.as_str())),
            ("reason", string(self.reason.as_str())),
            ("facts", Value::Map(facts.collect())),
            ("steps", Value::List(self.steps.iter().map(Step::value).collect())),
            ("effects", Value::List(self.effects.iter().map(Effect::value).collect())),
            ("undecided", Value::List(self.undecided.iter().map(|what| string(what.as_str())).collect())),
        ])
    }
}

impl Step {
    fn value(&self) -> Value {
        let line = |line: &Line| {
            map([
                ("depth", Value::Number(u32::try_from(line.depth).unwrap_or(u32::MAX).into())),
                ("condition", string(line.text.as_str())),
                ("held", line.held.map_or(Value::Null, Value::Bool)),
                ("note", line.note.as_deref().map_or(Value::Null, string)),
            ])
        };
        map([
            ("name", string(self.name.as_str())),
            ("outcome", string(self.outcome.as_str())),
            ("conditions", Value::List(self.lines.iter().map(line).collect())),
        ])
    }
}

impl Effect {
    fn value(&self) -> Value {
        map([
            ("on", string(self.on)),
            ("act", string(self.act)),
            ("name", string(self.name.as_str())),
            ("value", self.value.as_deref().map_or(Value::Null, string)),
        ])
    }

    /// All that a decision wants done.
    ///
    /// * `counters`: the names of the policy's counters.
    #[must_use]
    pub fn all(effects: &Effects<'_>, counters: &[filter_api::StatName]) -> Vec<Self> {
        let changes = |on: &'static str, mutations: &[Mutation<'_>]| -> Vec<Self> {
            mutations.iter().map(|mutation| Self::of(on, mutation)).collect()
        };
        let mut all = changes("request", &effects.request);
        all.extend(changes("response", &effects.response));
        all.extend(effects.state.iter().map(|(key, value)| Self {
            on: "state",
            act: "set",
            name: (*key).to_owned(),
            // The record of who is asking is not text.
            value: (*key != filter_api::IDENTITY).then(|| String::from_utf8_lossy(value).into_owned()),
        }));
        all.extend(Self::counted(&effects.counters, counters));
        all
    }

    /// What a reply of the filter's own has in its fields, and counts.
    #[must_use]
    pub fn of_reply(reply: &Reply<'_>, counters: &[filter_api::StatName]) -> Vec<Self> {
        let field = |(name, value): &(&str, Cow<'_, [u8]>)| Self {
            on: "response",
            act: "set",
            name: (*name).to_owned(),
            value: Some(String::from_utf8_lossy(value).into_owned()),
        };
        let mut all: Vec<Self> = reply.fields.iter().map(field).collect();
        all.extend(Self::counted(&reply.counters, counters));
        all
    }

    /// The counters that a decision raises.
    #[must_use]
    pub fn counted(raised: &[filter_api::Counter], counters: &[filter_api::StatName]) -> Vec<Self> {
        let name = |place: usize| counters.get(place).map(|name| name.as_str().to_owned());
        let counted = |name| Self { on: "counter", act: "add", name, value: None };
        raised.iter().filter_map(|counter| name(usize::from(counter.0)).map(counted)).collect()
    }

    fn of(on: &'static str, mutation: &Mutation<'_>) -> Self {
        let text = |value: &[u8]| Some(String::from_utf8_lossy(value).into_owned());
        match mutation {
            Mutation::Set(name, value) => {
                Self { on, act: "set", name: (*name).to_owned(), value: text(value) }
            }
            Mutation::Append(name, value) => {
                Self { on, act: "append", name: (*name).to_owned(), value: text(value) }
            }
            Mutation::Remove(name) => Self { on, act: "remove", name: (*name).to_owned(), value: None },
        }
    }
}
