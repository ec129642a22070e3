//! Chooses the subset of a service that answers a request.
#![forbid(unsafe_code)]
