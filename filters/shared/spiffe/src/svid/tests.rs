//! Certificates of three makes: OpenSSL's as a constant, drafts without a key for every odd field (both run in
//! Node too), and, natively, what rcgen signs.
#![allow(clippy::arithmetic_side_effects, clippy::cast_possible_truncation, reason = "tests may fail loudly")]

mod broken;
mod draft;
mod judged;
#[cfg(not(target_arch = "wasm32"))] // rcgen needs ring, which is not for wasm
mod minted;
mod times;

use super::{InvalidSvid, X509Svid, pem};
use draft::Draft;

/// `openssl ca`, P-256, subject `C=US, O=SPIRE`, valid 2026-01-01T00:00:00Z to 2125-12-31T23:59:59Z, a URI and
/// a DNS SAN, key identifiers and extended key usage as SPIRE sets them.
const OPENSSL: &str = "\
-----BEGIN CERTIFICATE-----
MIIB4zCCAYmgAwIBAgIBATAKBggqhkjOPQQDAjANMQswCQYDVQQDDAJjYTAgFw0y
NjAxMDEwMDAwMDBaGA8yMTI1MTIzMTIzNTk1OVowHTELMAkGA1UEBhMCVVMxDjAM
BgNVBAoMBVNQSVJFMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE7LgqHE2+GUHa
VD0qKuJ1WnJ+DLX3i7am03xYPfJx+xRV+CZNllhp0HemEUWEZBeRz+xqVSdCdiMh
5w7URZq1oKOBxzCBxDBFBgNVHREEPjA8hiZzcGlmZmU6Ly9leGFtcGxlLm9yZy9u
cy9wcm9kL3NhL29yZGVyc4ISb3JkZXJzLmV4YW1wbGUub3JnMA4GA1UdDwEB/wQE
AwIFoDAdBgNVHSUEFjAUBggrBgEFBQcDAQYIKwYBBQUHAwIwDAYDVR0TAQH/BAIw
ADAdBgNVHQ4EFgQULY2YxOK5oEGtvPmy9Mez5OpZ3iMwHwYDVR0jBBgwFoAUbtLO
+BrMG4QJSlJm0WFbH02qGnkwCgYIKoZIzj0EAwIDSAAwRQIgeamDIvbqHLV8vRWy
Y0ipCtXbnaCsOE0umB1/HSjhRDICIQD19T8S2q9OXfkGIlyFdo4l7YKCdVazIXZH
94O2V9j5cA==
-----END CERTIFICATE-----
";

fn judge(draft: &Draft) -> Result<String, InvalidSvid> {
    X509Svid::from_pem(&draft.pem()).map(|svid| svid.id().to_string())
}
