//! The source of lists, seen from a test.

use std::net::SocketAddr;
use std::str::FromStr;

use crate::control;

/// A handle on the source that the cluster `lists` leads to.
#[derive(Debug, Clone)]
pub struct Lists {
    control: SocketAddr,
}

/// How the source behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Serves its document, with an `ETag`.
    Up,
    /// Nothing listens: connections are refused.
    Down,
    /// Answers 500.
    Error,
    /// Answers later than anybody waits.
    Slow,
    /// Answers 200 with bytes that are neither text nor JSON.
    Garbage,
    /// Answers 200 with about 100 MiB.
    Huge,
}

impl Lists {
    pub(crate) fn new(control: SocketAddr) -> Self {
        Self { control }
    }

    /// Serves this document from now on.
    pub async fn serve(&self, document: impl Into<String>) {
        control::put(self.control, "/document", document.into()).await;
    }

    /// Behaves so from now on.
    pub async fn switch(&self, mode: Mode) {
        control::put(self.control, &format!("/mode/{}", mode.name()), String::new()).await;
    }

    /// How often it was asked, answered with `304` or not.
    pub async fn fetches(&self) -> u64 {
        control::number(self.control, "/fetches").await
    }
}

impl Mode {
    const ALL: [Self; 6] = [Self::Up, Self::Down, Self::Error, Self::Slow, Self::Garbage, Self::Huge];

    fn name(self) -> String {
        format!("{self:?}").to_lowercase()
    }
}

impl FromStr for Mode {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|m| m.name() == name).ok_or_else(|| format!("no mode {name}"))
    }
}
