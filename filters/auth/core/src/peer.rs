//! Who is at the other end of the connection, and whom that one vouches for.
//!
//! `x-forwarded-client-cert` is a header like any other: what it says counts only if the certificate of this very
//! connection is that of a hop which the policy believes (`spiffe.xfcc.from`). Then its nearest element names the peer.

use crate::denial::Reason;
use filter_api::{
    ClientCertificate, Fields, Identity, NoSvid, Pattern, RequestHead, SpiffeId, TlsVersion, UnixTime,
};
use filter_spiffe::forwarded_peer;
use std::cell::OnceCell;
use std::net::IpAddr;
use std::rc::Rc;

/// A request as this policy sees it: its peer may stand in a header, and nobody has verified a claim yet.
pub(crate) struct Seen<'r, R> {
    request: &'r R,
    /// The hops whose header is believed.
    hops: &'r [Pattern],
    believed: OnceCell<bool>,
    peer: OnceCell<Result<Rc<SpiffeId>, Reason>>,
}

impl<'r, R: RequestHead> Seen<'r, R> {
    pub(crate) fn new(request: &'r R, hops: &'r [Pattern]) -> Self {
        Self { request, hops, believed: OnceCell::new(), peer: OnceCell::new() }
    }

    /// The request itself.
    pub(crate) fn request(&self) -> &'r R {
        self.request
    }

    /// Whether the request has the header, from a hop that is believed. The certificate is looked at only then.
    pub(crate) fn believes_xfcc(&self) -> bool {
        remembered(&self.believed, || {
            !self.hops.is_empty()
                && self.request.fields().first(XFCC).is_some()
                && self.request.svid().is_ok_and(|hop| self.hops.iter().any(|pattern| pattern.matches(&hop)))
        })
    }

    /// The peer: the workload of the connection's certificate, or the one that a believed hop names.
    ///
    /// # Errors
    /// Why there is none.
    pub(crate) fn peer_id(&self) -> Result<Rc<SpiffeId>, Reason> {
        remembered(&self.peer, || {
            if self.believes_xfcc() {
                let nearest = forwarded_peer(self.request.fields().lines(XFCC)).map_err(|_| Reason::Xfcc)?;
                return Ok(Rc::new(nearest));
            }
            self.request.svid().map_err(|none| match none {
                NoSvid::Absent => Reason::NoCertificate,
                NoSvid::Unvalidated => Reason::CertificateUnvalidated,
                _ => Reason::NotAnSvid,
            })
        })
    }
}

/// Like `OnceCell::get_or_init`, which can panic.
fn remembered<T: Clone>(cell: &OnceCell<T>, compute: impl FnOnce() -> T) -> T {
    if let Some(known) = cell.get() {
        return known.clone();
    }
    let value = compute();
    // Nobody else sets it.
    let _ = cell.set(value.clone());
    value
}

impl<R: RequestHead> RequestHead for Seen<'_, R> {
    fn fields(&self) -> Fields<'_> {
        self.request.fields()
    }

    fn source_ip(&self) -> Option<IpAddr> {
        self.request.source_ip()
    }

    /// Nothing is verified before a rule has decided; what an earlier filter says does not count here.
    fn identity(&self) -> Option<Identity<'_>> {
        None
    }

    fn peer(&self) -> Option<Rc<SpiffeId>> {
        self.peer_id().ok()
    }

    fn svid(&self) -> Result<Rc<SpiffeId>, NoSvid> {
        self.request.svid()
    }

    fn tls_version(&self) -> Option<TlsVersion> {
        self.request.tls_version()
    }

    fn client_certificate(&self) -> ClientCertificate {
        self.request.client_certificate()
    }

    fn route_name(&self) -> Option<&[u8]> {
        self.request.route_name()
    }

    fn time(&self) -> UnixTime {
        self.request.time()
    }

    fn random(&self) -> Option<u128> {
        self.request.random()
    }
}

/// Envoy's header about the certificates of earlier hops.
pub(crate) const XFCC: &str = "x-forwarded-client-cert";
