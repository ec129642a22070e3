//! The port between Envoy and a filter's policy, and the languages that all policies share.
#![forbid(unsafe_code)]
