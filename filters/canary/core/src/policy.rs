//! The decision: inherit, or the first rule that matches, or the draw.

use crate::baggage::{self, Member};
use crate::config;
use crate::counters::Counters;
use crate::draw::Draw;
use crate::output::Output;
use crate::ramp::Ramp;
use crate::{StickyCookie, Weights};
use filter_api::request::cookie;
use filter_api::{
    ConfigError, Counter, Document, Effects, Explain, FetchedList, Key, Name, NamedList, Pattern, Predicate,
    RequestHead, StatName, Value,
};
use std::borrow::Cow;
use std::rc::Rc;

/// A version of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subset {
    /// What routes match on.
    pub name: Name,
    /// Its member of the `baggage` field.
    pub(crate) member: Member,
}

/// A compiled policy.
#[derive(Clone, Debug)]
pub struct Policy {
    pub(crate) draw: Draw,
    pub(crate) subsets: Vec<Subset>,
    pub(crate) weights: Weights,
    pub(crate) sticky: Vec<Key>,
    pub(crate) sticky_cookie: Option<StickyCookie>,
    pub(crate) rules: Vec<Rule>,
    pub(crate) lists: Vec<Rc<NamedList>>,
    pub(crate) ramp: Option<Ramp>,
    pub(crate) inherit: Vec<Pattern>,
    pub(crate) output: Output,
    pub(crate) explain: Option<Explain>,
    pub(crate) dry_run: bool,
    pub(crate) counters: Counters,
}

/// A rule: who, and where to.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    pub(crate) name: Name,
    pub(crate) when: Predicate,
    pub(crate) verdict: Verdict,
    pub(crate) dry_run: bool,
}

/// Where a rule sends those it is about.
#[derive(Clone, Debug)]
pub(crate) enum Verdict {
    Fixed(usize),
    Cohort(Weights),
}

impl Verdict {
    pub(crate) fn reason(&self) -> Reason {
        match self {
            Self::Fixed(_) => Reason::Rule,
            Self::Cohort(_) => Reason::Cohort,
        }
    }
}

/// Why a subset was chosen; the tag `reason` of the stats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// A rule names the subset.
    Rule,
    /// A draw among those whom a rule is about.
    Cohort,
    /// The draw, by a sticky key.
    Draw,
    /// The draw, by a random id, because the request has no sticky key.
    Random,
    /// An authenticated peer had decided already.
    Inherited,
}

impl Reason {
    /// As stats and logs have it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rule => "rule",
            Self::Cohort => "cohort",
            Self::Draw => "draw",
            Self::Random => "random",
            Self::Inherited => "inherited",
        }
    }
}

/// A decision and how it came about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome<'p> {
    /// The subset's place in the policy.
    pub(crate) subset: usize,
    /// Its name.
    pub name: &'p Name,
    /// Why.
    pub reason: Reason,
    /// The rule that matched.
    pub rule: Option<&'p Name>,
    /// The bucket that was drawn.
    pub bucket: Option<u16>,
    /// The id that was made up for a request without a sticky key.
    pub fresh_id: Option<String>,
    /// Counters to raise: the decision, and the dry-run rules that would have decided.
    pub(crate) counters: Vec<Counter>,
}

