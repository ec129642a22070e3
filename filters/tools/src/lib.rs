//! Tools that serve the filters' users and authors: what the command `sluice` does.

pub mod command; // the command line
pub mod document; // a file -> Value
pub mod filter; // which filter a policy is for
pub mod validate; // sluice validate
