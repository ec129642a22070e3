//! SPIFFE IDs, the patterns that policies match them with, and X509-SVID checks.
//!
//! In: text from a policy file, or the certificate that Envoy shows for a connection. Out: values that only
//! this crate can build, so holding one proves that the checks were made. No host, no clock; nothing here
//! panics for any input.
//!
//! Documents: SPIFFE-ID and X509-SVID of the SPIFFE standards, RFC 5280 for certificates, RFC 7468 for PEM.
#![forbid(unsafe_code)]

mod id; // SpiffeId
mod pattern; // Pattern: `spiffe://example.org/ns/prod/sa/*`
mod svid; // X509Svid
mod trust_domain; // TrustDomain
mod xfcc; // x-forwarded-client-cert

pub use id::{InvalidSpiffeId, SpiffeId};
pub use pattern::{InvalidPattern, Pattern};
pub use svid::{InvalidSvid, X509Svid};
pub use trust_domain::{InvalidTrustDomain, TrustDomain};
pub use xfcc::{InvalidXfcc, forwarded_peer};
