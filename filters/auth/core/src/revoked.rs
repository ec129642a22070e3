//! Tokens that are taken back before they expire (`revoked:`).
//!
//! The document: `{"revoked": [{"iss": "..", "jti": ".."}, {"iss": "..", "sub": ".."}, {"sub": ".."}]}`. A token is on
//! the list if all members of an entry are claims of it, byte by byte. A document that is not exactly like that leaves
//! the last good one in use.
//!
//! Workers share fingerprints of 64 bits with a seed that nobody outside knows ([`Table`]): a revoked token is always
//! found, another one is taken for revoked once in 2^64 / n look-ups.

use crate::identity::Callers;
use filter_api::list::Table;
use filter_api::{Build, Built, Document, HttpSource, Name, Slot};
use filter_jose::{Claims, Json};
use std::cell::Cell;
use std::rc::Rc;

/// The list in use.
#[derive(Debug)]
pub(crate) struct Revoked {
    name: Name,
    source: HttpSource,
    /// Whether no token is taken before the list is there.
    pub(crate) required: bool,
    /// `None`: never fetched.
    table: Slot<Option<Table>>,
    wanted: Cell<bool>,
    /// To be forgotten when the list changes.
    callers: Rc<Callers>,
}

impl Revoked {
    pub(crate) fn new(name: Name, source: HttpSource, required: bool, callers: &Rc<Callers>) -> Self {
        let (table, wanted) = (Slot::new(None), Cell::new(false));
        Self { name, source, required, table, wanted, callers: Rc::clone(callers) }
    }

    /// Whether the list was ever fetched. If not, and it is required, it is wanted.
    pub(crate) fn is_there(&self) -> bool {
        let there = self.table.with(|table| table.is_some()).unwrap_or(false);
        if !there && self.required {
            self.wanted.set(true);
        }
        there
    }

    /// Whether an entry is about this token. At most 7 look-ups.
    pub(crate) fn has(&self, claims: &Claims<'_>) -> bool {
        let texts = MEMBERS.map(|name| claims.get(name).and_then(Json::as_text));
        let listed = |table: &mut Option<Table>| {
            table.as_ref().is_some_and(|table| {
                (1..1_u8 << MEMBERS.len())
                    .filter_map(|mask| key(mask, &texts))
                    .any(|key| table.contains(&key))
            })
        };
        self.table.with(listed).unwrap_or(true)
    }
}

/// The [`Document`] of a [`Revoked`].
#[derive(Debug)]
pub(crate) struct FetchedRevocations(pub(crate) Rc<Revoked>);

impl Document for FetchedRevocations {
    fn name(&self) -> &Name {
        &self.0.name
    }

    fn kind(&self) -> &'static str {
        "revocations"
    }

    fn source(&self) -> &HttpSource {
        &self.0.source
    }

    fn build(&self, body: Vec<u8>, seed: u64) -> Box<dyn Build> {
        Box::new(RevokedBuild { body, seed })
    }

    fn install(&self, published: Vec<u8>) -> Result<u64, String> {
        let table = Table::from_bytes(published).map_err(|error| error.to_string())?;
        let entries = u64::try_from(table.len()).unwrap_or(u64::MAX);
        if !self.0.table.set(Some(table)) {
            return Err("the list is in use".to_owned());
        }
        self.0.callers.forget();
        Ok(entries)
    }

    fn checked(&self, _at: filter_api::UnixTime) {
        self.0.wanted.set(false);
    }

    fn is_wanted(&self) -> bool {
        self.0.wanted.get()
    }
}

struct RevokedBuild {
    body: Vec<u8>,
    seed: u64,
}

impl Build for RevokedBuild {
    fn step(self: Box<Self>) -> Built {
        match read(&self.body) {
            Ok(keys) => Built::Done(Table::from_entries(keys, self.seed).into_bytes()),
            Err(reason) => Built::Refused(reason),
        }
    }
}

fn read(body: &[u8]) -> Result<Vec<Vec<u8>>, String> {
    let document = Json::parse(body).map_err(|error| error.to_string())?;
    let entries = match &document {
        Json::Map(members) => match members.as_slice() {
            [(name, Json::List(entries))] if name == "revoked" => entries,
            _ => return Err("not an object with the one member `revoked`, a list".to_owned()),
        },
        _ => return Err("not an object".to_owned()),
    };
    let entry = |(place, entry)| read_entry(entry).map_err(|reason| format!("revoked[{place}]: {reason}"));
    entries.iter().enumerate().map(entry).collect()
}

fn read_entry(entry: &Json<'_>) -> Result<Vec<u8>, &'static str> {
    let Json::Map(members) = entry else { return Err("not an object") };
    let mut mask = 0;
    let mut texts = [None; MEMBERS.len()];
    for (name, value) in members {
        let place =
            MEMBERS.iter().position(|member| member == name).ok_or("a member is none of iss, jti, sub")?;
        let text = value.as_text().ok_or("a member is not a string")?;
        if let Some(slot) = texts.get_mut(place) {
            *slot = Some(text);
        }
        mask |= 1 << place;
    }
    key(mask, &texts).filter(|_| mask != 0).ok_or("empty: every token would be revoked")
}

/// What the table holds of an entry: which members it has, and their values, each behind its length. `None` if one of
/// them is missing.
fn key(mask: u8, texts: &[Option<&str>; MEMBERS.len()]) -> Option<Vec<u8>> {
    let mut key = vec![mask];
    for (place, text) in texts.iter().enumerate() {
        if mask >> place & 1 == 1 {
            let text = (*text)?;
            key.extend(u32::try_from(text.len()).ok()?.to_le_bytes());
            key.extend(text.as_bytes());
        }
    }
    Some(key)
}

const MEMBERS: [&str; 3] = ["iss", "jti", "sub"];
