//! The filters whose policies these tools know.

use filter_api::{ConfigError, Value};

/// A filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filter {
    /// `auth`: who is asking, and may they.
    Auth,
    /// `canary`: which subset of a service answers.
    Canary,
}

impl Filter {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Auth, Self::Canary];

    /// As users write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::Canary => "canary",
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

    /// Compiles a policy as the filter does, and drops it.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn check(self, policy: &Value) -> Result<(), ConfigError> {
        match self {
            Self::Auth => auth_core::Policy::compile(policy).map(drop),
            Self::Canary => canary_core::Policy::compile(policy).map(drop),
        }
    }
}
