//! Envoy on one side, a filter's policy on the other: the only crate that talks to the host.
//!
//! A filter implements [`Filter`] and says [`export!`]; the shell does what all filters share: host calls that never
//! panic, the plugin-wide policy and the policies of routes, fetched documents, stats, and the one place where
//! decisions become effects.

mod apply; // Decision -> host calls
mod calls; // gRPC calls and their answers
mod documents; // fetched documents of one policy
mod export; // export!
mod filter; // trait Filter
mod held; // what streams hold until they end
pub mod host; // the host functions
mod log; // a log that cannot flood
mod request; // HostRequest implements RequestHead
mod room; // how many requests one callback may end
mod root; // one plugin configuration
mod routes; // policies in route metadata
mod shared; // Records implements SharedData
mod signature; // the host checks signatures
mod stats; // names -> metrics
mod streams; // what a response waits for
#[cfg(test)]
mod tests;
#[cfg(feature = "trap")]
mod trap; // test builds only
mod verdict; // what becomes of a request
mod vm; // callbacks -> roots and streams
mod waiting; // requests that stand still

/// What the trait [`Filter`] speaks of, so that a module names this crate and its own core only.
pub use filter_api::{
    Answer, Ask, Background, Call, ConfigError, Counter, Decision, Document, Effects, GrpcCall, Held,
    Holding, Mutation, Outdated, Patience, Pending, RecordKey, Reply, RequestHead, SharedData, StatName,
    Value, Version, config, parse_duration,
};

pub use filter::{BadRoutePolicy, Filter};
pub use request::HostRequest;
pub use stats::Metrics;
pub use vm::Vm;