impl Policy {
    /// Compiles a policy document.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn compile(value: &Value) -> Result<Self, ConfigError> {
        config::read_policy(value)
    }

    /// Decides, and says what to do about it.
    #[must_use]
    pub fn apply<'p>(&'p self, request: &impl RequestHead) -> Effects<'p> {
        let outcome = self.decide(request);
        self.effects(outcome, request)
    }

    /// Decides. Reads no more of the request than it takes.
    #[must_use]
    pub fn decide<'p>(&'p self, request: &impl RequestHead) -> Outcome<'p> {
        let mut counters = Vec::with_capacity(1);
        let (subset, reason, rule, drawn) = self.choose(request, &mut counters);
        let counter = match rule {
            Some((place, rule)) => self.counters.of_rule(place, &rule.verdict, subset),
            None => self.counters.free(subset, reason),
        };
        counters.extend(counter);
        let (bucket, fresh_id) = drawn.map_or((None, None), |drawn| (Some(drawn.bucket), drawn.fresh_id));
        let name = self.subsets.get(subset).map_or(self.output.fallback(), |subset| &subset.name);
        Outcome { subset, name, reason, rule: rule.map(|(_, rule)| &rule.name), bucket, fresh_id, counters }
    }

    /// The counters that outcomes name by their place in this list.
    #[must_use]
    pub fn counters(&self) -> &[StatName] {
        self.counters.names()
    }

    /// The lists that are fetched.
    #[must_use]
    pub fn documents(&self) -> Vec<Rc<dyn Document>> {
        FetchedList::documents(&self.lists)
    }

    fn choose<'p>(&'p self, request: &impl RequestHead, passed: &mut Vec<Counter>) -> Choice<'p> {
        if let Some(subset) = self.inherited(request) {
            return (subset, Reason::Inherited, None, None);
        }
        // One draw a request: a second one would make up a second id, for a dry-run rule to count by another bucket.
        let mut drawn = None;
        for (place, rule) in self.rules.iter().enumerate() {
            if !rule.when.matches(request) {
                continue;
            }
            let (subset, drew) = match &rule.verdict {
                Verdict::Fixed(subset) => (*subset, false),
                Verdict::Cohort(weights) => {
                    let drawn: &Drawn = drawn.get_or_insert_with(|| self.draw(request));
                    (weights.subset(drawn.bucket), true)
                }
            };
            if rule.dry_run {
                passed.extend(self.counters.of_rule(place, &rule.verdict, subset));
                continue;
            }
            return (subset, rule.verdict.reason(), Some((place, rule)), drawn.filter(|_| drew));
        }
        let drawn = drawn.unwrap_or_else(|| self.draw(request));
        let reason = if drawn.by_key { Reason::Draw } else { Reason::Random };
        (self.weights_at(request).subset(drawn.bucket), reason, None, Some(drawn))
    }

    /// Those that hold when the request comes, for whom no rule has others.
    pub(crate) fn weights_at(&self, request: &impl RequestHead) -> &Weights {
        let ramped = self.ramp.as_ref().and_then(|ramp| ramp.weights(request.time()));
        ramped.unwrap_or(&self.weights)
    }

    /// The decision that a peer upstream in the call chain made, if it is one that we trust.
    fn inherited(&self, request: &impl RequestHead) -> Option<usize> {
        if self.inherit.is_empty() {
            return None;
        }
        let fields = request.fields();
        let mut lines = fields.lines(self.output.header.as_str());
        let (line, more) = (lines.next(), lines.next());
        let member = baggage::member(fields.lines("baggage"), MEMBER_KEY).ok()?;
        // Two answers that differ are none.
        let named = match (line, more, member) {
            (Some(line), None, None) => line,
            (None, _, Some(member)) => member,
            (Some(line), None, Some(member)) if line == member => line,
            _ => return None,
        };
        let subset = self.subsets.iter().position(|subset| subset.name.as_str().as_bytes() == named)?;
        // Asked last: it costs most.
        let peer = request.peer()?;
        self.inherit.iter().any(|pattern| pattern.matches(&peer)).then_some(subset)
    }

    fn draw(&self, request: &impl RequestHead) -> Drawn {
        if let Some(key) = self.sticky.iter().find_map(|key| key.extract(request)) {
            return Drawn { bucket: self.draw.bucket(&key), by_key: true, fresh_id: None };
        }
        let kept = self.sticky_cookie.as_ref().and_then(|kept| cookie(request.fields(), kept.name()));
        if let Some(id) = kept.filter(|id| !id.is_empty()) {
            return Drawn { bucket: self.draw.bucket(id), by_key: true, fresh_id: None };
        }
        match request.random() {
            Some(bits) => {
                let id = format!("{bits:032x}");
                Drawn { bucket: self.draw.bucket(id.as_bytes()), by_key: false, fresh_id: Some(id) }
            }
            // A host without randomness: everybody gets the first range, and nobody a cookie.
            None => Drawn { bucket: 0, by_key: false, fresh_id: None },
        }
    }
}

type Choice<'p> = (usize, Reason, Option<(usize, &'p Rule)>, Option<Drawn>);

struct Drawn {
    bucket: u16,
    by_key: bool,
    fresh_id: Option<String>,
}

/// The key of our member of the `baggage` field.
pub(crate) const MEMBER_KEY: &str = "sluice-subset";

impl Subset {
    pub(crate) fn new(name: Name) -> Self {
        Self { member: Member::new(MEMBER_KEY, name.as_str()), name }
    }

    pub(crate) fn value(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(self.name.as_str().as_bytes())
    }
}
