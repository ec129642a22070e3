//! Two policies of a filter, and requests whose answers tell them apart.

use e2e::{Bootstrap, Error, Key, parse_yaml};
use serde_json::{Value, json};

use crate::auth::{bearer, draft, provider};
use crate::case::POLICY;
use crate::traffic::Fields;

/// A filter with two policies.
#[derive(Debug)]
pub(crate) struct Pair {
    pub(crate) filter: &'static str,
    /// The namespace of its policies in the metadata of routes.
    pub(crate) namespace: &'static str,
    /// It over xDS, with any policy.
    pub(crate) bootstrap: Bootstrap,
    policies: [Value; 2],
    /// What is asked, in turns.
    pub(crate) requests: Vec<Fields>,
    tell: fn(usize, u16, &str) -> Option<Side>,
}

/// One of the two policies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    First,
    Second,
}

impl Side {
    pub(crate) fn other(self) -> Self {
        match self {
            Self::First => Self::Second,
            Self::Second => Self::First,
        }
    }
}

impl Pair {
    /// The measured policy, with one subset for all who meet no rule.
    pub(crate) fn canary() -> Result<Self, Error> {
        let everybody = |weights: [u16; 2]| -> Result<Value, Error> {
            let mut policy = parse_yaml(POLICY)?;
            for (place, weight) in weights.into_iter().enumerate() {
                policy["subsets"][place]["weight"] = json!(weight);
            }
            Ok(policy)
        };
        Ok(Self {
            filter: "canary",
            namespace: "sluice.canary",
            bootstrap: Bootstrap::canary_over_xds(),
            policies: [everybody([10_000, 0])?, everybody([0, 10_000])?],
            requests: vec![Vec::new()],
            tell: |_, status, body| match (status, body) {
                (200, "stable") => Some(Side::First),
                (200, "canary") => Some(Side::Second),
                _ => None,
            },
        })
    }

    /// One lets in the tokens of one tenant, one those of another.
    pub(crate) fn auth() -> Self {
        let key = Key::p256("es256");
        let set = json!({ "keys": [key.jwk()] });
        let policies = TENANTS.map(|tenant| {
            json!({
                "providers": [provider(&set)],
                "rules": [{ "require": { "token": "idp", "claims": [{ "name": "tenant", "in": [tenant] }] } }],
            })
        });
        let requests = TENANTS.map(|tenant| vec![bearer(&draft().claim("tenant", tenant).sign(&key))]);
        Self {
            filter: "auth",
            namespace: "sluice.auth",
            bootstrap: Bootstrap::auth_over_xds(),
            policies,
            requests: requests.into(),
            tell: |asked, status, _| match (asked, status) {
                (0, 200) | (1, 403) => Some(Side::First),
                (1, 200) | (0, 403) => Some(Side::Second),
                _ => None,
            },
        }
    }

    pub(crate) fn policy(&self, side: Side) -> Value {
        self.policies[side as usize].clone()
    }

    /// Whose answer it is; `None` if it is nobody's.
    pub(crate) fn tell(&self, asked: usize, status: u16, body: &str) -> Option<Side> {
        (self.tell)(asked, status, body)
    }
}

/// The same requests are asked of both.
const TENANTS: [&str; 2] = ["acme", "globex"];
