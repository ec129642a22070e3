//! The request of the current stream, read from the host when a policy first asks.

use crate::host::{self, FieldMap};
use filter_api::cidr::parse_source;
use filter_api::{Fields, Identity, PeerMemo, RequestHead, Slot, SpiffeId, UnixTime};
use std::cell::OnceCell;
use std::net::IpAddr;
use std::rc::Rc;

/// Implements the port; each answer costs its host calls once.
#[derive(Debug)]
pub struct HostRequest<'vm> {
    peers: &'vm Slot<PeerMemo>,
    fields: OnceCell<Vec<u8>>,
    source_ip: OnceCell<Option<IpAddr>>,
    identity: OnceCell<Option<Vec<u8>>>,
    peer: OnceCell<Option<Rc<SpiffeId>>>,
    route_name: OnceCell<Option<Vec<u8>>>,
    time: OnceCell<UnixTime>,
}

impl<'vm> HostRequest<'vm> {
    pub(crate) fn new(peers: &'vm Slot<PeerMemo>) -> Self {
        Self {
            peers,
            fields: OnceCell::new(),
            source_ip: OnceCell::new(),
            identity: OnceCell::new(),
            peer: OnceCell::new(),
            route_name: OnceCell::new(),
            time: OnceCell::new(),
        }
    }

    fn read_peer(&self) -> Option<Rc<SpiffeId>> {
        if let Some(verified) = self.identity().and_then(Identity::spiffe_id) {
            return SpiffeId::parse(std::str::from_utf8(verified).ok()?).ok().map(Rc::new);
        }
        // `connection.mtls` and the URI SAN attributes are there for certificates that nobody validated, too.
        if host::property(b"connection\0peer_certificate_valid").ok()? != [1] {
            return None;
        }
        let digest = host::property(b"connection\0sha256_peer_certificate_digest").ok()?;
        let pem = || host::property(b"connection\0peer_certificate").ok();
        let now = self.time();
        self.peers.with(|peers| peers.spiffe_id(&digest, pem, now)).flatten()
    }
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
        self.peer.get_or_init(|| self.read_peer()).clone()
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

/// What `set_property(filter_api::IDENTITY)` wrote.
const IDENTITY_PROPERTY: &[u8] = b"wasm.sluice.identity";
