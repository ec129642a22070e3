//! Where the decoded parts of a token live.

use crate::base64url;

/// Memory for the header and the payload of one token, which [`crate::Token`] borrows. Empty until it is used, and
/// fit for any number of tokens, one after the other.
#[derive(Debug, Default)]
pub struct Room(Vec<u8>);

impl Room {
    /// Room for what these two texts in base64url decode to.
    pub(super) fn of(&mut self, header: &str, payload: &str) -> Option<(&mut [u8], &mut [u8])> {
        let (header, payload) = (base64url::room(header), base64url::room(payload));
        self.0.resize(header.checked_add(payload)?, 0);
        self.0.split_at_mut_checked(header)
    }
}
