//! Whether a request gets past, and at which check it stops.
//!
//! Each rule and each check is asked on its own: by the policy with that one rule, or that one requirement, and nothing else
//! changed.

use super::answer::{Effect, Explanation, Line, Step};
use super::lists::note_missing;
use super::supply::Supply;
use super::trace::trace;
use crate::filter::Filter;
use crate::json::flow;
use crate::request::Request;
use crate::tree::{field, is_true, items, map, string, text, with, without};
use auth_core::Policy;
use filter_api::{Decision, Reply, Value};

/// Explains a policy that compiles.
///
/// # Errors
/// A body of a document that is none.
pub(super) fn explain(value: &Value, request: &Request, supply: &Supply) -> Result<Explanation, String> {
    let case = Case { value, request, supply };
    let (policy, missing) = case.compile(value)?;
    let mut next = None;
    let (verdict, reason, effects, mut facts) = match policy.authorize(request, false) {
        Decision::Continue(effects) => {
            next = Some(request.after(&effects));
            let all = Effect::all(&effects, policy.counters());
            let dry = effects
                .log
                .as_deref()
                .and_then(|log| Some(log.split_once("would refuse (")?.1.trim_end_matches(')')));
            match dry {
                Some(reason) => ("allowed", format!("dry run: would be refused, {reason}"), all, Vec::new()),
                None => ("allowed", "all that is required is there".to_owned(), all, Vec::new()),
            }
        }
        Decision::Reply(reply) => {
            let counted = Effect::counted(&reply.counters, policy.counters());
            ("refused", code(&reply), counted, vec![("status", reply.status.to_string())])
        }
        Decision::Wait(_) | Decision::Call(_) => {
            ("waits", "keys are on their way".to_owned(), Vec::new(), Vec::new())
        }
    };
    let path = case.path();
    facts
        .push(("path", path.clone().map_or("has one reading".to_owned(), |code| format!("refused: {code}"))));
    let steps = case.steps(path.is_none());
    if let Some(rule) = steps.iter().find(|step| step.outcome.starts_with("decides")) {
        facts.insert(0, ("rule", rule.name.clone()));
    }
    let verdict = verdict.to_owned();
    let mut explanation = Explanation {
        filter: Filter::Auth,
        verdict,
        reason,
        facts,
        steps,
        effects,
        undecided: Vec::new(),
        next,
    };
    note_missing(&missing, &mut explanation);
    Ok(explanation)
}

/// A policy and a request.
struct Case<'c> {
    value: &'c Value,
    request: &'c Request,
    supply: &'c Supply,
}

type Missing = Vec<(&'static str, String)>;

impl Case<'_> {
    fn compile(&self, value: &Value) -> Result<(Policy, Missing), String> {
        let policy = Policy::compile(value).map_err(|error| error.to_string())?;
        let missing = self.supply.install(&policy.documents(), self.request.time)?;
        Ok((policy, missing))
    }

    /// Why this policy, with one rule only, refuses the request; `None` if it does not.
    fn refusal(&self, rule: Value) -> Option<String> {
        let one = with(&without(self.value, &["dry_run"]), "rules", Value::List(vec![rule]));
        let (policy, _) = match self.compile(&one) {
            Ok(compiled) => compiled,
            Err(error) => return Some(error),
        };
        match policy.authorize(self.request, false) {
            Decision::Continue(_) => None,
            Decision::Reply(reply) => Some(code(&reply)),
            Decision::Wait(_) | Decision::Call(_) => Some("waits".to_owned()),
        }
    }

    fn path(&self) -> Option<String> {
        self.refusal(map([("allow", string("anyone"))]))
    }

    fn holds(&self, when: &Value) -> bool {
        self.refusal(map([("when", when.clone()), ("allow", string("anyone"))])).is_none()
    }

    fn steps(&self, mut open: bool) -> Vec<Step> {
        let mut steps = Vec::new();
        for (place, rule) in items(field(self.value, "rules")).iter().enumerate() {
            let name = text(rule, "name").map_or_else(|| format!("rule-{place}"), str::to_owned);
            if !open {
                steps.push(Step { name, outcome: "not reached".to_owned(), lines: Vec::new() });
                continue;
            }
            let when = field(rule, "when");
            let mut lines = when.map(|when| trace(when, &|part| self.holds(part))).unwrap_or_default();
            if !when.is_none_or(|when| self.holds(when)) {
                steps.push(Step { name, outcome: "does not hold".to_owned(), lines });
                continue;
            }
            let checks = self.checks(rule);
            let refused =
                checks.iter().find(|line| line.held == Some(false)).and_then(|line| line.note.clone());
            lines.extend(checks);
            let verdict = match refused {
                None => "lets it pass".to_owned(),
                Some(code) => format!("refuses: {code}"),
            };
            let outcome = if is_true(rule, "dry_run") {
                format!("is a dry run, {verdict}, and goes on")
            } else {
                open = false;
                format!("decides, {verdict}")
            };
            steps.push(Step { name, outcome, lines });
        }
        steps
    }

    /// What a rule requires, in the order in which it is asked.
    fn checks(&self, rule: &Value) -> Vec<Line> {
        let Some(require) = field(rule, "require") else {
            return vec![Line::new(0, "allow: anyone", Some(true))];
        };
        let mut checks: Vec<(String, Value)> = Vec::new();
        for name in ["tls", "peer"] {
            if let Some(wanted) = field(require, name) {
                checks.push((format!("{name}: {}", flow(wanted)), map([(name, wanted.clone())])));
            }
        }
        if let Some(token) = field(require, "token") {
            let only = |bound: Value| map([("token", token.clone()), ("bound", bound)]);
            checks.push((format!("token: {}", flow(token)), only(string("ignore"))));
            let bound = field(require, "bound").cloned().unwrap_or_else(|| string("if_present"));
            checks.push((format!("bound: {}", flow(&bound)), only(bound)));
            for claim in items(field(require, "claims")) {
                let of_claim = with(&only(string("ignore")), "claims", Value::List(vec![claim.clone()]));
                checks.push((format!("claim: {}", flow(claim)), of_claim));
            }
        }
        let mut lines = Vec::new();
        let mut open = true;
        for (text, require) in checks {
            let refused = open.then(|| self.refusal(map([("require", require)])));
            let held = refused.as_ref().map(Option::is_none);
            open = open && held == Some(true);
            lines.push(Line { depth: 0, text, held, note: refused.flatten() });
        }
        lines
    }
}

