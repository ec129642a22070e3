//! The decision: the first rule that is about a request, and whether the request proves what the rule requires.

use crate::config;
use crate::counters::Counters;
use crate::denial::Reason;
use crate::forward::Reserved;
use crate::identity::{Caller, Callers, Source};
use crate::keys::{FetchedKeys, Keys};
use crate::logged::Logged;
use crate::path;
use crate::peer::Seen;
use crate::places::{Found, InvalidCredentials, PlaceSet, Places};
use crate::provider::{Issuers, Terms};
use crate::reply::reply;
use crate::require::{Require, RequireToken};
use crate::revoked::{FetchedRevocations, Revoked};
use crate::rule::{Rule, Verdict};
use crate::svid;
use filter_api::{
    ConfigError, Counter, Decision, Document, HostCrypto, Patience, Pattern, RequestHead, SpiffeId, StatName,
    UnixTime, Value,
};
use filter_jose::{Room, Token, TokenError};
use std::rc::Rc;

/// A compiled policy, and what one worker knows under it: keys, revocations, verified tokens.
#[derive(Debug)]
pub struct Policy {
    pub(crate) issuers: Issuers,
    /// Hops whose `x-forwarded-client-cert` is believed.
    pub(crate) xfcc: Vec<Pattern>,
    pub(crate) revoked: Option<Rc<Revoked>>,
    pub(crate) rules: Vec<Rule>,
    /// Of all issuers.
    pub(crate) places: Places,
    /// Fields that clients may not send.
    pub(crate) reserved: Reserved,
    pub(crate) callers: Rc<Callers>,
    pub(crate) fetched: Vec<Rc<FetchedKeys>>,
    pub(crate) counters: Counters,
    /// What is left for access logs.
    pub(crate) log: Vec<Logged>,
    pub(crate) dry_run: bool,
}

/// What a request has proven so far.
#[derive(Debug, Default)]
pub(crate) struct Proof {
    /// Who is asking, by a verified token, bound to this connection if it says so; and where the token was.
    pub(crate) caller: Option<(Rc<Caller>, PlaceSet)>,
    /// The peer, if the rule asked for one.
    pub(crate) peer: Option<Rc<SpiffeId>>,
}

/// Why there is no permission.
enum Refusal {
    Denied(Reason),
    /// Not known yet: a document is on its way.
    Wait,
}

