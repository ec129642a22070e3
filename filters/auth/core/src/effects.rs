//! What becomes of a request that goes on: what clients may not say is taken out, what was proven is put in.

use crate::identity::Caller;
use crate::logged::Logged;
use crate::peer::{Seen, XFCC};
use crate::policy::{Policy, Proof};
use crate::rule::Rule;
use filter_api::{Counter, Effects, IDENTITY, IdentityRecord, Mutation, RequestHead};
use std::borrow::Cow;

impl Policy {
    /// * `rule`: the one that let it pass; `None` in a dry run that would not have.
    pub(crate) fn effects<'p>(
        &'p self,
        seen: &Seen<'_, impl RequestHead>,
        proof: &Proof,
        rule: Option<&'p Rule>,
        counters: Vec<Counter>,
    ) -> Effects<'p> {
        let mut effects = Effects { counters, ..Effects::default() };
        let terms = proof.caller.as_ref().and_then(|(caller, places)| {
            let (_, terms) = self.issuers.of(caller.source)?;
            Some((caller, *places, terms))
        });
        if let Some((caller, places, terms)) = terms {
            let values = terms.forward.fields().zip(&caller.forwarded);
            effects.request.extend(values.filter_map(|(field, value)| {
                Some(Mutation::Set(field.as_str(), Cow::Owned(value.as_deref()?.to_vec())))
            }));
            if terms.forward.strip_token {
                effects.request.extend(self.places.strip(seen.fields(), places));
            }
        }
        for name in self.reserved.sent(seen.fields()) {
            let is_set = |mutation: &Mutation<'_>| matches!(mutation, Mutation::Set(set, _) if *set == name);
            // What is set has one line anyway.
            let stays = effects.request.iter().any(is_set) || (name == XFCC && seen.believes_xfcc());
            if !stays {
                effects.request.push(Mutation::Remove(name));
            }
        }
        effects.state = state(&self.log, proof, rule);
        effects
    }
}

/// For the filters behind, and for access logs.
fn state<'p>(log: &[Logged], proof: &Proof, rule: Option<&'p Rule>) -> Vec<(&'static str, Cow<'p, [u8]>)> {
    let mut state = Vec::with_capacity(log.len().saturating_add(1));
    let caller = proof.caller.as_ref().map(|(caller, _)| caller.as_ref());
    if let Some(record) = record(caller, proof) {
        state.push((IDENTITY, Cow::Owned(record)));
    }
    for logged in log {
        let value = match logged {
            Logged::Subject => caller.and_then(|caller| caller.subject.as_deref()).map(owned),
            Logged::Issuer => caller.and_then(|caller| caller.issuer.as_deref()).map(owned),
            Logged::Peer => proof.peer.as_ref().map(|peer| owned(peer.as_str().as_bytes())),
            Logged::Rule => rule.map(|rule| Cow::Borrowed(rule.name.as_str().as_bytes())),
        };
        state.extend(value.map(|value| (logged.key(), value)));
    }
    state
}

fn owned<'p>(value: &[u8]) -> Cow<'p, [u8]> {
    Cow::Owned(value.to_vec())
}

/// Who is asking: the claims of the token, and the peer if the rule asked for it. `None` if nothing was proven.
fn record(caller: Option<&Caller>, proof: &Proof) -> Option<Vec<u8>> {
    let claims = caller.map(|caller| IdentityRecord::from_bytes(caller.record.clone()));
    let record = match &proof.peer {
        Some(peer) => Some(claims.unwrap_or_default().spiffe_id(peer.as_str())),
        None => claims,
    };
    record.map(IdentityRecord::into_bytes)
}
