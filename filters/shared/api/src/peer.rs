//! The SPIFFE ID of a connection's certificate, parsed once per certificate.

#[cfg(test)]
mod tests;

use crate::UnixTime;
use filter_spiffe::{SpiffeId, X509Svid};
use std::rc::Rc;

/// Remembers the last certificates by their digest, the most recently used first; those that are no SVID too.
#[derive(Debug, Default)]
pub struct PeerMemo(Vec<(Vec<u8>, Option<Svid>)>);

/// The ID is shared, so that a request copies none.
type Svid = (Rc<SpiffeId>, X509Svid);

/// A service is called by few others; beyond this the oldest is parsed again.
const CAPACITY: usize = 64;

impl PeerMemo {
    /// The SPIFFE ID in the certificate with this digest, if it is a well-formed X509-SVID and valid at `now`.
    ///
    /// `pem` is asked for a certificate that is not known yet. The caller vouches that Envoy validated it. Without a
    /// digest there is no certificate, and nothing to remember one by.
    pub fn spiffe_id(
        &mut self,
        digest: &[u8],
        pem: impl FnOnce() -> Option<Vec<u8>>,
        now: UnixTime,
    ) -> Option<Rc<SpiffeId>> {
        if digest.is_empty() {
            return None;
        }
        match self.0.iter().position(|(known, _)| known == digest) {
            Some(index) => self.0.get_mut(..=index)?.rotate_right(1),
            None => {
                let svid = X509Svid::from_pem(&pem()?).ok();
                let svid = svid.map(|svid| (Rc::new(svid.id().clone()), svid));
                self.0.truncate(CAPACITY.saturating_sub(1));
                self.0.insert(0, (digest.to_vec(), svid));
            }
        }
        let (id, svid) = self.0.first()?.1.as_ref()?;
        svid.valid_at(i64::try_from(now.as_secs()).ok()?).then(|| Rc::clone(id))
    }
}
