//! Who a request is to a limit.

use crate::fingerprint::{Fingerprint, Fingerprinter, Salt};
use crate::limit::{Limit, Missing};
use crate::place::{Place, Table, single_place};
use filter_api::{RequestHead, SharedData};

pub(super) enum Found {
    /// One of all: the limit knows no keys.
    Anybody,
    Key(Fingerprint),
    /// Nobody who may pass.
    Nobody,
}

impl Found {
    /// `None`: the limit is not about requests without a key.
    ///
    /// * `plan`: tells the counts of one key apart.
    pub(super) fn of(
        limit: &Limit,
        plan: Salt,
        request: &impl RequestHead,
        shared: &dyn SharedData,
    ) -> Option<Self> {
        let Some(parts) = &limit.key else { return Some(Self::Anybody) };
        let new = || Fingerprinter::new(shared, [parts.salt, plan]);
        let mut key = new();
        for part in &parts.keys {
            match (part.extract(request), parts.missing) {
                (Some(part), _) => key.part(&part),
                (None, Missing::Skip) => return None,
                (None, Missing::Deny) => return Some(Self::Nobody),
                // No parts at all: a tuple that nobody has.
                (None, Missing::Shared) => return Some(Self::Key(new().finish())),
            }
        }
        Some(Self::Key(key.finish()))
    }

    /// The same one, where something else is counted.
    pub(super) fn salted(self, salt: Salt) -> Self {
        if let Self::Key(key) = self { Self::Key(key.salted(salt)) } else { self }
    }

    /// Where it counts; `None`: nowhere.
    ///
    /// * `single`: the record of a limit without keys.
    pub(super) fn place(&self, table: &Table, single: u128, shared: &dyn SharedData) -> Option<Place> {
        match self {
            Self::Anybody => Some(single_place(single, shared.scope())),
            Self::Key(key) => Some(table.place(shared.scope(), *key)),
            Self::Nobody => None,
        }
    }
}
