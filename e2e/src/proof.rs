//! Proofs under load: `make soak` and `make chaos`, and the short forms of both among the tests.
//!
//! All of them run the whole chain (`auth`, `ratelimit`, `canary`) in a real Envoy with several workers, in front of two
//! versions of an upstream, with keys, revocations and a list that are fetched and a rate limit service on Redis. What a
//! request may get is known when it is made; what got through is judged by what the upstream saw and by a reader of
//! tokens and paths of its own (`oracle`). Everything random comes from a seed that is printed first.

mod chain;
mod churn;
mod evidence;
mod faults;
mod frames;
mod head_mutation;
mod lane;
mod memory;
mod mutate;
mod options;
mod oracle;
mod outcome;
mod pace;
mod people;
mod resets;
mod shape;
mod soak;
mod token_mutation;
mod wire;

pub use churn::{Churn, churn};
pub use faults::{Faults, faults};
pub use mutate::{Mutate, mutate, replay};
pub use options::Options;
pub use outcome::Outcome;
pub use resets::{Resets, resets};
pub use soak::{Soak, soak};
