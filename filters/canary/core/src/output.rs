//! An outcome becomes effects: what routes, the call chain, the client and the access log see of it.

use crate::baggage::{self, Change};
use crate::policy::{MEMBER_KEY, Outcome, Policy, Reason};
use filter_api::{Effects, FieldName, Mutation, Name, RequestHead};

/// `output:`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Output {
    pub(crate) header: FieldName,
    pub(crate) baggage: bool,
    pub(crate) response_header: Option<FieldName>,
    /// The first subset.
    pub(crate) fallback: Name,
}

impl Output {
    pub(crate) fn fallback(&self) -> &Name {
        &self.fallback
    }
}

impl Policy {
    /// What has to be done about an outcome. Under `dry_run`: counting, one line for the log, and
    /// what `explain` tells.
    #[must_use]
    pub fn effects<'p>(&'p self, outcome: Outcome<'p>, request: &impl RequestHead) -> Effects<'p> {
        if self.dry_run {
            let rule = outcome.rule.map_or("-", Name::as_str);
            let (name, reason) = (outcome.name, outcome.reason.as_str());
            let log = format!("sluice.canary: dry run: would choose {name} (reason {reason}, rule {rule})");
            let response = self.told(&outcome, request).into_iter().collect();
            return Effects { response, counters: outcome.counters, log: Some(log), ..Effects::default() };
        }
        let Some(subset) = self.subsets.get(outcome.subset) else { return Effects::default() };
        let told = self.told(&outcome, request);
        let mut effects = Effects { counters: outcome.counters, ..Effects::default() };
        // Setting it leaves one line: what the client sent in it is gone.
        effects.request.push(Mutation::Set(self.output.header.as_str(), subset.value()));
        let lines = request.fields().lines("baggage");
        let change = match (self.output.baggage, outcome.reason) {
            (true, _) => subset.member.replace_in(lines),
            (false, Reason::Inherited) => Change::Nothing,
            // Not ours to write, but not a client's either: a proxy behind this one might inherit it.
            (false, _) => baggage::remove(lines, MEMBER_KEY),
        };
        match change {
            Change::Nothing => {}
            Change::Set(field) => effects.request.push(Mutation::Set("baggage", field)),
            Change::Remove => effects.request.push(Mutation::Remove("baggage")),
        }
        effects.state.push((FILTER_STATE, subset.value()));
        if let Some(header) = &self.output.response_header {
            effects.response.push(Mutation::Set(header.as_str(), subset.value()));
        }
        effects.response.extend(told);
        if let (Some(cookie), Some(id)) = (&self.sticky_cookie, &outcome.fresh_id) {
            effects.response.push(Mutation::Append("set-cookie", cookie.set(id).into_bytes().into()));
        }
        effects
    }
}

/// Read in access logs as `%FILTER_STATE(wasm.sluice.subset:PLAIN)%`.
const FILTER_STATE: &str = "sluice.subset";
