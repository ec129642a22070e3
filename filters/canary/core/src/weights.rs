//! Shares of subsets, laid out so that growing one never moves its users out.
//!
//! The subsets own consecutive ranges of the 10 000 buckets, in the order of the policy. When one grows and the
//! others shrink or stay, its new range contains its old one. Share that passes between two neighbours moves
//! exactly that share of the users; between others, those in the middle move along.

#[cfg(test)]
mod tests;

use filter_api::Weight;
use filter_api::config::Node;

/// Non-empty, sums to 10 000. One weight for each subset of the policy, zeros included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weights {
    /// The first bucket behind each subset's range.
    ends: Vec<u16>,
}

impl Weights {
    /// Lays out weights in the order of the subsets. Notes a problem at `node` if they do not sum to 10 000.
    #[must_use]
    pub fn new(parts: &[Weight], node: &Node<'_>) -> Option<Self> {
        let sum: u64 = parts.iter().map(|weight| u64::from(weight.parts())).sum();
        if sum != u64::from(Weight::WHOLE) {
            return node.refuse(format_args!("weights sum to {sum}, must be {}", Weight::WHOLE));
        }
        let ends = parts.iter().scan(0_u16, |end, weight| {
            *end = end.saturating_add(weight.parts());
            Some(*end)
        });
        Some(Self { ends: ends.collect() })
    }

    /// The subset that owns a bucket, by its place in the policy. `bucket` is below 10 000.
    #[must_use]
    pub fn subset(&self, bucket: u16) -> usize {
        self.ends.iter().position(|end| bucket < *end).unwrap_or(0)
    }

    /// The share of a subset, by its place in the policy, in parts of 10 000.
    #[must_use]
    pub(crate) fn share(&self, place: usize) -> u16 {
        let before = place.checked_sub(1).and_then(|before| self.ends.get(before));
        self.ends.get(place).map_or(0, |end| end.saturating_sub(*before.unwrap_or(&0)))
    }
}
