//! The request of the current stream, read from the host when a policy first asks.

use crate::host::{self, FieldMap};
use crate::shared::Records;
use crate::signature;
use filter_api::cidr::parse_source;
use filter_api::{
    ClientCertificate, Fields, HashFunction, HostCrypto, HostVerdict, Identity, MonotonicTime, NoSvid,
    Outdated, PeerMemo, RecordKey, RequestHead, SharedData, Slot, SpiffeId, TlsVersion, UnixTime, Version,
};
use std::cell::{Cell, OnceCell};
use std::net::IpAddr;
use std::rc::Rc;

/// Implements the port; each answer costs its host calls once.
#[derive(Debug)]
pub struct HostRequest<'vm> {
    peers: &'vm Slot<PeerMemo>,
    /// Set if the host checks no signatures.
    crypto_missing: &'vm Cell<bool>,
    may_wait: bool,
    records: Records<'vm>,
    fields: OnceCell<Vec<u8>>,
    source_ip: OnceCell<Option<IpAddr>>,
    identity: OnceCell<Option<Vec<u8>>>,
    svid: OnceCell<Result<Rc<SpiffeId>, NoSvid>>,
    tls_version: OnceCell<Option<TlsVersion>>,
    certificate: OnceCell<ClientCertificate>,
    route_name: OnceCell<Option<Vec<u8>>>,
    time: OnceCell<UnixTime>,
}

impl<'vm> HostRequest<'vm> {
    pub(crate) fn new(
        peers: &'vm Slot<PeerMemo>,
        crypto_missing: &'vm Cell<bool>,
        records: Records<'vm>,
        may_wait: bool,
    ) -> Self {
        Self {
            peers,
            crypto_missing,
            may_wait,
            records,
            fields: OnceCell::new(),
            source_ip: OnceCell::new(),
            identity: OnceCell::new(),
            svid: OnceCell::new(),
            tls_version: OnceCell::new(),
            certificate: OnceCell::new(),
            route_name: OnceCell::new(),
            time: OnceCell::new(),
        }
    }

    /// Whether the request may stand still: not if too many do already, nor if it did for long enough.
    #[must_use]
    pub fn may_wait(&self) -> bool {
        self.may_wait
    }

    fn read_svid(&self) -> Result<Rc<SpiffeId>, NoSvid> {
        let digest = match self.client_certificate() {
            ClientCertificate::Absent => return Err(NoSvid::Absent),
            ClientCertificate::Unvalidated => return Err(NoSvid::Unvalidated),
            ClientCertificate::Validated { digest } => digest,
        };
        let pem = || host::property(b"connection\0peer_certificate").ok();
        let now = self.time();
        self.peers.with(|peers| peers.svid(&digest, pem, now)).unwrap_or(Err(NoSvid::Absent))
    }
}

/// Any answer that is not exactly what Envoy documents counts as no certificate.
fn read_certificate() -> ClientCertificate {
    // Envoy has the attributes of a certificate that nobody validated, too: `connection.mtls` means "shown".
    if host::property(b"connection\0peer_certificate_valid").is_ok_and(|valid| valid == [1]) {
        return match host::property(b"connection\0sha256_peer_certificate_digest").ok().and_then(from_hex) {
            Some(digest) => ClientCertificate::Validated { digest },
            None => ClientCertificate::Absent,
        };
    }
    match host::property(b"connection\0mtls") {
        Ok(shown) if shown == [1] => ClientCertificate::Unvalidated,
        _ => ClientCertificate::Absent,
    }
}

fn from_hex(text: Vec<u8>) -> Option<[u8; 32]> {
    let mut digest = [0; 32];
    if text.len() != 64 {
        return None;
    }
    for (byte, pair) in digest.iter_mut().zip(text.chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(digest)
}

impl RequestHead for HostRequest<'_> {
    fn fields(&self) -> Fields<'_> {
        Fields::new(self.fields.get_or_init(|| host::fields(FieldMap::Request).unwrap_or_default()))
    }

    fn source_ip(&self) -> Option<IpAddr> {
        *self.source_ip.get_or_init(|| parse_source(&host::property(b"source\0address").ok()?))
    }

    fn identity(&self) -> Option<Identity<'_>> {
        let record = self.identity.get_or_init(|| host::property(IDENTITY_PROPERTY).ok());
        Identity::new(record.as_deref()?)
    }

    fn peer(&self) -> Option<Rc<SpiffeId>> {
        match self.identity().and_then(Identity::spiffe_id) {
            Some(verified) => SpiffeId::parse(std::str::from_utf8(verified).ok()?).ok().map(Rc::new),
            None => self.svid().ok(),
        }
    }

    fn svid(&self) -> Result<Rc<SpiffeId>, NoSvid> {
        self.svid.get_or_init(|| self.read_svid()).clone()
    }

    fn tls_version(&self) -> Option<TlsVersion> {
        let read = || TlsVersion::from_attribute(&host::property(b"connection\0tls_version").ok()?);
        *self.tls_version.get_or_init(read)
    }

    fn client_certificate(&self) -> ClientCertificate {
        *self.certificate.get_or_init(read_certificate)
    }

    fn route_name(&self) -> Option<&[u8]> {
        self.route_name.get_or_init(|| host::property(b"xds\0route_name").ok()).as_deref()
    }

    fn time(&self) -> UnixTime {
        *self.time.get_or_init(host::now)
    }

    fn random(&self) -> Option<u128> {
        host::random()
    }
}

impl HostCrypto for HostRequest<'_> {
    fn verify_signature(
        &self,
        hash: HashFunction,
        key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> HostVerdict {
        let verdict = signature::verify(hash, key, message, signature);
        if verdict == HostVerdict::Unavailable {
            self.crypto_missing.set(true);
        }
        verdict
    }
}

impl SharedData for HostRequest<'_> {
    fn shared(&self, key: RecordKey) -> Option<(Vec<u8>, Version)> {
        self.records.shared(key)
    }

    fn write_shared(&self, key: RecordKey, record: &[u8], seen: Option<Version>) -> Result<(), Outdated> {
        self.records.write_shared(key, record, seen)
    }

    fn monotonic(&self) -> MonotonicTime {
        self.records.monotonic()
    }

    fn scope(&self) -> u64 {
        self.records.scope()
    }

    fn secret(&self) -> u128 {
        self.records.secret()
    }
}

/// What `set_property(filter_api::IDENTITY)` wrote. The host puts the `wasm.` before it that access logs show, here as
/// there.
const IDENTITY_PROPERTY: &[u8] = filter_api::IDENTITY.as_bytes();
