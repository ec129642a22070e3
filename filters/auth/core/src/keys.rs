//! The keys of one issuer or trust domain: written in the policy, or fetched and kept fresh.
//!
//! A set that cannot be read leaves the last good one in use; an empty set is a set, and trusts nobody at once. A set
//! that the source has not confirmed for `max_stale` is not used any more.

use crate::denial::Reason;
use crate::identity::Callers;
use filter_api::{Build, Built, Document, HttpSource, Name, Slot, UnixTime};
use filter_jose::{KeyRefusal, KeySet, Origin, SkippedKey, Token};
use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

/// Keys and what is known about their freshness.
#[derive(Debug)]
pub(crate) struct Keys {
    origin: Origin,
    /// `None`: the keys stand in the policy.
    max_stale: Option<Duration>,
    /// `None`: never fetched.
    set: Slot<Option<Rc<KeySet>>>,
    /// When the source last confirmed the set.
    checked: Cell<Option<UnixTime>>,
    /// Whether requests want a newer set before `refresh` is over.
    wanted: Cell<bool>,
    /// When a key that is not in the set was last asked for, first of several times.
    asked: Cell<Option<UnixTime>>,
    /// To be forgotten when the keys change.
    callers: Rc<Callers>,
}

impl Keys {
    /// Keys that stand in the policy.
    pub(crate) fn inline(origin: Origin, set: KeySet, callers: &Rc<Callers>) -> Self {
        Self::new(origin, None, Some(set), callers)
    }

    /// Keys that are still to be fetched.
    pub(crate) fn fetched(origin: Origin, max_stale: Duration, callers: &Rc<Callers>) -> Self {
        Self::new(origin, Some(max_stale), None, callers)
    }

    fn new(origin: Origin, max_stale: Option<Duration>, set: Option<KeySet>, callers: &Rc<Callers>) -> Self {
        Self {
            origin,
            max_stale,
            set: Slot::new(set.map(Rc::new)),
            checked: Cell::new(None),
            wanted: Cell::new(false),
            asked: Cell::new(None),
            callers: Rc::clone(callers),
        }
    }

    /// Whether the keys come from a source.
    pub(crate) fn is_fetched(&self) -> bool {
        self.max_stale.is_some()
    }

    /// The set, if it may be used.
    ///
    /// # Errors
    /// [`Reason::KeysMissing`], and the set is wanted; [`Reason::KeysStale`].
    pub(crate) fn current(&self, now: UnixTime) -> Result<Rc<KeySet>, Reason> {
        let Some(set) = self.set.with(|set| set.clone()).flatten() else {
            self.wanted.set(true);
            return Err(Reason::KeysMissing);
        };
        self.check_age(now).map(|()| set)
    }

    /// Whether the set may still be used.
    ///
    /// # Errors
    /// [`Reason::KeysStale`].
    pub(crate) fn check_age(&self, now: UnixTime) -> Result<(), Reason> {
        match (self.max_stale, self.checked.get()) {
            (Some(max), Some(checked)) if now.since(checked) > max => Err(Reason::KeysStale),
            _ => Ok(()),
        }
    }

    /// Whether to wait for a newer set, which may know the token's key: this one does not mention it and is not of just
    /// now. The newer one is wanted then, which the host grants at most once in 10 s; so nobody waits for long after
    /// the first who asked, and made-up names of keys hold up few requests while the source is down.
    pub(crate) fn may_learn(&self, token: &Token<'_>, set: &KeySet, now: UnixTime) -> bool {
        let unknown = token.key_id().is_some_and(|kid| !set.has_key_id(kid));
        let settled = self.checked.get().is_some_and(|checked| now.since(checked) < JUST_NOW);
        if !self.is_fetched() || !unknown || settled {
            return false;
        }
        self.wanted.set(true);
        match self.asked.get().map(|asked| now.since(asked)) {
            Some(ago) if ago < JUST_NOW => ago < PATIENCE,
            _ => {
                self.asked.set(Some(now));
                true
            }
        }
    }

