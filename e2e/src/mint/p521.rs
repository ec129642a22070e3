//! ECDSA on P-521 (FIPS 186-5 section 6), which `ring` does not know: the textbook, in affine coordinates. Not for anything
//! but tests: nothing here is constant in time.

use num_bigint::BigUint;

use super::key::Hash;
use super::rsa::{modular_inverse, random};

/// A private key.
#[derive(Debug, Clone)]
pub(crate) struct P521Key {
    d: BigUint,
    public: Point,
}

/// A point that is not the neutral element.
type Point = (BigUint, BigUint);

impl P521Key {
    pub(crate) fn generate() -> Self {
        let d = scalar();
        let public = times(&d, &generator());
        Self { d, public }
    }

    /// The uncompressed point.
    pub(crate) fn public(&self) -> Vec<u8> {
        [vec![4], fill(&self.public.0), fill(&self.public.1)].concat()
    }

    /// `r` and `s` over SHA-512, as JWS has them (RFC 7518 section 3.4).
    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        let (n, e) = (order(), BigUint::from_bytes_be(&Hash::Sha512.of(message)));
        let k = scalar();
        let r = times(&k, &generator()).0 % &n;
        let s = modular_inverse(&k, &n).expect("n is prime") * (e + &r * &self.d) % &n;
        [fill(&r), fill(&s)].concat()
    }
}

fn times(scalar: &BigUint, point: &Point) -> Point {
    let mut sum: Option<Point> = None;
    for bit in (0..scalar.bits()).rev() {
        sum = sum.map(|sum| add(&sum, &sum));
        if scalar.bit(bit) {
            sum = Some(sum.map_or_else(|| point.clone(), |sum| add(&sum, point)));
        }
    }
    sum.expect("a scalar above 0")
}

/// Of two points that are the same or have different `x`: for random scalars it never comes otherwise.
fn add(a: &Point, b: &Point) -> Point {
    let p = prime();
    let (rise, run) = if a == b {
        // The curve's `a` is -3.
        (BigUint::from(3_u8) * (&a.0 * &a.0 + &p - 1_u8), BigUint::from(2_u8) * &a.1)
    } else {
        (&p + &b.1 - &a.1, &p + &b.0 - &a.0)
    };
    let slope = rise * modular_inverse(&run, &p).expect("p is prime") % &p;
    let x = (&slope * &slope + &p * 2_u8 - &a.0 - &b.0) % &p;
    let y = (slope * (&p + &a.0 - &x) + &p - &a.1) % &p;
    (x, y)
}

fn scalar() -> BigUint {
    BigUint::from_bytes_be(&random(80)) % (order() - 1_u8) + 1_u8
}

fn prime() -> BigUint {
    (BigUint::from(1_u8) << 521) - 1_u8
}

fn order() -> BigUint {
    hex(
        "01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409",
    )
}

fn generator() -> Point {
    (
        hex(
            "00c6858e06b70404e9cd9e3ecb662395b4429c648139053fb521f828af606b4d3dbaa14b5e77efe75928fe1dc127a2ffa8de3348b3c1856a429bf97e7e31c2e5bd66",
        ),
        hex(
            "011839296a789a3bc0045c8a5fb42c7d1bd998f54449579b446817afbd17273e662c97ee72995ef42640c550b9013fad0761353c7086a272c24088be94769fd16650",
        ),
    )
}

fn hex(text: &str) -> BigUint {
    BigUint::parse_bytes(text.as_bytes(), 16).expect("hex")
}

fn fill(number: &BigUint) -> Vec<u8> {
    let bytes = number.to_bytes_be();
    [vec![0; 66 - bytes.len()], bytes].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_on_the_curve_and_signatures_verify() {
        let (p, n) = (prime(), order());
        let key = P521Key::generate();
        let b = hex(
            "0051953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e156193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00",
        );
        let (x, y) = &key.public;
        assert_eq!(y * y % &p, (x * x * x + (&p - 3_u8) * x + b) % &p);
        let signature = key.sign(b"message");
        let (r, s) = signature.split_at(66);
        let (r, s) = (BigUint::from_bytes_be(r), BigUint::from_bytes_be(s));
        let inverse = modular_inverse(&s, &n).unwrap();
        let e = BigUint::from_bytes_be(&Hash::Sha512.of(b"message"));
        let sum = add(&times(&(e * &inverse % &n), &generator()), &times(&(&r * inverse % &n), &key.public));
        assert_eq!(sum.0 % n, r);
    }
}
