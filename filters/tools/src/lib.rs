//! Tools that serve the filters' users and authors: what the command `sluice` does.

pub mod capabilities; // what Envoy may allow a module
pub mod command; // the command line
pub mod document; // a file -> trees
pub mod explain; // sluice explain
pub mod filter; // which filter a policy is for
pub mod json; // trees -> text
pub mod located; // a tree with the lines of its parts
pub mod module; // imports and exports of a module
pub mod render; // sluice render
pub mod request; // a request that nobody sent
pub mod schema; // sluice schema
pub mod tree; // policies, rewritten
pub mod validate; // sluice validate
