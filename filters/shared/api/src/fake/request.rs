//! A request in memory. It counts the reads that would be host calls.

use crate::{
    ClientCertificate, Fields, HashFunction, HostCrypto, HostVerdict, Identity, NoSvid, RequestHead, Slot,
    TlsVersion, UnixTime,
};
use filter_spiffe::SpiffeId;
use std::cell::Cell;
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::rc::Rc;

/// Built up field by field; answers like the shell's request.
#[derive(Debug, Default)]
pub struct FakeRequest {
    lines: Vec<(String, Vec<u8>)>,
    serialised: Vec<u8>,
    source_ip: Option<IpAddr>,
    identity: Option<Vec<u8>>,
    peer: Option<Rc<SpiffeId>>,
    svid: Option<Result<Rc<SpiffeId>, NoSvid>>,
    tls_version: Option<TlsVersion>,
    certificate: Option<ClientCertificate>,
    route_name: Option<String>,
    time: UnixTime,
    random: Cell<Option<u128>>,
    reads: Slot<BTreeSet<&'static str>>,
    draws: Cell<usize>,
}

impl FakeRequest {
    /// A GET over HTTP/2 as Envoy shows it.
    #[must_use]
    pub fn get(path: &str) -> Self {
        let request = Self { random: Cell::new(Some(0)), ..Self::default() };
        request
            .field(":method", "GET")
            .field(":path", path)
            .field(":authority", "shop.example")
            .field(":scheme", "http")
    }

    /// Adds a line.
    #[must_use]
    pub fn field(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.lines.push((name.to_owned(), value.as_ref().to_vec()));
        self.serialised =
            Fields::serialise(self.lines.iter().map(|(name, value)| (name.as_bytes(), value.as_slice())));
        self
    }

    /// Replaces the method.
    #[must_use]
    pub fn method(mut self, method: &str) -> Self {
        self.lines.retain(|(name, _)| name != ":method");
        self.field(":method", method)
    }

    /// Replaces the authority.
    #[must_use]
    pub fn authority(mut self, authority: &str) -> Self {
        self.lines.retain(|(name, _)| name != ":authority");
        self.field(":authority", authority)
    }

    /// Where it comes from; an IPv4-mapped address is folded, as the port promises.
    #[must_use]
    pub fn from(mut self, address: &str) -> Self {
        self.source_ip = address.parse().ok().map(|address: IpAddr| address.to_canonical());
        self
    }

    /// What `auth` verified.
    #[must_use]
    pub fn identity(mut self, record: Vec<u8>) -> Self {
        self.identity = Some(record);
        self
    }

    /// The verified peer.
    #[must_use]
    pub fn peer(mut self, id: &str) -> Self {
        self.peer = SpiffeId::parse(id).ok().map(Rc::new);
        self
    }

    /// The connection's TLS.
    #[must_use]
    pub fn tls(mut self, version: TlsVersion) -> Self {
        self.tls_version = Some(version);
        self
    }

    /// The client's certificate.
    #[must_use]
    pub fn certificate(mut self, certificate: ClientCertificate) -> Self {
        self.certificate = Some(certificate);
        self
    }

    /// The X509-SVID of the connection; text that is no SPIFFE ID leaves none.
    #[must_use]
    pub fn svid(mut self, id: &str) -> Self {
        self.svid = SpiffeId::parse(id).ok().map(|id| Ok(Rc::new(id)));
        self
    }

    /// Why the connection has no X509-SVID.
    #[must_use]
    pub fn no_svid(mut self, why: NoSvid) -> Self {
        self.svid = Some(Err(why));
        self
    }

    /// The route.
    #[must_use]
    pub fn route(mut self, name: &str) -> Self {
        self.route_name = Some(name.to_owned());
        self
    }

    /// When it arrives.
    #[must_use]
    pub fn at(mut self, time: UnixTime) -> Self {
        self.time = time;
        self
    }

    /// The random bits that the host gives; `None`: it has none.
    #[must_use]
    pub fn random_bits(self, bits: Option<u128>) -> Self {
        self.random.set(bits);
        self
    }

    /// How many host calls the reads so far would have cost.
    #[must_use]
    pub fn reads(&self) -> usize {
        self.reads.with(|reads| reads.len()).unwrap_or(0).saturating_add(self.draws.get())
    }

    fn count(&self, what: &'static str) {
        self.reads.with(|reads| reads.insert(what));
    }
}

impl RequestHead for FakeRequest {
    fn fields(&self) -> Fields<'_> {
        self.count("fields");
        Fields::new(&self.serialised)
    }

    fn source_ip(&self) -> Option<IpAddr> {
        self.count("source_ip");
        self.source_ip
    }

    fn identity(&self) -> Option<Identity<'_>> {
        self.count("identity");
        Identity::new(self.identity.as_deref()?)
    }

    fn peer(&self) -> Option<Rc<SpiffeId>> {
        self.count("peer");
        self.peer.clone()
    }

    fn svid(&self) -> Result<Rc<SpiffeId>, NoSvid> {
        self.count("svid");
        self.svid.clone().unwrap_or(Err(NoSvid::Absent))
    }

    fn tls_version(&self) -> Option<TlsVersion> {
        self.count("tls_version");
        self.tls_version
    }

    fn client_certificate(&self) -> ClientCertificate {
        self.count("client_certificate");
        self.certificate.unwrap_or(ClientCertificate::Absent)
    }

    fn route_name(&self) -> Option<&[u8]> {
        self.count("route_name");
        self.route_name.as_deref().map(str::as_bytes)
    }

    fn time(&self) -> UnixTime {
        self.count("time");
        self.time
    }

    fn random(&self) -> Option<u128> {
        self.draws.set(self.draws.get().saturating_add(1));
        self.random.get()
    }
}

/// A host without cryptography: what it cannot check, the policy checks itself.
impl HostCrypto for FakeRequest {
    fn verify_signature(&self, _: HashFunction, _: &[u8], _: &[u8], _: &[u8]) -> HostVerdict {
        HostVerdict::Unavailable
    }
}
