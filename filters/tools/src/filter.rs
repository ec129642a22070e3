//! The filters whose policies these tools know.

use filter_api::{ConfigError, Document, Value};
use std::rc::Rc;

/// A filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
#[value(rename_all = "lower")]
pub enum Filter {
    /// `auth`: who is asking, and may they.
    Auth,
    /// `canary`: which subset of a service answers.
    Canary,
    /// `ratelimit`: whether there is room for one more.
    RateLimit,
}

impl Filter {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Auth, Self::Canary, Self::RateLimit];

    /// As users write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::Canary => "canary",
            Self::RateLimit => "ratelimit",
        }
    }

    /// The filter of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|filter| filter.name() == name)
    }

    /// The names of all, as messages list them.
    #[must_use]
    pub fn names() -> String {
        Self::ALL.map(Self::name).join(", ")
    }

    /// What its artifact asks of the host and offers to it, as `make abi` writes it.
    #[must_use]
    pub fn abi(self) -> &'static str {
        match self {
            Self::Auth => include_str!("../../auth/abi.txt"),
            Self::Canary => include_str!("../../canary/abi.txt"),
            Self::RateLimit => include_str!("../../ratelimit/abi.txt"),
        }
    }

    /// What a policy wants fetched; nothing, if it is refused.
    #[must_use]
    pub fn documents(self, policy: &Value) -> Vec<Rc<dyn Document>> {
        let documents = match self {
            Self::Auth => auth_core::Policy::compile(policy).map(|policy| policy.documents()),
            Self::Canary => canary_core::Policy::compile(policy).map(|policy| policy.documents()),
            Self::RateLimit => ratelimit_core::Policy::compile(policy).map(|policy| policy.documents()),
        };
        documents.unwrap_or_default()
    }

    /// Compiles a policy as the filter does, and drops it.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn check(self, policy: &Value) -> Result<(), ConfigError> {
        match self {
            Self::Auth => auth_core::Policy::compile(policy).map(drop),
            Self::Canary => canary_core::Policy::compile(policy).map(drop),
            Self::RateLimit => ratelimit_core::Policy::compile(policy).map(drop),
        }
    }
}
