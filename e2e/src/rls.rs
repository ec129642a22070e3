//! A rate limit service (`envoy.service.ratelimit.v3`): Limitador's engine behind gRPC, as its own server has it.
//!
//! It runs as a process of its own, the binary `ratelimit-service`; tests reach it as [`crate::RateLimitService`].

mod limiter;
mod message;
mod server;
mod storage;

pub use limiter::{Answers, Storage};
pub use server::Server;