    /// Takes a newer set into use.
    ///
    /// # Errors
    /// It is no set, or it takes back a SPIFFE bundle.
    fn install(&self, json: &[u8]) -> Result<u64, String> {
        let set = read(json, self.origin, self.sequence())?;
        let count = u64::try_from(set.len()).unwrap_or(u64::MAX);
        if !self.set.set(Some(Rc::new(set))) {
            return Err("the keys are in use".to_owned());
        }
        self.callers.forget();
        Ok(count)
    }

    fn sequence(&self) -> Option<u64> {
        self.set.with(|set| set.as_ref().and_then(|set| set.sequence())).flatten()
    }
}

/// Keys with an HTTP source.
#[derive(Debug)]
pub(crate) struct FetchedKeys {
    pub(crate) name: Name,
    pub(crate) source: HttpSource,
    pub(crate) keys: Rc<Keys>,
}

impl Document for FetchedKeys {
    fn name(&self) -> &Name {
        &self.name
    }

    fn kind(&self) -> &'static str {
        match self.keys.origin {
            Origin::SpiffeBundle => "bundle",
            Origin::Inline | Origin::Fetched => "keys",
        }
    }

    fn source(&self) -> &HttpSource {
        &self.source
    }

    fn build(&self, body: Vec<u8>, _seed: u64) -> Box<dyn Build> {
        Box::new(KeysBuild { body, origin: self.keys.origin, sequence: self.keys.sequence() })
    }

    fn install(&self, published: Vec<u8>) -> Result<u64, String> {
        self.keys.install(&published)
    }

    fn remark(&self) -> Option<String> {
        let set = self.keys.set.with(|set| set.clone()).flatten()?;
        // What is not for us is not worth a line: entries of a bundle that are for certificates, keys for encryption.
        let unusable = set.skipped().iter().filter(|key| key.why != KeyRefusal::Use);
        let skipped: Vec<String> = unusable
            .map(|SkippedKey { place, kid, why }| match kid {
                Some(kid) => format!("keys[{place}] (`{kid}`) is not used: {why}"),
                None => format!("keys[{place}] is not used: {why}"),
            })
            .take(MAX_REMARKS)
            .collect();
        let exposed = match set.exposed() {
            [] => None,
            places => Some(format!("private parts are in the set for everybody to read: keys{places:?}")),
        };
        let all: Vec<String> = skipped.into_iter().chain(exposed).collect();
        if all.is_empty() { None } else { Some(all.join("; ")) }
    }

    fn checked(&self, at: UnixTime) {
        self.keys.checked.set(Some(at));
        self.keys.wanted.set(false);
    }

    fn is_wanted(&self) -> bool {
        self.keys.wanted.get()
    }
}

/// Few and small: one step. What workers share is the document itself, which each of them reads again.
struct KeysBuild {
    body: Vec<u8>,
    origin: Origin,
    sequence: Option<u64>,
}

impl Build for KeysBuild {
    fn step(self: Box<Self>) -> Built {
        match read(&self.body, self.origin, self.sequence) {
            Ok(_) => Built::Done(self.body),
            Err(reason) => Built::Refused(reason),
        }
    }
}

/// Reads a set that may follow one of the given `spiffe_sequence` (SPIFFE Trust Domain and Bundle section 4.1.1).
///
/// A set without a number is taken: `{"keys": []}` must revoke at once whoever writes it.
fn read(json: &[u8], origin: Origin, sequence: Option<u64>) -> Result<KeySet, String> {
    let set = KeySet::parse(json, origin).map_err(|error| error.to_string())?;
    match (sequence, set.sequence()) {
        (Some(old), Some(new)) if new < old => Err(format!("spiffe_sequence goes back from {old} to {new}")),
        _ => Ok(set),
    }
}

/// A set that was confirmed less than this ago is not asked for anew, and a key that is not in it is nobody's.
const JUST_NOW: Duration = Duration::from_secs(10);
/// How long after the first who asked for a key others wait for it, too: longer than the host lets anybody wait.
const PATIENCE: Duration = Duration::from_secs(2);
/// A source may serve a hundred bad keys; the log gets the first ones.
const MAX_REMARKS: usize = 5;
