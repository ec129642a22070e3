//! Who issues the tokens that a policy takes, and on which terms.

use crate::bundle::{Bundle, place_of};
use crate::forward::Forward;
use crate::identity::Source;
use crate::keys::Keys;
use crate::places::PlaceSet;
use crate::svid;
use filter_api::Name;
use filter_jose::{Algorithm, Expected, Token};
use std::rc::Rc;

/// What a token must be, where it may stand, and what is told about it.
#[derive(Debug)]
pub(crate) struct Terms {
    pub(crate) expected: Expected,
    /// Empty: every one that the keys allow.
    pub(crate) algorithms: Vec<Algorithm>,
    pub(crate) places: PlaceSet,
    pub(crate) forward: Forward,
}

/// An issuer of tokens.
#[derive(Debug)]
pub(crate) struct Provider {
    pub(crate) name: Name,
    pub(crate) keys: Rc<Keys>,
    pub(crate) terms: Terms,
}

/// JWT-SVIDs of all trust domains.
#[derive(Debug)]
pub(crate) struct Svids {
    pub(crate) bundles: Vec<Bundle>,
    pub(crate) terms: Terms,
}

/// All who issue tokens for a policy.
#[derive(Debug)]
pub(crate) struct Issuers {
    pub(crate) providers: Vec<Provider>,
    pub(crate) svids: Option<Svids>,
}

impl Issuers {
    /// Who is to vouch for a token: the provider that `iss` names, or else the trust domain of `sub`. No issuer is
    /// named twice, so there is never a choice.
    pub(crate) fn source_of(&self, token: &Token<'_>) -> Option<Source> {
        let issuer = token.unverified_issuer();
        let is_it =
            |provider: &Provider| issuer.is_some() && provider.terms.expected.issuer.as_deref() == issuer;
        if let Some(place) = self.providers.iter().position(is_it) {
            return Some(Source::Provider(place));
        }
        let workload = svid::workload(token.unverified_subject()?)?;
        place_of(&workload, &self.svids.as_ref()?.bundles).map(Source::Svid)
    }

    /// The keys of a source and its terms.
    pub(crate) fn of(&self, source: Source) -> Option<(&Keys, &Terms)> {
        match source {
            Source::Provider(place) => {
                self.providers.get(place).map(|provider| (provider.keys.as_ref(), &provider.terms))
            }
            Source::Svid(place) => {
                let svids = self.svids.as_ref()?;
                svids.bundles.get(place).map(|bundle| (bundle.keys.as_ref(), &svids.terms))
            }
        }
    }

    /// The names of the counters of verified tokens.
    pub(crate) fn names(&self) -> Vec<&str> {
        let providers = self.providers.iter().map(|provider| provider.name.as_str());
        providers.chain(self.svids.as_ref().map(|_| JWT_SVID)).collect()
    }

    /// The place of a source among [`Issuers::names`].
    pub(crate) fn place_of_name(&self, source: Source) -> usize {
        match source {
            Source::Provider(place) => place,
            Source::Svid(_) => self.providers.len(),
        }
    }
}

/// What a rule's `token` calls JWT-SVIDs; no provider may have this name.
pub(crate) const JWT_SVID: &str = "jwt_svid";
