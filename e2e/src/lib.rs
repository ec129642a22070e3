//! A real Envoy with the filters in it, driven by a real client.
//!
//! A test says what to run ([`Bootstrap`]: a file of `envoy-config/`, changed where the test needs it), starts it
//! ([`Stack`]: one Envoy, two versions of an upstream, a source of lists), sends [`Request`]s and looks at the
//! [`Answer`]s, at what the upstream [`Report`]s and at the [`Stats`] that moved. Nothing here imports a filter: the
//! harness knows the artifacts in `target/sluice/` and the files that users run.

mod admin;
mod alive;
mod answer;
mod auth;
mod backend;
mod bench;
mod body;
mod bootstrap;
mod child;
mod client;
mod collector;
mod compose;
mod control;
mod dice;
mod echo;
mod envoy;
mod fetched;
mod fixture;
mod flights;
mod hardened;
mod image;
mod leaf;
mod listener;
mod lists;
mod load;
mod local;
mod mint;
mod paths;
mod place;
mod poll;
mod prometheus;
pub mod proof;
mod quic;
mod ratelimit;
mod raw;
mod reaper;
mod redis;
mod registry;
mod relay;
mod report;
mod request;
mod resp;
pub mod rls;
mod serve;
mod service;
mod source;
mod stack;
mod stats;
mod strict;
pub mod suite;
mod tls;
mod upstream;
mod version;
mod workdir;
mod xds;

pub use answer::Answer;
pub use backend::Backend;
pub use bench::Staged;
pub use bootstrap::{Bootstrap, parse_yaml};
pub use client::{Client, Connection, Protocol};
pub use collector::{Collector, Span};
pub use dice::Dice;
pub use envoy::Envoy;
pub use fetched::Fetched;
pub use fixture::Fixture;
pub use leaf::Leaf;
pub use listener::Socket;
pub use lists::{Lists, Mode};
pub use load::{Load, Stream, Tally};
pub use mint::{Draft, Hash, Key, RsaKey, base64url, base64url_decode, compact, now, sha256};
pub use paths::{
    artifact, envoy_binary, envoy_version, examples, package, redis_server, repository, validated,
};
pub use poll::{eventually, until};
pub use prometheus::{Point, Prometheus, Series};
pub use ratelimit::{PLENTY_FOR_TENANTS, native_rate_limits, native_ratelimit};
pub use raw::{RawAnswer, exchange};
pub use rcgen::KeyUsagePurpose;
pub use reaper::told_to_stop;
pub use redis::Redis;
pub use registry::Registry;
pub use report::Report;
pub use request::Request;
pub use service::RateLimitService;
pub use stack::{Stack, StartError};
pub use stats::Stats;
pub use strict::{Parsed, strict};
pub use tls::{Authority, Identity, Tls};
pub use upstream::Upstream;
pub use xds::Update;

/// Anything that went wrong, as a sentence.
pub type Error = Box<dyn std::error::Error + Send + Sync>;
