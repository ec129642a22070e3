//! What is legal, but dangerous: the lists under "Limits" of the filters' READMEs, as checks.

mod capability; // capability_restriction_config
mod chain; // who comes before whom
mod clusters; // where documents come from
mod failure; // dead VMs
mod policy; // what a policy says by itself
mod reads; // what a policy stands on
mod routes; // policies of routes
mod tls; // certificates
mod vm; // shared data

use super::finding::Finding;
use super::site::Document;

/// All warnings about one document.
///
/// * `all`: it and those that are checked along with it, which may hold the other half of a mistake.
#[must_use]
pub fn of(document: &Document<'_>, all: &[&Document<'_>]) -> Vec<Finding> {
    let mut found = Vec::new();
    for policy in document.policies() {
        policy::warn(policy, &mut found);
    }
    failure::warn(document, &mut found);
    vm::warn(document, &mut found);
    capability::warn(document, &mut found);
    chain::warn(document, all, &mut found);
    routes::warn(document, all, &mut found);
    tls::warn(document, all, &mut found);
    clusters::warn(document, &mut found);
    found
}
