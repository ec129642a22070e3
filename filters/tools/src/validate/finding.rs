//! What `validate` has to say about a place in a file.

use crate::tree::{map, string};
use filter_api::Value;
use std::fmt;

/// A problem, or a warning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// In its file, counted from 1; 0 if it has none. Of what is missing: the line of the innermost part that is there.
    pub line: u64,
    /// `None`: a filter, or Envoy, refuses it.
    pub warning: Option<Warning>,
    /// From the root of the document; may be empty.
    pub path: String,
    /// Lower-case, no full stop.
    pub message: String,
}

impl Finding {
    /// What is refused.
    #[must_use]
    pub fn problem(line: u64, path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { line, warning: None, path: path.into(), message: message.into() }
    }

    /// What is legal, but dangerous.
    #[must_use]
    pub fn warning(line: u64, warning: Warning, path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { line, warning: Some(warning), path: path.into(), message: message.into() }
    }
}

impl Finding {
    /// For programs. Without a line (the file cannot be opened), or a code (a problem has none): `null`.
    #[must_use]
    pub fn value(&self) -> Value {
        let Self { line, warning, path, message } = self;
        #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
        let line = if *line > 0 { Value::Number(*line as f64) } else { Value::Null };
        map([
            ("severity", string(if warning.is_some() { "warning" } else { "problem" })),
            ("code", warning.map_or(Value::Null, |warning| string(warning.code()))),
            ("line", line),
            ("path", string(path.as_str())),
            ("message", string(message.as_str())),
        ])
    }
}

/// As it stands behind the file's name: `12: warning[fail-open]: spec.failStrategy: ..`.
impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, warning, path, message } = self;
        // A file that cannot be opened has no lines.
        if *line > 0 {
            write!(formatter, "{line}:")?;
        }
        formatter.write_str(" ")?;
        if let Some(warning) = warning {
            write!(formatter, "warning[{}]: ", warning.code())?;
        }
        if !path.is_empty() {
            write!(formatter, "{path}: ")?;
        }
        formatter.write_str(message)
    }
}

macro_rules! warnings {
    ($($(#[doc = $doc:literal])+ $variant:ident = $code:literal,)*) => {
        /// What is legal, but dangerous. `filters/tools/README.md` explains each.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Warning { $($(#[doc = $doc])+ $variant,)* }

        impl Warning {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// As the output has it.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }
        }
    };
}

warnings! {
    /// `auth` lets everybody in when its VM is dead.
    FailOpen = "fail-open",
    /// After one trap 503 until the configuration changes.
    FailurePolicyUnset = "failure-policy-unset",
    /// A filter asks who it is before `auth` has found out.
    FilterOrder = "filter-order",
    /// A policy asks for claims, and nothing verifies any.
    NoIdentity = "no-identity",
    /// Plain Envoy: all plugins without `vm_id` share their data.
    VmIdMissing = "vm-id-missing",
    /// Two filters share their data.
    VmIdShared = "vm-id-shared",
    /// The name says one filter, the code is another.
    FilterUnclear = "filter-unclear",
    /// On a resumed connection no certificate counts as validated.
    SessionResumption = "session-resumption",
    /// Certificates that nobody vouches for get through the handshake.
    UntrustedAccepted = "untrusted-accepted",
    /// Envoy removes the header that the policy wants to believe.
    XfccRemoved = "xfcc-removed",
    /// Streams that wait in a dead VM wait for five minutes.
    StreamIdleTimeout = "stream-idle-timeout",
    /// Envoy does not call the filter, or refuses its calls.
    CapabilityWithheld = "capability-withheld",
    /// A header that clients send chooses the policy.
    RouteChosenByClient = "route-chosen-by-client",
    /// A route without `auth` takes every header from everybody.
    OffOnRoute = "off-on-route",
    /// Whoever is in between issues tokens.
    KeysWithoutTls = "keys-without-tls",
    /// The policy names a cluster that the configuration does not have.
    ClusterUnknown = "cluster-unknown",
    /// A path that clients may spell in another way.
    PathSpelling = "path-spelling",
    /// `allow: anyone` for more paths than it seems.
    OpenPrefix = "open-prefix",
    /// `allow: anyone` for whoever sends a header.
    OpenByClient = "open-by-client",
    /// Nothing is refused.
    DryRun = "dry-run",
    /// A secret that stands in `/config_dump`.
    SecretInline = "secret-inline",
    /// Whoever is limited chooses what they are limited by.
    KeyChosenByClient = "key-chosen-by-client",
}
