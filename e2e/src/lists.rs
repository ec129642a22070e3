//! A source of lists, key sets or whatever a filter fetches, seen from a test.

use std::net::SocketAddr;
use std::str::FromStr;

use crate::control;

/// A handle on the source behind a cluster: on one of its paths, or on all that have no document of their own.
#[derive(Debug, Clone)]
pub struct Lists {
    control: SocketAddr,
    page: &'static str,
}

/// How the source behaves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Mode {
    /// Serves its document, with an `ETag`.
    #[default]
    Up,
    /// Nothing listens, whatever the path: connections are refused.
    Down,
    /// Answers 500.
    Error,
    /// Answers later than anybody waits.
    Slow,
    /// Serves its document after so many milliseconds.
    Delay(u64),
    /// Serves its document, a byte a second.
    Trickle,
    /// Answers this status; a redirect leads to `/elsewhere`.
    Status(u16),
    /// Answers 200 with bytes that are neither text nor JSON.
    Garbage,
    /// Answers 200 with about 100 MiB.
    Huge,
    /// Answers 200 with its document as a web page, whoever asks.
    Page,
    /// Asked by gRPC, serves its document and says no status after it.
    Unfinished,
}

impl Lists {
    pub(crate) fn new(control: SocketAddr) -> Self {
        Self { control, page: "" }
    }

    /// The same source, for one path only.
    #[must_use]
    pub fn at(&self, path: &'static str) -> Self {
        Self { control: self.control, page: path }
    }

    /// Serves this document from now on.
    pub async fn serve(&self, document: impl Into<Vec<u8>>) {
        control::put(self.control, &format!("/document?{}", self.page), document.into()).await;
    }

    /// Behaves so from now on.
    pub async fn switch(&self, mode: Mode) {
        control::put(self.control, &format!("/mode/{}?{}", mode.name(), self.page), Vec::new()).await;
    }

    /// How often it was asked, answered with `304` or not.
    pub async fn fetches(&self) -> u64 {
        control::number(self.control, &format!("/fetches?{}", self.page)).await
    }
}

impl Mode {
    const PLAIN: [Self; 9] = [
        Self::Up,
        Self::Down,
        Self::Error,
        Self::Slow,
        Self::Trickle,
        Self::Garbage,
        Self::Huge,
        Self::Page,
        Self::Unfinished,
    ];

    fn name(self) -> String {
        match self {
            Self::Delay(milliseconds) => format!("delay-{milliseconds}"),
            Self::Status(code) => format!("status-{code}"),
            plain => format!("{plain:?}").to_lowercase(),
        }
    }
}

impl FromStr for Mode {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let unknown = || format!("no mode {name}");
        match name.split_once('-') {
            Some(("delay", milliseconds)) => milliseconds.parse().map(Self::Delay).map_err(|_| unknown()),
            Some(("status", code)) => code.parse().map(Self::Status).map_err(|_| unknown()),
            _ => Self::PLAIN.into_iter().find(|m| m.name() == name).ok_or_else(unknown),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mode_has_a_name() {
        for mode in Mode::PLAIN.into_iter().chain([Mode::Delay(250), Mode::Status(302)]) {
            assert_eq!(mode.name().parse(), Ok(mode));
        }
        for wrong in ["", "up-", "delay-", "status-x", "gone"] {
            assert!(wrong.parse::<Mode>().is_err(), "{wrong}");
        }
    }
}
