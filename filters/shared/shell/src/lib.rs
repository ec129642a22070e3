//! Host calls of proxy-wasm ABI 0.2.1 that return errors instead of killing a worker.
#![forbid(unsafe_code)]
