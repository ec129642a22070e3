//! Weights by the clock: every proxy with a right clock is at the same step, without a controller.

use crate::Weights;
use filter_api::UnixTime;
use std::time::Duration;

/// From `start` on, the weights of the last step whose time has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ramp {
    pub(crate) start: UnixTime,
    /// Sorted, no two alike.
    pub(crate) steps: Vec<(Duration, Weights)>,
}

impl Ramp {
    /// `None` before the first step: the policy's own weights hold.
    pub(crate) fn weights(&self, now: UnixTime) -> Option<&Weights> {
        let reached = |(after, _): &&(Duration, Weights)| now >= self.start.plus(*after);
        self.steps.iter().take_while(reached).last().map(|(_, weights)| weights)
    }
}
