//! RSA with the private operation laid open: any exponent, any size, any encoded message.

use num_bigint::{BigInt, BigUint, Sign};
use ring::rand::{SecureRandom, SystemRandom};

use super::key::Hash;

/// A private key. Not for anything but tests: nothing here is constant in time.
#[derive(Debug, Clone)]
pub struct RsaKey {
    n: BigUint,
    e: BigUint,
    p: BigUint,
    q: BigUint,
    /// The exponent modulo `p - 1` and `q - 1`, and the inverse of `q` modulo `p`.
    crt: [BigUint; 3],
}

impl RsaKey {
    /// A new key with a modulus of exactly `bits`.
    pub fn generate(bits: u64, e: u32) -> Self {
        let (e, one) = (BigUint::from(e), BigUint::from(1_u8));
        loop {
            let (p, q) = (prime(bits / 2), prime(bits - bits / 2));
            let n = &p * &q;
            let inverse = |m: &BigUint| modular_inverse(&e, m);
            let crt = (inverse(&(&p - &one)), inverse(&(&q - &one)), modular_inverse(&q, &p));
            let (Some(dp), Some(dq), Some(qi)) = crt else { continue };
            if n.bits() == bits {
                return Self { n, e, p, q, crt: [dp, dq, qi] };
            }
        }
    }

    /// The modulus, big endian.
    pub fn n(&self) -> Vec<u8> {
        self.n.to_bytes_be()
    }

    /// The public exponent, big endian.
    pub fn e(&self) -> Vec<u8> {
        self.e.to_bytes_be()
    }

    /// How many bytes the modulus has.
    pub fn size(&self) -> usize {
        self.n.bits().div_ceil(8) as usize
    }

    /// The private operation on an encoded message.
    pub fn raw(&self, encoded: &[u8]) -> Vec<u8> {
        let (m, [dp, dq, qi]) = (BigUint::from_bytes_be(encoded), &self.crt);
        let (a, b) = (m.modpow(dp, &self.p), m.modpow(dq, &self.q));
        let h = (&self.p + a - &b % &self.p) * qi % &self.p;
        self.fill(&(b + h * &self.q))
    }

    /// RSASSA-PKCS1-v1_5 (RFC 8017 section 8.2).
    pub fn sign_pkcs1(&self, hash: Hash, message: &[u8]) -> Vec<u8> {
        let info = [hash.digest_info(), &hash.of(message)].concat();
        let padding = vec![0xff; self.size() - info.len() - 3];
        self.raw(&[&[0, 1], padding.as_slice(), &[0], &info].concat())
    }

    /// RSASSA-PSS (RFC 8017 section 8.1) with a salt of this length.
    pub fn sign_pss(&self, hash: Hash, mgf: Hash, salt_bytes: usize, message: &[u8]) -> Vec<u8> {
        self.raw(&self.pss(hash, mgf, salt_bytes, message))
    }

    /// The encoded message of [`RsaKey::sign_pss`].
    pub fn pss(&self, hash: Hash, mgf: Hash, salt_bytes: usize, message: &[u8]) -> Vec<u8> {
        let bits = self.n.bits() as usize - 1;
        let size = bits.div_ceil(8);
        let salt = random(salt_bytes);
        let h = hash.of(&[&[0; 8], hash.of(message).as_slice(), &salt].concat());
        let mut db = vec![0; size - salt_bytes - h.len() - 2];
        db.push(1);
        db.extend(&salt);
        let mask = mgf1(mgf, &h, db.len());
        db.iter_mut().zip(mask).for_each(|(byte, mask)| *byte ^= mask);
        db[0] &= 0xff >> (8 * size - bits);
        [db.as_slice(), &h, &[0xbc]].concat()
    }

    /// A number as long as the modulus.
    fn fill(&self, number: &BigUint) -> Vec<u8> {
        let bytes = number.to_bytes_be();
        [vec![0; self.size().saturating_sub(bytes.len())], bytes].concat()
    }
}

fn mgf1(hash: Hash, seed: &[u8], length: usize) -> Vec<u8> {
    let block = |n: u32| hash.of(&[seed, &n.to_be_bytes()].concat());
    (0..).flat_map(block).take(length).collect()
}

pub(crate) fn random(length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    SystemRandom::new().fill(&mut bytes).expect("random bytes");
    bytes
}

/// A probable prime whose two highest bits are set, so that the product of two has all its bits.
fn prime(bits: u64) -> BigUint {
    loop {
        let mut candidate =
            BigUint::from_bytes_be(&random(bits.div_ceil(8) as usize)) >> (bits.div_ceil(8) * 8 - bits);
        for bit in [0, bits - 1, bits - 2] {
            candidate.set_bit(bit, true);
        }
        let small = SMALL.iter().any(|small| &candidate % *small == BigUint::ZERO);
        if !small && is_prime(&candidate) {
            return candidate;
        }
    }
}

/// Miller and Rabin's test; for random numbers of this size few rounds do.
fn is_prime(n: &BigUint) -> bool {
    let one = BigUint::from(1_u8);
    let less = n - &one;
    let twos = less.trailing_zeros().unwrap_or(0);
    let odd = &less >> twos;
    SMALL[..8].iter().all(|base| {
        let mut x = BigUint::from(*base).modpow(&odd, n);
        if x == one || x == less {
            return true;
        }
        (1..twos).any(|_| {
            x = x.modpow(&BigUint::from(2_u8), n);
            x == less
        })
    })
}

/// By the extended Euclidean algorithm; `None` if they have a common divisor.
pub(crate) fn modular_inverse(a: &BigUint, m: &BigUint) -> Option<BigUint> {
    let modulus = BigInt::from_biguint(Sign::Plus, m.clone());
    let (mut r, mut next_r) = (modulus.clone(), BigInt::from_biguint(Sign::Plus, a % m));
    let (mut t, mut next_t) = (BigInt::from(0), BigInt::from(1));
    while next_r != BigInt::from(0) {
        let quotient = &r / &next_r;
        (r, next_r) = (next_r.clone(), r - &quotient * next_r);
        (t, next_t) = (next_t.clone(), t - &quotient * next_t);
    }
    (r == BigInt::from(1)).then(|| ((t % &modulus + &modulus) % modulus).to_biguint()).flatten()
}

const SMALL: [u32; 30] = [
    2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103,
    107, 109, 113,
];

#[cfg(test)]
mod tests {
    use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384, RsaPublicKeyComponents};

    use super::*;

    #[test]
    fn another_library_accepts_what_is_signed() {
        let key = RsaKey::generate(2048, 65537);
        let public = RsaPublicKeyComponents { n: key.n(), e: key.e() };
        let signature = key.sign_pkcs1(Hash::Sha256, b"message");
        public.verify(&RSA_PKCS1_2048_8192_SHA256, b"message", &signature).expect("PKCS #1 v1.5");
        let signature = key.sign_pss(Hash::Sha384, Hash::Sha384, 48, b"message");
        public.verify(&RSA_PSS_2048_8192_SHA384, b"message", &signature).expect("PSS");
        assert!(public.verify(&RSA_PSS_2048_8192_SHA384, b"massage", &signature).is_err());
    }

    #[test]
    fn any_size_and_exponent() {
        for (bits, e) in [(1024, 65537), (2047, 3)] {
            let key = RsaKey::generate(bits, e);
            let signed = BigUint::from_bytes_be(&key.raw(&[1; 100]));
            assert_eq!(signed.modpow(&key.e, &key.n), BigUint::from_bytes_be(&[1; 100]), "{bits}");
            assert_eq!(key.n.bits(), bits);
        }
    }
}
