//! Chooses the subset of a service that answers a request (Istio "subset", Envoy "weighted cluster").
//!
//! In: a policy and the request head. Out: a subset, the reason, and the effects that make it so. No host.
#![forbid(unsafe_code)]

pub mod baggage; // W3C baggage, edited in place
mod config; // Value -> Policy
mod cookie; // sticky_cookie:
mod counters; // one counter for each way to decide
mod draw; // key -> 0..10_000
mod explain; // what a caller is told
mod output; // outcome -> effects
mod policy; // Policy::decide
mod ramp; // weights by the clock
#[cfg(test)]
mod tests;
mod weights; // 0..10_000 -> subset

pub use cookie::{SameSite, StickyCookie};
pub use draw::Draw;
pub use policy::{Outcome, Policy, Reason, Subset};
pub use weights::Weights;
