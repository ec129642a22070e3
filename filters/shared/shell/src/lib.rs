//! Envoy on one side, a filter's policy on the other: the only crate that talks to the host.
//!
//! A filter implements [`Filter`] and says [`export!`]; the shell does what all filters share: host calls that never
//! panic, the plugin-wide policy and the policies of routes, fetched documents, stats, and the one place where
//! decisions become effects.

mod apply; // Decision -> host calls
mod calls; // gRPC calls that requests wait for
mod documents; // fetched documents of one policy
mod export; // export!
mod filter; // trait Filter
pub mod host; // the host functions
mod log; // a log that cannot flood
mod request; // HostRequest implements RequestHead
mod root; // one plugin configuration
mod routes; // policies in route metadata
mod signature; // the host checks signatures
mod stats; // names -> metrics
mod streams; // what a response waits for
#[cfg(test)]
mod tests;
#[cfg(feature = "trap")]
mod trap; // test builds only
mod vm; // callbacks -> roots and streams
mod waiting; // requests that stand still

/// What the trait [`Filter`] speaks of, so that a module names this crate and its own core only.
pub use filter_api::{
    Answer, Call, ConfigError, Decision, Document, Effects, GrpcCall, Mutation, Pending, Reply, RequestHead,
    StatName, Value, config, parse_duration,
};

pub use filter::{BadRoutePolicy, Filter};
pub use request::HostRequest;
pub use stats::Metrics;
pub use vm::Vm;
