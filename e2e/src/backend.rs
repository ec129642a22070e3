//! Where the suite runs Envoy.

use std::env;

use crate::compose;

/// A local process, or containers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// The pinned binary as a child of this process; the default.
    Local,
    /// `e2e/compose.yaml`: `E2E_BACKEND=compose`.
    Compose,
}

impl Backend {
    /// What the environment asks for.
    ///
    /// # Panics
    /// When it asks for something unknown.
    pub fn chosen() -> Self {
        match env::var("E2E_BACKEND").as_deref() {
            Err(_) | Ok("" | "local") => Self::Local,
            Ok("compose") => Self::Compose,
            Ok(other) => panic!("E2E_BACKEND is {other}: local or compose"),
        }
    }

    /// Why this back end cannot run here, if so.
    pub fn missing(self) -> Option<String> {
        match self {
            Self::Local => None,
            Self::Compose => compose::missing(),
        }
    }

    /// The networks in which Envoy sees the test's own client.
    pub fn client_networks(self) -> &'static [&'static str] {
        match self {
            Self::Local => &["127.0.0.0/8"],
            // Docker takes the networks of its bridges from the private ranges; the client comes through the gateway.
            Self::Compose => &["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"],
        }
    }
}
