//! Ed25519 (RFC 8032, RFC 8037 section 3.1), strict: canonical encodings only, nothing of small order.
//!
//! The host does not know it, so it must be fast here. Three things make it so in wasm: the key is decoded once, R is
//! never decoded (it is computed and compared by its bytes), and multiples of key and base point are kept ([`table`]).

pub(super) mod table;

use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};
use curve25519_dalek::scalar::Scalar;
use sha2::{Digest as _, Sha512};
use std::cell::OnceCell;
use table::Table;

/// An Ed25519 public key.
#[derive(Debug)]
pub(crate) struct EdKey {
    encoded: [u8; 32],
    negated: EdwardsPoint,
    /// Built at the first signature: a set may hold many keys that nobody uses.
    multiples: OnceCell<Table>,
}

impl EdKey {
    /// `None`: not a point, not in canonical form (RFC 8032 section 5.1.3), or of small order: under such a key one
    /// signature is right for many messages.
    pub(crate) fn new(encoded: [u8; 32]) -> Option<Self> {
        let point = CompressedEdwardsY(encoded).decompress()?;
        let good = point.compress().0 == encoded && !point.is_small_order();
        good.then(|| Self { encoded, negated: negate(point), multiples: OnceCell::new() })
    }

    /// Whether R is S times the base point minus k times the key (RFC 8032 section 5.1.7, without the cofactor).
    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        let Some((r, s)) = halves(signature) else {
            return false;
        };
        let hash = Sha512::new().chain_update(r).chain_update(self.encoded).chain_update(message).finalize();
        let k = Scalar::from_bytes_mod_order_wide(&hash.into());
        let multiples = self.multiples.get_or_init(|| Table::new(&self.negated));
        let computed = Table::with_base(|base| table::sum(&[(multiples, &k), (base, &s)]));
        computed.is_some_and(|computed| computed.compress().0 == *r && !computed.is_small_order())
    }
}

/// R as it came and S, which must be below the order of the group.
fn halves(signature: &[u8]) -> Option<(&[u8; 32], Scalar)> {
    let (r, s) = signature.split_first_chunk::<32>()?;
    let s = Option::from(Scalar::from_canonical_bytes(s.try_into().ok()?))?;
    Some((r, s))
}

#[expect(clippy::arithmetic_side_effects, reason = "a point of a group: it does not overflow")]
fn negate(point: EdwardsPoint) -> EdwardsPoint {
    -point
}
