//! A request that nobody sent: what a policy would see of it.

use filter_api::{
    ClientCertificate, Effects, Fields, HashFunction, HostCrypto, HostVerdict, IDENTITY, Identity,
    MonotonicTime, Mutation, NoSvid, Outdated, RecordKey, RequestHead, SharedData, Slot, SpiffeId,
    TlsVersion, UnixTime, Version,
};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::rc::Rc;

/// A request and its connection, as a user describes them.
#[derive(Clone, Debug, Default)]
pub struct Request {
    lines: Vec<(String, Vec<u8>)>,
    serialised: Vec<u8>,
    /// The client's address.
    pub source_ip: Option<IpAddr>,
    /// What `auth` has left for the filters behind.
    pub identity: Option<Vec<u8>>,
    /// The SPIFFE ID in the client's certificate.
    pub peer: Option<Rc<SpiffeId>>,
    /// `None` without TLS.
    pub tls: Option<TlsVersion>,
    /// SHA-256 of the client's certificate; `None` if there is none.
    pub certificate: Option<[u8; 32]>,
    /// The name of the route.
    pub route: Option<String>,
    /// When it arrives.
    pub time: UnixTime,
}

impl Request {
    /// One that says nothing.
    #[must_use]
    pub fn at(time: UnixTime) -> Self {
        Self { time, ..Self::default() }
    }

    /// Adds a line. The name is folded to lower case, as Envoy does.
    pub fn add(&mut self, name: &str, value: impl AsRef<[u8]>) {
        self.lines.push((name.to_lowercase(), value.as_ref().to_vec()));
        self.serialise();
    }

    /// The request as the next filter sees it, once this is done.
    #[must_use]
    pub fn after(&self, effects: &Effects<'_>) -> Self {
        let mut next = self.clone();
        for mutation in &effects.request {
            let (name, value, stays) = match mutation {
                Mutation::Set(name, value) => (*name, Some(value), false),
                Mutation::Append(name, value) => (*name, Some(value), true),
                Mutation::Remove(name) => (*name, None, false),
            };
            next.lines.retain(|(line, _)| stays || line != name);
            next.lines.extend(value.map(|value| (name.to_owned(), value.to_vec())));
        }
        next.serialise();
        let identity = effects.state.iter().find(|(key, _)| *key == IDENTITY);
        next.identity = identity.map(|(_, record)| record.to_vec()).or(next.identity);
        next
    }

    /// Adds a parameter to the query.
    pub fn add_parameter(&mut self, name: &str, value: &str) {
        for (_, path) in self.lines.iter_mut().filter(|(line, _)| line == ":path") {
            path.push(if path.contains(&b'?') { b'&' } else { b'?' });
            path.extend(format!("{name}={value}").into_bytes());
        }
        self.serialise();
    }

    fn serialise(&mut self) {
        let lines = self.lines.iter().map(|(name, value)| (name.as_bytes(), value.as_slice()));
        self.serialised = Fields::serialise(lines);
    }
}

impl RequestHead for Request {
    fn fields(&self) -> Fields<'_> {
        Fields::new(&self.serialised)
    }

    fn source_ip(&self) -> Option<IpAddr> {
        self.source_ip
    }

    fn identity(&self) -> Option<Identity<'_>> {
        Identity::new(self.identity.as_deref()?)
    }

    fn peer(&self) -> Option<Rc<SpiffeId>> {
        self.peer.clone()
    }

    fn svid(&self) -> Result<Rc<SpiffeId>, NoSvid> {
        self.peer.clone().ok_or(NoSvid::Absent)
    }

    fn tls_version(&self) -> Option<TlsVersion> {
        self.tls
    }

    fn client_certificate(&self) -> ClientCertificate {
        self.certificate.map_or(ClientCertificate::Absent, |digest| ClientCertificate::Validated { digest })
    }

    fn route_name(&self) -> Option<&[u8]> {
        self.route.as_deref().map(str::as_bytes)
    }

    fn time(&self) -> UnixTime {
        self.time
    }

    /// The same each time, so that the same question has the same answer.
    fn random(&self) -> Option<u128> {
        Some(0)
    }
}

/// What Envoy would check, the policy checks itself, as it does where Envoy cannot.
impl HostCrypto for Request {
    fn verify_signature(&self, _: HashFunction, _: &[u8], _: &[u8], _: &[u8]) -> HostVerdict {
        HostVerdict::Unavailable
    }
}

/// A proxy that has just been started and has seen nothing but what it is told.
#[derive(Debug, Default)]
pub struct Proxy {
    records: Slot<BTreeMap<RecordKey, (Vec<u8>, Version)>>,
}

impl SharedData for Proxy {
    fn shared(&self, key: RecordKey) -> Option<(Vec<u8>, Version)> {
        self.records.with(|records| records.get(&key).cloned()).flatten()
    }

    fn write_shared(&self, key: RecordKey, record: &[u8], seen: Option<Version>) -> Result<(), Outdated> {
        let written = self.records.with(|records| {
            let known = records.get(&key).map(|(_, version)| *version);
            if known != seen {
                return Err(Outdated);
            }
            let next = Version(known.map_or(1, |Version(number)| number.saturating_add(1)));
            records.insert(key, (record.to_vec(), next));
            Ok(())
        });
        written.unwrap_or(Err(Outdated))
    }

    fn monotonic(&self) -> MonotonicTime {
        // Far enough from zero that every bucket was whole in the meantime.
        MonotonicTime { nanos: u64::MAX / 2 }
    }

    fn scope(&self) -> u64 {
        0
    }

    fn secret(&self) -> u128 {
        0
    }
}
