//! SPIFFE trust domains and the keys that their JWT-SVIDs are signed with.

use crate::keys::Keys;
use filter_spiffe::{SpiffeId, TrustDomain};
use std::rc::Rc;

/// A trust domain whose JWT-SVIDs are taken.
#[derive(Debug)]
pub(crate) struct Bundle {
    pub(crate) domain: TrustDomain,
    pub(crate) keys: Rc<Keys>,
}

/// The place of the bundle that vouches for `id`: the one of its own trust domain and no other.
pub(crate) fn place_of(id: &SpiffeId, bundles: &[Bundle]) -> Option<usize> {
    bundles.iter().position(|bundle| id.is_member_of(&bundle.domain))
}
