//! A real Envoy with the filters in it, driven by a real client.
//!
//! A test says what to run ([`Bootstrap`]: a file of `envoy-config/`, changed where the test needs it), starts it
//! ([`Stack`]: one Envoy, two versions of an upstream, a source of lists), sends [`Request`]s and looks at the
//! [`Answer`]s, at what the upstream [`Report`]s and at the [`Stats`] that moved. Nothing here imports a filter: the
//! harness knows the artifacts in `target/sluice/` and the files that users run.

mod admin;
mod answer;
mod auth;
mod backend;
mod bench;
mod body;
mod bootstrap;
mod client;
mod compose;
mod control;
mod echo;
mod envoy;
mod fixture;
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
mod raw;
mod reaper;
mod report;
mod request;
mod serve;
mod source;
mod stack;
mod stats;
pub mod suite;
mod tls;
mod upstream;
mod workdir;
mod xds;

pub use answer::Answer;
pub use backend::Backend;
pub use bench::Staged;
pub use bootstrap::{Bootstrap, parse_yaml};
pub use client::{Client, Connection, Protocol};
pub use envoy::Envoy;
pub use fixture::Fixture;
pub use leaf::Leaf;
pub use listener::Socket;
pub use lists::{Lists, Mode};
pub use load::{Load, Stream, Tally};
pub use mint::{Draft, Hash, Key, RsaKey, base64url, base64url_decode, compact, now, sha256};
pub use paths::{artifact, envoy_binary, envoy_version, examples, repository};
pub use poll::{eventually, until};
pub use raw::{RawAnswer, exchange};
pub use rcgen::KeyUsagePurpose;
pub use reaper::told_to_stop;
pub use report::Report;
pub use request::Request;
pub use stack::{Stack, StartError};
pub use stats::Stats;
pub use tls::{Authority, Identity, Tls};
pub use upstream::Upstream;
pub use xds::Update;

/// Anything that went wrong, as a sentence.
pub type Error = Box<dyn std::error::Error + Send + Sync>;
