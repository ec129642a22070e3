//! Tests of `require`.
