//! What access logs may say about a request that passed (`log:`).

/// One value, in filter state of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Logged {
    /// The rule that let it pass.
    Rule,
    /// `sub` of its token.
    Subject,
    /// `iss` of its token.
    Issuer,
    /// The SPIFFE ID of its peer, if the rule asked for one.
    Peer,
}

impl Logged {
    pub(crate) const ALL: [Self; 4] = [Self::Rule, Self::Subject, Self::Issuer, Self::Peer];

    /// As policies write it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Rule => "rule",
            Self::Subject => "subject",
            Self::Issuer => "issuer",
            Self::Peer => "peer",
        }
    }

    /// Read in access logs as `%FILTER_STATE(wasm.sluice.auth.rule:PLAIN)%`.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Rule => "sluice.auth.rule",
            Self::Subject => "sluice.auth.subject",
            Self::Issuer => "sluice.auth.issuer",
            Self::Peer => "sluice.auth.peer",
        }
    }
}
