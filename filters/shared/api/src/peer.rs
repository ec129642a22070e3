//! The SPIFFE ID of a connection's certificate, parsed once per certificate.

use crate::UnixTime;
use filter_spiffe::{SpiffeId, X509Svid};
use std::rc::Rc;

/// Remembers the last certificates by their digest, the most recently used first.
#[derive(Debug, Default)]
pub struct PeerMemo(Vec<(Vec<u8>, Option<Rc<X509Svid>>)>);

/// A service is called by few others; beyond this the oldest is parsed again.
const CAPACITY: usize = 64;

impl PeerMemo {
    /// The SPIFFE ID in the certificate with this digest, if it is a well-formed X509-SVID and valid at `now`.
    ///
    /// `pem` is asked for a certificate that is not known yet. The caller vouches that Envoy validated it.
    pub fn spiffe_id(
        &mut self,
        digest: &[u8],
        pem: impl FnOnce() -> Option<Vec<u8>>,
        now: UnixTime,
    ) -> Option<Rc<SpiffeId>> {
        let svid = match self.0.iter().position(|(known, _)| known == digest) {
            Some(index) => self.0.get(index)?.1.clone(),
            None => {
                let svid = X509Svid::from_pem(&pem()?).ok().map(Rc::new);
                self.0.truncate(CAPACITY.saturating_sub(1));
                self.0.insert(0, (digest.to_vec(), svid.clone()));
                svid
            }
        }?;
        let now = i64::try_from(now.as_secs()).ok()?;
        svid.valid_at(now).then(|| Rc::new(svid.id().clone()))
    }
}