/// `sluice_auth{expired}` -> `expired`.
fn code(reply: &Reply<'_>) -> String {
    let inside = reply.details.split_once('{').and_then(|(_, rest)| rest.strip_suffix('}'));
    inside.unwrap_or(&reply.details).to_owned()
}

/// The policy that trusts tokens of ours for those of one of its issuers, and such a token.
///
/// * `issuer`: a provider, or `jwt_svid`; `None`: the first one that there is.
///
/// # Errors
/// There is no such issuer.
pub(super) fn as_if_verified(
    policy: &Value,
    issuer: Option<&str>,
    claims: &[(String, Value)],
    request: &mut Request,
) -> Result<Value, String> {
    let providers = items(field(policy, "providers"));
    let now = request.time;
    let later = filter_api::UnixTime { nanos: now.nanos.saturating_add(60_000_000_000) };
    let times = [("iat", super::mint::seconds(now)), ("exp", super::mint::seconds(later))];
    let place = match issuer {
        Some("jwt_svid") => None,
        Some(name) => Some(
            providers
                .iter()
                .position(|provider| text(provider, "name") == Some(name))
                .ok_or_else(|| format!("the policy has no provider `{name}`"))?,
        ),
        None => (!providers.is_empty()).then_some(0),
    };
    let svids = field(policy, "spiffe").filter(|spiffe| field(spiffe, "trust_domains").is_some());
    let (changed, terms, typ, defaults) = match (place.and_then(|place| providers.get(place)), svids) {
        (Some(provider), _) => {
            let trusted = with(&without(provider, &["algorithms"]), "keys", super::mint::key_set());
            let mut all = providers.to_vec();
            if let Some(slot) = place.and_then(|place| all.get_mut(place)) {
                *slot = trusted;
            }
            let changed = with(policy, "providers", Value::List(all));
            let issuer = ("iss", field(provider, "issuer").cloned().unwrap_or(Value::Null));
            (changed, provider, text(provider, "type").map(str::to_owned), vec![issuer])
        }
        (None, Some(spiffe)) => {
            let domains = items(field(spiffe, "trust_domains"));
            let trusted =
                domains.iter().map(|domain| with(domain, "bundle", super::mint::bundle())).collect();
            let changed = with(spiffe, "trust_domains", Value::List(trusted));
            (with(policy, "spiffe", changed), spiffe, Some("JWT".to_owned()), Vec::new())
        }
        (None, None) => return Err("the policy takes no tokens, so no claims either".to_owned()),
    };
    let audience = items(field(terms, "audiences")).first().cloned().unwrap_or(Value::Null);
    let defaults: Vec<_> = defaults.into_iter().chain([("aud", audience)]).chain(times).collect();
    let token = super::mint::token(typ.as_deref(), &super::mint::complete(claims, &defaults));
    carry(terms, &token, request);
    Ok(changed)
}

/// Puts a token where its issuer's tokens are looked for first.
fn carry(terms: &Value, token: &str, request: &mut Request) {
    let place = items(field(terms, "from")).first();
    let of = |name: &str| place.and_then(|place| text(place, name));
    if let Some(name) = of("header") {
        request.add(name, format!("{}{token}", of("prefix").unwrap_or_default()));
    } else if let Some(name) = of("cookie") {
        request.add("cookie", format!("{name}={token}"));
    } else if let Some(name) = of("query") {
        request.add_parameter(name, token);
    } else {
        request.add("authorization", format!("Bearer {token}"));
    }
}
