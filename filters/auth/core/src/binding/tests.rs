//! Tests of `binding`.
