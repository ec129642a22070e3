//! The SPIFFE ID of a connection's certificate, parsed once per certificate.

#[cfg(test)]
mod tests;

use crate::{NoSvid, UnixTime};
use filter_spiffe::{InvalidSvid, SpiffeId, X509Svid};
use std::rc::Rc;

/// Remembers the last certificates by their digest, the most recently used first; those that are no SVID too.
#[derive(Debug, Default)]
pub struct PeerMemo(Vec<(Vec<u8>, Result<Svid, InvalidSvid>)>);

/// The ID is shared, so that a request copies none.
type Svid = (Rc<SpiffeId>, X509Svid);

/// A service is called by few others; beyond this the oldest is parsed again.
const CAPACITY: usize = 64;

impl PeerMemo {
    /// The SPIFFE ID in the certificate with this digest, if it is a well-formed X509-SVID and valid at `now`.
    ///
    /// `pem` is asked for a certificate that is not known yet. The caller vouches that Envoy validated it. Without a
    /// digest there is no certificate, and nothing to remember one by.
    ///
    /// # Errors
    /// Why it is none.
    pub fn svid(
        &mut self,
        digest: &[u8],
        pem: impl FnOnce() -> Option<Vec<u8>>,
        now: UnixTime,
    ) -> Result<Rc<SpiffeId>, NoSvid> {
        if digest.is_empty() {
            return Err(NoSvid::Absent);
        }
        match self.0.iter().position(|(known, _)| known == digest) {
            Some(index) => {
                if let Some(newer) = self.0.get_mut(..=index) {
                    newer.rotate_right(1);
                }
            }
            None => {
                let svid = X509Svid::from_pem(&pem().ok_or(NoSvid::Absent)?);
                let svid = svid.map(|svid| (Rc::new(svid.id().clone()), svid));
                self.0.truncate(CAPACITY.saturating_sub(1));
                self.0.insert(0, (digest.to_vec(), svid));
            }
        }
        let (_, known) = self.0.first().ok_or(NoSvid::Absent)?;
        let (id, svid) = known.as_ref().map_err(|invalid| NoSvid::Invalid(invalid.clone()))?;
        let now = i64::try_from(now.as_secs()).map_err(|_| NoSvid::OutOfTime)?;
        if svid.valid_at(now) { Ok(Rc::clone(id)) } else { Err(NoSvid::OutOfTime) }
    }
}
