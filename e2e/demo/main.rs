//! Shows `canary` at work.

fn main() {}
