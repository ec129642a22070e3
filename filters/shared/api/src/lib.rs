//! The port between Envoy and a filter's policy, and the languages that all policies share.
//!
//! In: a configuration tree ([`Value`]) and a view of the request ([`RequestHead`]). Out: plain data
//! ([`Decision`]). No host, no clock, no randomness: cores built on this run anywhere.
#![forbid(unsafe_code)]

mod callout; // questions to gRPC services
pub mod cidr; // IP networks
mod claim; // claims:
pub mod config; // a tree -> a policy, or every problem with its path
mod connection; // TLS and the client certificate
mod crypto; // the host checks signatures
mod decision; // what a filter wants done
mod document; // what a filter fetches
mod explain; // explain:
#[cfg(any(test, feature = "fake"))]
pub mod fake; // a request in memory
pub mod fetch; // keeps a document fresh in every worker
mod fields; // the fields of a message, read in place
mod held; // what a request holds until it ends
mod identity; // what auth verified
mod key; // key:, sticky:
pub mod list; // the table behind a list
mod matcher; // exact, prefix, suffix, regex, in, contains, present
mod name; // names that users choose, names of fields
mod named_list; // lists:
mod order; // places in ascending order
mod peer; // certificate -> SPIFFE ID, once
mod predicate; // when:
mod regex; // bounded regular expressions
pub mod request; // the port
mod shared; // what all workers share
mod slot; // interior mutability that cannot panic
mod source; // http: { cluster, path, .. }
mod stat; // names of stats
#[cfg(test)]
mod testing; // what the test tables share
mod time; // UnixTime, MonotonicTime, durations
mod value; // JSON, Struct -> tree
mod weight; // parts of 10 000
pub mod wire; // protobuf, field by field

pub use callout::{Answer, Ask, Background, Call, GrpcCall, Pending};
pub use cidr::{Cidr, InvalidCidr};
pub use claim::ClaimCondition;
pub use config::{ConfigError, Problem};
pub use connection::{ClientCertificate, NoSvid, TlsVersion};
pub use crypto::{HashFunction, HostCrypto, HostVerdict};
pub use decision::{Counter, Decision, Effects, Mutation, Patience, Reply};
pub use document::{Build, Built, Document};
pub use explain::{Account, Explain, Item, Telling};
pub use fields::Fields;
pub use held::{Held, Holding};
pub use identity::{Claim, IDENTITY, Identity, IdentityRecord, Items};
pub use key::Key;
pub use matcher::Matcher;
pub use name::{FieldName, InvalidFieldName, InvalidName, Name, is_token};
pub use named_list::{FetchedList, MAX_FETCHED_ENTRIES, MAX_INLINE_ENTRIES, NamedList};
pub use peer::PeerMemo;
pub use predicate::{Lists, Predicate};
pub use regex::{InvalidRegex, MAX_PATTERN_BYTES, MAX_TABLE_BYTES, Regex};
pub use request::RequestHead;
pub use shared::{Outdated, RecordKey, SharedData, Version};
pub use slot::Slot;
pub use source::{HttpSource, SourceDefaults};
pub use stat::StatName;
pub use time::{InvalidDuration, InvalidTimestamp, MonotonicTime, UnixTime, parse_duration};
pub use value::{Value, WireError, namespace};
pub use weight::Weight;

/// Re-exported, because predicates and the port name it.
pub use filter_spiffe::{InvalidSvid, Pattern, SpiffeId};
