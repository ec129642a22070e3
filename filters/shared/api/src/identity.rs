//! Who is asking, as `auth` verified it: the record that it leaves in filter state for the filters behind it.
//!
//! The record is flat, so that a reader finds one claim in a scan, without parsing JSON per request: one version
//! byte (1), then entries of one kind byte, the path's length (u16), the data's length (u32), path and data, all
//! numbers little endian. A nested claim's path is dotted (`realm_access.roles`), and the object around it has an entry
//! without data; a list's data is its items, each behind its length (u32). Filter state cannot be written by a client.

#[cfg(test)]
mod tests;

/// The filter state key for `set_property` and `get_property`; access logs see it as `wasm.sluice.identity`.
pub const IDENTITY: &str = "sluice.identity";

const VERSION: u8 = 1;

/// What an entry holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum Kind {
    Text = 0,
    Other = 1,
    List = 2,
    Map = 3,
    SpiffeId = 16,
}

/// A claim's value, as far as policies compare it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Claim<'a> {
    /// A string, or the JSON text of a number or boolean.
    Scalar(&'a [u8]),
    /// The items of a list, each a scalar.
    List(Items<'a>),
    /// There is an object; its members have entries of their own.
    Map,
}

impl<'a> Claim<'a> {
    /// The value, if it is neither a list nor an object.
    #[must_use]
    pub fn scalar(self) -> Option<&'a [u8]> {
        match self {
            Self::Scalar(value) => Some(value),
            Self::List(_) | Self::Map => None,
        }
    }

    /// Whether a list has this item, or a string has it among its space-separated words (RFC 8693 `scope`).
    #[must_use]
    pub fn contains(self, wanted: &[u8]) -> bool {
        match self {
            Self::Scalar(value) => value.split(|byte| *byte == b' ').any(|word| word == wanted),
            Self::List(mut items) => items.any(|item| item == wanted),
            Self::Map => false,
        }
    }
}

/// The items of a list claim.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Items<'a>(&'a [u8]);

impl<'a> Iterator for Items<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let (length, rest) = self.0.split_first_chunk::<4>()?;
        let (item, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        self.0 = rest;
        Some(item)
    }
}

/// A view of the record. Garbage reads as fewer entries.
#[derive(Clone, Copy, Debug)]
pub struct Identity<'a>(&'a [u8]);

impl<'a> Identity<'a> {
    /// Views a record; `None` if it is not of this version.
    #[must_use]
    pub fn new(record: &'a [u8]) -> Option<Self> {
        record.split_first().filter(|(version, _)| **version == VERSION).map(|(_, entries)| Self(entries))
    }

    /// A verified claim, by its exact name or its dotted path.
    #[must_use]
    pub fn claim(self, path: &str) -> Option<Claim<'a>> {
        Entries(self.0).filter(|entry| entry.path == path.as_bytes()).find_map(|entry| match entry.kind {
            kind if kind == Kind::Text as u8 || kind == Kind::Other as u8 => Some(Claim::Scalar(entry.data)),
            kind if kind == Kind::List as u8 => Some(Claim::List(Items(entry.data))),
            kind if kind == Kind::Map as u8 => Some(Claim::Map),
            _ => None,
        })
    }

    /// The verified SPIFFE ID of the peer.
    #[must_use]
    pub fn spiffe_id(self) -> Option<&'a [u8]> {
        Entries(self.0).find(|entry| entry.kind == Kind::SpiffeId as u8).map(|entry| entry.data)
    }
}

struct Entry<'a> {
    kind: u8,
    path: &'a [u8],
    data: &'a [u8],
}

struct Entries<'a>(&'a [u8]);

impl<'a> Iterator for Entries<'a> {
    type Item = Entry<'a>;

    fn next(&mut self) -> Option<Entry<'a>> {
        let ([kind, p0, p1, d0, d1, d2, d3], rest) = self.0.split_first_chunk::<7>()?;
        let path_length = usize::from(u16::from_le_bytes([*p0, *p1]));
        let data_length = u32::from_le_bytes([*d0, *d1, *d2, *d3]) as usize;
        let (path, rest) = rest.split_at_checked(path_length)?;
        let (data, rest) = rest.split_at_checked(data_length)?;
        self.0 = rest;
        Some(Entry { kind: *kind, path, data })
    }
}

/// Writes a record. `auth` builds one per verified token and keeps it.
#[derive(Clone, Debug)]
pub struct IdentityRecord(Vec<u8>);

impl Default for IdentityRecord {
    fn default() -> Self {
        Self::with_capacity(1)
    }
}

impl IdentityRecord {
    /// An empty record with room for so many bytes.
    #[must_use]
    pub fn with_capacity(bytes: usize) -> Self {
        let mut record = Vec::with_capacity(bytes.max(1));
        record.push(VERSION);
        Self(record)
    }

    /// Adds a string claim.
    #[must_use]
    pub fn text(self, path: &str, value: &str) -> Self {
        self.entry(Kind::Text, path, value.as_bytes())
    }

    /// Adds a number or boolean claim by its JSON text.
    #[must_use]
    pub fn other(self, path: &str, json: &str) -> Self {
        self.entry(Kind::Other, path, json.as_bytes())
    }

    /// Adds a list claim.
    #[must_use]
    pub fn list<'i>(self, path: &str, items: impl IntoIterator<Item = &'i str>) -> Self {
        let mut data = Vec::new();
        for item in items {
            data.extend(u32::try_from(item.len()).unwrap_or(u32::MAX).to_le_bytes());
            data.extend(item.as_bytes());
        }
        self.entry(Kind::List, path, &data)
    }

    /// Adds an object claim, so that it is known to be there. Its members are added on their own.
    #[must_use]
    pub fn map(self, path: &str) -> Self {
        self.entry(Kind::Map, path, b"")
    }

    /// Adds the peer's SPIFFE ID.
    #[must_use]
    pub fn spiffe_id(self, id: &str) -> Self {
        self.entry(Kind::SpiffeId, "", id.as_bytes())
    }

    /// Goes on with a record that was finished before: one that is kept, and now gets a peer.
    #[must_use]
    pub fn from_bytes(record: Vec<u8>) -> Self {
        Self(record)
    }

    /// The bytes that go into filter state.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    fn entry(mut self, kind: Kind, path: &str, data: &[u8]) -> Self {
        // A claim name above 64 KiB cannot come from a token of 16 KiB; left out, it counts as absent.
        if let (Ok(path_length), Ok(data_length)) = (u16::try_from(path.len()), u32::try_from(data.len())) {
            self.0.push(kind as u8);
            self.0.extend(path_length.to_le_bytes());
            self.0.extend(data_length.to_le_bytes());
            self.0.extend(path.as_bytes());
            self.0.extend(data);
        }
        self
    }
}
