//! Names of stats, with tags in the form that Envoy (`stats_tags`) and Istio (`extraStatTags`) extract.

#[cfg(test)]
mod tests;

use std::fmt::Write as _;

/// A stat's name: `sluice.canary.decisions.subset=.=canary;.;`. Tag values come from policies, never from requests.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StatName(String);

impl StatName {
    /// A name without tags: dotted, beginning with `sluice.<filter>`.
    #[must_use]
    pub fn new(base: &str) -> Self {
        Self(base.to_owned())
    }

    /// Adds a tag. The same base name must always have the same tags, or Prometheus refuses the page.
    #[must_use]
    pub fn tag(mut self, name: &str, value: impl std::fmt::Display) -> Self {
        let dot = if self.0.ends_with('.') || self.0.ends_with(';') { "" } else { "." };
        // Writing to a String cannot fail.
        let _ = write!(self.0, "{dot}{name}=.={value};.;");
        self
    }

    /// As the host is told.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
