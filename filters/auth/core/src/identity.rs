//! What a verified token says about its bearer, in the forms that requests need, computed once.

use crate::binding::Confirmation;
use crate::denial::Reason;
use crate::forward::{Forward, scalar};
use crate::memory::Memory;
use filter_api::{IdentityRecord, Slot, UnixTime};
use filter_jose::{Claims, Json, VerifiedToken};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::rc::Rc;

/// Who vouches for a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// The provider at this place.
    Provider(usize),
    /// The trust domain at this place.
    Svid(usize),
}

/// The bearer of a verified token.
#[derive(Debug)]
pub(crate) struct Caller {
    pub(crate) source: Source,
    /// An [`IdentityRecord`].
    pub(crate) record: Vec<u8>,
    /// `sub` and `iss` for access logs.
    pub(crate) subject: Option<Vec<u8>>,
    pub(crate) issuer: Option<Vec<u8>>,
    pub(crate) confirmation: Confirmation,
    /// In the order of the fields of [`Forward`].
    pub(crate) forwarded: Vec<Option<Box<[u8]>>>,
}

impl Caller {
    /// Computes all.
    ///
    /// # Errors
    /// Claims that cannot be told apart, or that cannot be handed on.
    pub(crate) fn new(source: Source, token: &VerifiedToken<'_>, forward: &Forward) -> Result<Self, Reason> {
        let claims = token.claims();
        let loggable = |name| claims.get(name).and_then(Json::as_text).map(loggable);
        Ok(Self {
            source,
            record: record(claims)?,
            subject: loggable("sub"),
            issuer: loggable("iss"),
            confirmation: Confirmation::of(claims),
            forwarded: forward.values(token)?,
        })
    }

    /// What this takes in memory, about.
    pub(crate) fn bytes(&self) -> usize {
        let texts = [&self.subject, &self.issuer].into_iter().flatten().map(Vec::len);
        let forwarded = self.forwarded.iter().flatten().map(|value| value.len());
        texts
            .chain(forwarded)
            .fold(size_of::<Self>(), usize::saturating_add)
            .saturating_add(self.record.len())
    }
}

/// The bearers of the tokens that this worker has verified under one policy.
#[derive(Debug, Default)]
pub(crate) struct Callers(Slot<Option<Memory<Caller>>>);

impl Callers {
    /// The bearer of exactly this token, if it was verified and has not expired.
    pub(crate) fn of(&self, token: &[u8], now: UnixTime) -> Option<Rc<Caller>> {
        self.0.with(|memory| memory.as_mut()?.get(token, now)).flatten()
    }

    /// Remembers a bearer. `seed` is random; without one every token is verified anew.
    pub(crate) fn remember(
        &self,
        token: &[u8],
        caller: &Rc<Caller>,
        until: UnixTime,
        seed: impl FnOnce() -> Option<u64>,
    ) {
        // The host is asked before the memory is in use.
        let is_new = self.0.with(|memory| memory.is_none()).unwrap_or(false);
        let seed = if is_new { seed() } else { None };
        self.0.with(|memory| {
            if let (None, Some(seed)) = (&memory, seed) {
                *memory = Some(Memory::new(seed));
            }
            if let Some(memory) = memory {
                memory.insert(token, Rc::clone(caller), caller.bytes(), until);
            }
        });
    }

    /// How many are remembered.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.0.with(|memory| memory.as_ref().map_or(0, Memory::len)).unwrap_or(0)
    }

    /// What was verified need not hold any more: keys or revocations have changed.
    pub(crate) fn forget(&self) {
        self.0.with(|memory| memory.as_mut().map(Memory::clear));
    }
}

/// All claims, flattened. A path that two claims have is refused: whoever reads it must not get the wrong one.
fn record(claims: &Claims<'_>) -> Result<Vec<u8>, Reason> {
    // No name is there twice in one object, so paths can only collide if a name has a dot in it.
    let dotted = claims.iter().any(|(name, value)| name.contains('.') || has_dotted_names(value));
    let paths = dotted.then(BTreeSet::new);
    let record = Some(IdentityRecord::with_capacity(USUAL_RECORD_BYTES));
    let mut flat = Flat { record, paths, bytes: 0 };
    for (name, value) in claims.iter() {
        flat.add(name, value)?;
    }
    Ok(flat.record.unwrap_or_default().into_bytes())
}

fn has_dotted_names(value: &Json<'_>) -> bool {
    match value {
        Json::Map(members) => {
            members.iter().any(|(name, value)| name.contains('.') || has_dotted_names(value))
        }
        _ => false,
    }
}

struct Flat {
    /// Always there; taken out for a moment, to be added to.
    record: Option<IdentityRecord>,
    /// Those so far, if two of them might be the same.
    paths: Option<BTreeSet<String>>,
    bytes: usize,
}

impl Flat {
    /// Recursive; JSON of a token has at most [`Json::MAX_DEPTH`] levels.
    fn add(&mut self, path: &str, value: &Json<'_>) -> Result<(), Reason> {
        // In a list only scalars can be looked for.
        let items = value.as_list().unwrap_or_default().iter().filter_map(scalar);
        let listed =
            items.clone().fold(0, |sum: usize, item| sum.saturating_add(item.len()).saturating_add(4));
        let data = scalar(value).map_or(listed, str::len);
        self.bytes = [path.len(), data, ENTRY_BYTES].into_iter().fold(self.bytes, usize::saturating_add);
        if self.bytes > MAX_RECORD_BYTES {
            return Err(Reason::ClaimsTooLarge);
        }
        if self.paths.as_mut().is_some_and(|paths| !paths.insert(path.to_owned())) {
            return Err(Reason::ClaimsAmbiguous);
        }
        let record = self.record.take().unwrap_or_default();
        self.record = Some(match value {
            Json::Null => record,
            Json::Text(text) => record.text(path, text),
            Json::Bool(_) | Json::Number(_) => record.other(path, scalar(value).unwrap_or_default()),
            Json::List(_) => record.list(path, items),
            Json::Map(_) => record.map(path),
        });
        if let Json::Map(members) = value {
            for (name, value) in members {
                self.add(&[path, ".", name].concat(), value)?;
            }
        }
        Ok(())
    }
}

/// A text that cannot end a line or a field of a log: visible ASCII as it is, all else and `%` and `"` as `%0A`.
fn loggable(text: &str) -> Vec<u8> {
    let must_be_escaped = |byte: &u8| matches!(byte, b'%' | b'"' | b'\\' | ..=b' ' | 0x7F..);
    let text = text.as_bytes().get(..MAX_LOGGED_BYTES).unwrap_or(text.as_bytes());
    if !text.iter().any(must_be_escaped) {
        return text.to_vec();
    }
    let mut line = String::new();
    for byte in text {
        if must_be_escaped(byte) {
            // Writing to a String cannot fail.
            let _ = write!(line, "%{byte:02X}");
        } else {
            line.push(char::from(*byte));
        }
    }
    line.into_bytes()
}

/// Each costs a copy per request, and a token of 16 KiB has less unless it is made to swell.
const MAX_RECORD_BYTES: usize = 64 * 1024;
const USUAL_RECORD_BYTES: usize = 512;
/// What an entry of the record has beside path and data.
const ENTRY_BYTES: usize = 7;
const MAX_LOGGED_BYTES: usize = 256;
