//! Whether there is room for one more: rates, places in flight, limits across all proxies.
//!
//! In: a policy, the request head, and what all workers share. Out: a verdict, and the effects that make it so. No host.
#![forbid(unsafe_code)]

mod config; // Value -> Policy
mod counters; // what each limit admitted and refused
mod demand; // one request before one limit
mod descriptor; // a request as a service knows it
mod explain; // what a caller is told
mod fingerprint; // who a request counts as
mod gcra; // admits one, or not
mod global; // global:
mod headers; // headers:
mod held; // places that a request has
mod in_flight; // pages of places, by key
mod inquiry; // asks services about a request
mod lease; // credits that a service gave in advance
mod limit; // limits:
mod loan; // asks services in the background
mod outcome; // verdict -> decision
mod place; // which record, which slot
mod policy; // Policy::decide
mod rate; // rate:
mod reason; // one code for each refusal
mod reply; // status, when to come again, problem body
mod rls; // the protocol of rate limit services
mod service; // what became of a call
mod spend; // all limits, or none
mod table; // pages of arrival times, by key
#[cfg(test)]
mod tests;
mod ticks; // time in 2^-32 ns
mod update; // read, edit, write if nobody was faster

pub use policy::Policy;
pub use reason::Reason;
