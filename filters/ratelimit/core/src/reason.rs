//! Why a request is refused: one code for each, in replies, stats and access logs.

/// See each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// A rate has no room now.
    OverLimit,
    /// As many requests as may be are in flight.
    InFlight,
    /// There is no key, and the limit says `missing: deny`.
    KeyMissing,
    /// All slots for keys with requests in flight are taken.
    TableFull,
    /// Other workers were faster, many times in a row.
    Contended,
    /// The rate limit service does not answer, and the limit says `on_failure: deny`.
    ServiceUnavailable,
}

impl Reason {
    /// All, in the order of their counters.
    pub const ALL: [Self; 6] = [
        Self::OverLimit,
        Self::InFlight,
        Self::KeyMissing,
        Self::TableFull,
        Self::Contended,
        Self::ServiceUnavailable,
    ];

    /// As replies, stats and access logs have it.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::OverLimit => "over_limit",
            Self::InFlight => "in_flight",
            Self::KeyMissing => "key_missing",
            Self::TableFull => "table_full",
            Self::Contended => "contended",
            Self::ServiceUnavailable => "service_unavailable",
        }
    }

    /// Whether it is this proxy's side that failed, and not the client that asked for too much.
    #[must_use]
    pub fn is_failure(self) -> bool {
        matches!(self, Self::TableFull | Self::Contended | Self::ServiceUnavailable)
    }
}
