//! SPIFFE IDs, trust domains, X509-SVID checks.
#![forbid(unsafe_code)]