impl Policy {
    /// Compiles a policy document.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn compile(value: &Value) -> Result<Self, ConfigError> {
        config::read_policy(value)
    }

    /// The counters that decisions name by their place in this list.
    #[must_use]
    pub fn counters(&self) -> &[StatName] {
        self.counters.names()
    }

    /// Key sets, bundles and the revocation list, as far as they are fetched.
    #[must_use]
    pub fn documents(&self) -> Vec<Rc<dyn Document>> {
        let keys = self.fetched.iter().map(|keys| Rc::clone(keys) as Rc<dyn Document>);
        let revoked = self.revoked.iter().map(|list| Rc::new(FetchedRevocations(Rc::clone(list))) as _);
        keys.chain(revoked).collect()
    }

    /// Decides about a request. Reads no more of it than the rule takes: fields for an open one; fields and time for a
    /// token that is known; what TLS has to say only where a rule or the token asks for it.
    ///
    /// * `may_wait`: whether the host can let the request stand still until keys arrive.
    pub fn authorize<'p>(
        &'p self,
        request: &(impl RequestHead + HostCrypto),
        may_wait: bool,
    ) -> Decision<'p> {
        let seen = Seen::new(request, &self.xfcc);
        let (mut proof, mut counters) = (Proof::default(), Vec::new());
        // A dry run must not hold a request up.
        match self.decide(&seen, may_wait && !self.dry_run, &mut proof, &mut counters) {
            Ok(rule) => {
                counters.extend(self.counters.allowed(rule));
                Decision::Continue(self.effects(&seen, &proof, self.rules.get(rule), counters))
            }
            Err(Refusal::Wait) => Decision::Wait(Patience::DOCUMENT),
            Err(Refusal::Denied(reason)) if self.dry_run => {
                counters.extend(self.counters.would_deny(reason));
                let mut effects = self.effects(&seen, &proof, None, counters);
                effects.log = Some(format!("sluice.auth: dry run: would refuse ({})", reason.code()));
                Decision::Continue(effects)
            }
            Err(Refusal::Denied(reason)) => {
                counters.push(self.counters.denied(reason));
                Decision::Reply(reply(reason, counters))
            }
        }
    }

    /// The place of the rule that lets the request pass.
    fn decide<R: RequestHead + HostCrypto>(
        &self,
        seen: &Seen<'_, R>,
        may_wait: bool,
        proof: &mut Proof,
        counters: &mut Vec<Counter>,
    ) -> Result<usize, Refusal> {
        // CONNECT has none.
        if let Some(path) = seen.fields().first(":path") {
            path::judge(path).map_err(|_| Reason::AmbiguousPath)?;
        }
        for (place, rule) in self.rules.iter().enumerate() {
            if !rule.is_about(seen) {
                continue;
            }
            if !rule.dry_run {
                return self.satisfy(rule, seen, may_wait, proof, counters).map(|()| place);
            }
            if let Err(Refusal::Denied(reason)) =
                self.satisfy(rule, seen, false, &mut Proof::default(), counters)
            {
                counters.extend(self.counters.would_deny(reason));
            }
        }
        Err(Reason::NoRule.into())
    }

    /// Checks what a rule requires, what costs least first. A token at fault (401) comes before claims that are not
    /// enough (403).
    fn satisfy<R: RequestHead + HostCrypto>(
        &self,
        rule: &Rule,
        seen: &Seen<'_, R>,
        may_wait: bool,
        proof: &mut Proof,
        counters: &mut Vec<Counter>,
    ) -> Result<(), Refusal> {
        let Verdict::Require(require) = &rule.verdict else { return Ok(()) };
        let Require { tls, peer, token } = require;
        tls.check(seen)?;
        if !peer.is_empty() {
            let peer = seen.peer_id()?;
            require.check_peer(&peer)?;
            proof.peer = Some(peer);
        }
        let Some(token) = token else { return Ok(()) };
        let (caller, places) = self.caller(token, seen, may_wait, counters)?;
        caller.confirmation.check(token.bound, || seen.client_certificate())?;
        let (caller, _) = proof.caller.insert((caller, places));
        Ok(token.check_claims(caller)?)
    }

    /// The bearer of the request's token.
    fn caller<R: RequestHead + HostCrypto>(
        &self,
        wanted: &RequireToken,
        seen: &Seen<'_, R>,
        may_wait: bool,
        counters: &mut Vec<Counter>,
    ) -> Result<(Rc<Caller>, PlaceSet), Refusal> {
        let found = self.places.find(seen.fields())?.ok_or(Reason::NoToken)?;
        if let Some(revoked) = &self.revoked
            && !revoked.is_there()
        {
            match (revoked.required, may_wait) {
                (true, true) => return Err(Refusal::Wait),
                (true, false) => return Err(Reason::RevocationsMissing.into()),
                (false, _) => counters.extend(self.counters.revocations_unknown()),
            }
        }
        let now = seen.time();
        if now == UnixTime::default() {
            return Err(Reason::ClockMissing.into());
        }
        if let Some(caller) = self.callers.of(found.token, now) {
            let (keys, _) = self.admit(caller.source, wanted, found.places)?;
            keys.check_age(now)?;
            return Ok((caller, found.places));
        }
        let caller = self.verify(found, wanted, seen, now, may_wait)?;
        counters.extend(self.counters.verified(self.issuers.place_of_name(caller.source)));
        Ok((caller, found.places))
    }

    /// Whether the rule takes tokens of this source, from where this one was; the source's keys and terms.
    fn admit(
        &self,
        source: Source,
        wanted: &RequireToken,
        from: PlaceSet,
    ) -> Result<(&Keys, &Terms), Reason> {
        let (keys, terms) = self.issuers.of(source).filter(|_| wanted.accepts(source)).ok_or(WRONG_ISSUER)?;
        if terms.places.shares(from) { Ok((keys, terms)) } else { Err(Reason::TokenPlace) }
    }

    /// Verifies a token that is not known, and remembers it.
    fn verify<R: RequestHead + HostCrypto>(
        &self,
        found: Found<'_>,
        wanted: &RequireToken,
        seen: &Seen<'_, R>,
        now: UnixTime,
        may_wait: bool,
    ) -> Result<Rc<Caller>, Refusal> {
        let no_token = |error| match found.is_well_formed() {
            true => Refusal::from(error),
            false => InvalidCredentials::Malformed.into(),
        };
        let mut room = Room::default();
        let token = Token::parse(found.token, &mut room).map_err(no_token)?;
        let source = self.issuers.source_of(&token).ok_or_else(|| wanted.nobody())?;
        let (keys, terms) = self.admit(source, wanted, found.places)?;
        if matches!(source, Source::Svid(_)) {
            svid::check_header(&token)?;
        }
        // Before keys and signature: nobody pays for a token that will not do anyway.
        token.check(&terms.expected, now)?;
        let set = match keys.current(now) {
            Err(Reason::KeysMissing) if may_wait => return Err(Refusal::Wait),
            current => current?,
        };
        if keys.may_learn(&token, &set, now) && may_wait {
            return Err(Refusal::Wait);
        }
        let token = token.verify(&set, &terms.algorithms, seen.request()).map_err(no_token)?;
        if self.revoked.as_ref().is_some_and(|revoked| revoked.has(token.claims())) {
            return Err(Reason::Revoked.into());
        }
        let caller = Rc::new(Caller::new(source, &token, &terms.forward)?);
        if let Some(expiry) = token.not_after() {
            let until = expiry.plus(terms.expected.clock_skew);
            self.callers.remember(found.token, &caller, until, || seed(seen.random()?));
        }
        Ok(caller)
    }
}

/// 64 of the host's random bits.
fn seed(bits: u128) -> Option<u64> {
    u64::try_from(bits >> 64).ok()
}

impl From<Reason> for Refusal {
    fn from(reason: Reason) -> Self {
        Self::Denied(reason)
    }
}

impl From<TokenError> for Refusal {
    fn from(error: TokenError) -> Self {
        Self::Denied(error.into())
    }
}

impl From<InvalidCredentials> for Refusal {
    fn from(error: InvalidCredentials) -> Self {
        Self::Denied(match error {
            InvalidCredentials::Different => Reason::TwoTokens,
            _ => Reason::MalformedCredentials,
        })
    }
}

/// Nobody who could vouch for the token, or not for this rule.
const WRONG_ISSUER: Reason = Reason::Token("issuer");
