//! One JWK (RFC 7517 section 4, RFC 7518 section 6, RFC 8037 section 2) into a key, or why not.

use super::key::{Key, Material};
use super::members::{bytes, number, octets, optional, required, without};
use super::{KeyRefusal, Origin};
use crate::algorithm::Algorithm;
use crate::crypto::{EcKey, EdKey, RsaKey, Secret};
use crate::json::Json;
use crate::token::header::is_key_id;

pub(super) struct Jwk<'j>(&'j Json<'j>);

impl<'j> Jwk<'j> {
    pub(super) fn new(json: &'j Json<'j>) -> Self {
        Self(json)
    }

    /// Its `kid`, if that is a short text.
    pub(super) fn key_id(&self) -> Option<String> {
        self.0.get("kid")?.as_text().filter(|kid| is_key_id(kid)).map(str::to_owned)
    }

    /// Whether it tells more than the public needs to know. `k` is a secret by nature, and not meant here.
    pub(super) fn has_private_members(&self) -> bool {
        ["d", "p", "q", "dp", "dq", "qi", "oth"].into_iter().any(|name| self.0.get(name).is_some())
    }

    pub(super) fn read(&self, origin: Origin) -> Result<Key, KeyRefusal> {
        let Self(jwk) = self;
        if !matches!(jwk, Json::Map(_)) {
            return Err(KeyRefusal::Member("the key"));
        }
        let kty = required(jwk, "kty")?;
        self.check_use(origin)?;
        let key_id = self.checked_key_id(origin)?;
        let algorithm = self.algorithm()?;
        let material = match (kty, origin) {
            ("RSA", _) => self.rsa()?,
            ("EC", _) => self.ec()?,
            ("OKP", Origin::SpiffeBundle) => return Err(KeyRefusal::Unsupported("kty")),
            ("OKP", _) => self.okp()?,
            ("oct", Origin::Inline) => self.oct(algorithm)?,
            ("oct", _) => return Err(KeyRefusal::Secret),
            _ => return Err(KeyRefusal::Unsupported("kty")),
        };
        if algorithm.is_some_and(|algorithm| !material.suits(algorithm)) {
            return Err(KeyRefusal::Algorithm);
        }
        Ok(Key::new(key_id, algorithm, material))
    }

    fn check_use(&self, origin: Origin) -> Result<(), KeyRefusal> {
        let fits = match (origin, optional(self.0, "use")?) {
            (Origin::SpiffeBundle, purpose) => purpose == Some("jwt-svid"),
            (_, None | Some("sig")) => true,
            (_, Some(_)) => false,
        };
        let verifies = match self.0.get("key_ops") {
            None => true,
            Some(Json::List(operations)) => {
                operations.iter().any(|operation| operation.as_text() == Some("verify"))
            }
            Some(_) => return Err(KeyRefusal::Member("key_ops")),
        };
        if fits && verifies { Ok(()) } else { Err(KeyRefusal::Use) }
    }

    fn checked_key_id(&self, origin: Origin) -> Result<Option<String>, KeyRefusal> {
        let must_be_there = origin == Origin::SpiffeBundle || self.0.get("kid").is_some();
        match self.key_id() {
            None if must_be_there => Err(KeyRefusal::Member("kid")),
            key_id => Ok(key_id),
        }
    }

    fn algorithm(&self) -> Result<Option<Algorithm>, KeyRefusal> {
        let name = optional(self.0, "alg")?;
        name.map(|name| name.parse().map_err(|_| KeyRefusal::Unsupported("alg"))).transpose()
    }

    fn rsa(&self) -> Result<Material, KeyRefusal> {
        without(self.0, &["crv", "x", "y", "k"])?;
        let key = RsaKey::new(number(self.0, "n")?, &number(self.0, "e")?)?;
        Ok(Material::Rsa(Box::new(key)))
    }

    fn ec(&self) -> Result<Material, KeyRefusal> {
        without(self.0, &["n", "e", "k"])?;
        let key = match required(self.0, "crv")? {
            "P-256" => EcKey::p256(&octets(self.0, "x")?, &octets(self.0, "y")?),
            "P-384" => EcKey::p384(&octets(self.0, "x")?, &octets(self.0, "y")?),
            "P-521" => EcKey::p521(&octets(self.0, "x")?, &octets(self.0, "y")?),
            _ => return Err(KeyRefusal::Unsupported("crv")),
        };
        key.map(|key| Material::Ec(Box::new(key))).ok_or(KeyRefusal::Point)
    }

    fn okp(&self) -> Result<Material, KeyRefusal> {
        without(self.0, &["n", "e", "y", "k"])?;
        if required(self.0, "crv")? != "Ed25519" {
            return Err(KeyRefusal::Unsupported("crv"));
        }
        let key = EdKey::new(octets(self.0, "x")?);
        key.map(|key| Material::Ed(Box::new(key))).ok_or(KeyRefusal::Point)
    }

    fn oct(&self, algorithm: Option<Algorithm>) -> Result<Material, KeyRefusal> {
        without(self.0, &["n", "e", "crv", "x", "y"])?;
        Secret::new(bytes(self.0, "k")?, algorithm).map(Material::Secret)
    }
}
