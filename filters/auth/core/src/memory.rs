//! Remembers what was verified about a token, so that its next use costs one look-up.
//!
//! Bounded in entries and bytes; the least recently used entry makes room. Only verified tokens are put in, so a flood
//! of bad ones moves nobody out: looking for what is not there changes nothing.
//!
//! A hash of the whole token finds the entry and proves nothing; then every byte is compared. The hash is XXH64, a
//! tenth of the cost of SipHash over a token. Its seed comes from the host's random bits, and whoever wants two tokens to
//! collide would have to make an issuer sign both. If two do collide, the later one takes the place of the earlier,
//! which is then verified anew at each use.

#[cfg(test)]
mod tests;

use filter_api::UnixTime;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::rc::Rc;
use xxhash_rust::xxh64::xxh64;

/// As many tokens as one worker remembers.
pub const MAX_ENTRIES: usize = 4096;

/// Bytes that all remembered tokens and what belongs to them may take in one worker: 8 MiB, 2 KiB for each of
/// [`MAX_ENTRIES`].
pub const MAX_BYTES: usize = 8 << 20;

/// Verified tokens of one worker, by their text.
#[derive(Debug)]
pub struct Memory<T> {
    seed: u64,
    max_entries: usize,
    max_bytes: usize,
    /// Hash of a token -> its place in `entries`.
    places: HashMap<u64, usize, BuildHasherDefault<AsItIs>>,
    entries: Vec<Option<Entry<T>>>,
    /// Places in `entries` that are empty.
    free: Vec<usize>,
    /// The two ends of the list by use; [`NOWHERE`] if there is none.
    newest: usize,
    oldest: usize,
    bytes: usize,
}

struct Entry<T> {
    token: Box<[u8]>,
    value: Rc<T>,
    /// The first moment at which the value no longer holds.
    until: UnixTime,
    bytes: usize,
    hash: u64,
    newer: usize,
    older: usize,
}

impl<T> Memory<T> {
    /// Empty; allocates nothing yet.
    ///
    /// * `seed`: from the host's random bits, drawn once for each memory.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self::with_limits(seed, MAX_ENTRIES, MAX_BYTES)
    }

    fn with_limits(seed: u64, max_entries: usize, max_bytes: usize) -> Self {
        Self {
            seed,
            max_entries,
            max_bytes,
            places: HashMap::default(),
            entries: Vec::new(),
            free: Vec::new(),
            newest: NOWHERE,
            oldest: NOWHERE,
            bytes: 0,
        }
    }

    /// What was put in with exactly these bytes, if `now` is before the time given then. Counts as a use.
    ///
    /// One hash and one comparison over the token; copies and allocates nothing. An entry whose time has come is
    /// dropped, and stays so if the clock steps back.
    pub fn get(&mut self, token: &[u8], now: UnixTime) -> Option<Rc<T>> {
        let place = *self.places.get(&xxh64(token, self.seed))?;
        let entry = self.entry(place)?;
        if !are_equal(&entry.token, token) {
            return None;
        }
        if now >= entry.until {
            self.forget(place);
            return None;
        }
        let value = Rc::clone(&entry.value);
        if place != self.newest {
            self.unlink(place);
            self.link_newest(place);
        }
        Some(value)
    }

    /// Remembers a verified token, in place of what was remembered about it.
    ///
    /// * `value_bytes`: what `value` takes, about. It counts, beside the token itself, against [`MAX_BYTES`]; what does
    ///   not fit even alone is not remembered.
    /// * `until`: the first moment at which `value` no longer holds.
    ///
    /// Copies the token once.
    pub fn insert(&mut self, token: &[u8], value: Rc<T>, value_bytes: usize, until: UnixTime) {
        let hash = xxh64(token, self.seed);
        if let Some(place) = self.places.get(&hash) {
            self.forget(*place);
        }
        let bytes = token.len().saturating_add(value_bytes);
        if bytes > self.max_bytes || self.max_entries == 0 {
            return;
        }
        while self.len() >= self.max_entries || self.bytes.saturating_add(bytes) > self.max_bytes {
            if !self.forget(self.oldest) {
                return;
            }
        }
        let entry = Entry { token: token.into(), value, until, bytes, hash, newer: NOWHERE, older: NOWHERE };
        let place = self.free.pop().unwrap_or(self.entries.len());
        match self.entries.get_mut(place) {
            Some(empty) => *empty = Some(entry),
            None => self.entries.push(Some(entry)),
        }
        self.places.insert(hash, place);
        self.bytes = self.bytes.saturating_add(bytes);
        self.link_newest(place);
    }

    /// Forgets all: keys, policy or revocations have changed.
    pub fn clear(&mut self) {
        self.places.clear();
        self.entries.clear();
        self.free.clear();
        (self.newest, self.oldest, self.bytes) = (NOWHERE, NOWHERE, 0);
    }

    /// How many tokens are remembered, expired ones that nobody asked for included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether nothing is remembered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Bytes of all tokens and what belongs to them, as [`Memory::insert`] was told.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    fn entry(&self, place: usize) -> Option<&Entry<T>> {
        self.entries.get(place)?.as_ref()
    }

    fn entry_mut(&mut self, place: usize) -> Option<&mut Entry<T>> {
        self.entries.get_mut(place)?.as_mut()
    }

    /// Drops an entry; false if there is none.
    fn forget(&mut self, place: usize) -> bool {
        self.unlink(place);
        let Some(entry) = self.entries.get_mut(place).and_then(Option::take) else { return false };
        self.places.remove(&entry.hash);
        self.bytes = self.bytes.saturating_sub(entry.bytes);
        self.free.push(place);
        true
    }

    /// Takes an entry out of the list by use: its neighbours become each other's.
    fn unlink(&mut self, place: usize) {
        let Some(&Entry { newer, older, .. }) = self.entry(place) else { return };
        match self.entry_mut(newer) {
            Some(entry) => entry.older = older,
            None => self.newest = older,
        }
        match self.entry_mut(older) {
            Some(entry) => entry.newer = newer,
            None => self.oldest = newer,
        }
    }

    /// Puts an entry that is in no list at the new end.
    fn link_newest(&mut self, place: usize) {
        let older = self.newest;
        if let Some(entry) = self.entry_mut(place) {
            (entry.newer, entry.older) = (NOWHERE, older);
        }
        match self.entry_mut(older) {
            Some(entry) => entry.newer = place,
            None => self.oldest = place,
        }
        self.newest = place;
    }
}

/// Eight bytes at a time: in wasm the comparison of slices goes byte by byte, and a token has about a thousand.
fn are_equal(a: &[u8], b: &[u8]) -> bool {
    let ((a, rest_of_a), (b, rest_of_b)) = (a.as_chunks(), b.as_chunks());
    let same = |(a, b): (&[u8; 8], &[u8; 8])| u64::from_ne_bytes(*a) == u64::from_ne_bytes(*b);
    a.len() == b.len() && a.iter().zip(b).all(same) && rest_of_a == rest_of_b
}

/// The token is a secret, and so is what it says.
impl<T> std::fmt::Debug for Entry<T> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("[redacted]")
    }
}

/// For keys that are hashes already.
#[derive(Debug, Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    /// Of no use to a map with `u64` keys; here because the trait wants it.
    fn write(&mut self, bytes: &[u8]) {
        self.0 = xxh64(bytes, self.0);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// No place: there never are so many entries.
const NOWHERE: usize = usize::MAX;
