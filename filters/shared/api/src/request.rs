//! The port through which a policy sees a request: narrow, lazy, read only.

mod cookie;
mod path;
mod percent;
mod query;
#[cfg(test)]
mod tests;

use crate::{ClientCertificate, Fields, Identity, NoSvid, TlsVersion, UnixTime};
use filter_spiffe::SpiffeId;
use std::net::IpAddr;
use std::rc::Rc;

pub use cookie::cookie;
pub use path::{authority_host, path_of, query_of, segment};
pub use percent::{escaped, percent_decoded};
pub use query::parameter;

/// What a policy may ask of the request head. Every answer is fetched when it is first asked for, and kept.
///
/// Each method says what it costs; tests count these reads through `FakeRequest` (feature `fake`).
pub trait RequestHead {
    /// All fields, pseudo-headers (`:path`, `:method`, `:authority`) included. One host call for any number of
    /// look-ups.
    fn fields(&self) -> Fields<'_>;

    /// The address that Envoy takes for the client's (`source.address`: the direct peer, or the trusted hop of
    /// `X-Forwarded-For`), IPv4-mapped IPv6 folded to IPv4. One host call.
    fn source_ip(&self) -> Option<IpAddr>;

    /// What the `auth` filter verified about this request. One host call.
    fn identity(&self) -> Option<Identity<'_>>;

    /// The SPIFFE ID of the peer: as `auth` verified it, or else from the certificate of this very connection,
    /// which Envoy validated and which is a well-formed X509-SVID. Up to four host calls.
    fn peer(&self) -> Option<Rc<SpiffeId>>;

    /// The X509-SVID of this very connection: validated by Envoy, well-formed, valid now. Never what an earlier
    /// filter said. Up to four host calls.
    ///
    /// # Errors
    /// Why there is none.
    fn svid(&self) -> Result<Rc<SpiffeId>, NoSvid>;

    /// The version of TLS on this connection; `None` without TLS. One host call.
    fn tls_version(&self) -> Option<TlsVersion>;

    /// The client's certificate on this connection. Up to three host calls.
    fn client_certificate(&self) -> ClientCertificate;

    /// The name of the route that Envoy chose so far. One host call.
    fn route_name(&self) -> Option<&[u8]>;

    /// The host's wall clock. One host call.
    fn time(&self) -> UnixTime;

    /// 128 random bits from the host; `None` if it has none to give. One host call, new bits at every call.
    fn random(&self) -> Option<u128>;
}
