//! Tests of `counters`.
