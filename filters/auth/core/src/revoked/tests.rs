//! Tests of `revoked`.
