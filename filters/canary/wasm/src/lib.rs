//! The canary filter as a module for Envoy.
#![forbid(unsafe_code)]
