//! Tokens and keys, made by other hands than the ones that check them: signatures by `ring` (RSA by the few lines of
//! [`rsa`]), JSON and base64 written out, so that every kind of wrong token can be made, too.

mod base64url;
mod key;
mod p521;
mod rsa;
mod token;

pub use base64url::{decode as base64url_decode, encode as base64url};
pub use key::{Hash, Key, sha256};
pub use rsa::RsaKey;
pub use token::{Draft, compact, now};
