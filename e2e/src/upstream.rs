//! One version of the upstream, seen from a test.

use std::net::SocketAddr;

use crate::control;

/// A handle on a running upstream, in this process or in a container.
#[derive(Debug, Clone)]
pub struct Upstream {
    control: SocketAddr,
}

impl Upstream {
    pub(crate) fn new(control: SocketAddr) -> Self {
        Self { control }
    }

    /// How many requests it has got.
    pub async fn hits(&self) -> u64 {
        control::number(self.control, "/hits").await
    }

    /// How many requests for this path it had at once, at most.
    pub async fn peak(&self, path: &str) -> u64 {
        control::number(self.control, &format!("/peak?{path}")).await
    }

    /// How many requests for this path it has now.
    pub async fn flying(&self, path: &str) -> u64 {
        control::number(self.control, &format!("/flying?{path}")).await
    }
}
