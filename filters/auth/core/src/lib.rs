//! Who is asking, and may they: tokens, client certificates, and the binding between them.
//!
//! In: a policy and the request head. Out: a verdict, and the effects that make it so. No host, no clock.
#![forbid(unsafe_code)]

mod binding; // RFC 8705: a token and its certificate
mod bundle; // trust domains
mod config; // Value -> Policy
mod counters; // one counter for each verdict
mod denial; // one code for each check
mod effects; // what becomes of a request that goes on
mod forward; // claims -> fields
mod identity; // a verified token -> what requests need of it
mod json; // values -> JSON text
mod keys; // key sets, inline or fetched
mod logged; // log:
mod memory; // verified tokens of one worker
mod path; // has :path one reading?
mod peer; // who is at the other end
mod places; // from:
mod policy; // Policy::authorize
mod provider; // who issues tokens, on which terms
mod reply; // status, challenge, problem body
mod require; // require:
mod revoked; // revoked:
mod rule; // rules:
mod svid; // JWT-SVIDs
#[cfg(test)]
mod tests;

pub use denial::Reason;
pub use memory::{MAX_BYTES, MAX_ENTRIES, Memory};
pub use path::{Ambiguous, judge};
pub use places::{Found, InvalidCredentials, Place, PlaceSet, Places};
pub use policy::Policy;
