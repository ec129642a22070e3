//! `auth` beside `jwt_authn`: keys of a set, tokens that come in turns.

use e2e::{Error, Key};
use serde_json::{Value, json};

use super::axis::{Axis, Bound, Series, base, decades};
use crate::auth::{DIFFERENT, Tokens, bearer, draft, native, ours, ours_with};
use crate::traffic::Traffic;

pub(crate) fn axes(largest: usize) -> Result<Vec<Axis>, Error> {
    Ok(vec![keys()?, tokens(largest)?])
}

/// The last key of the set is the one that signs, and each token is seen first.
fn keys() -> Result<Axis, Error> {
    let others: Vec<Value> = (0..100).map(|number| Key::p256(&format!("other-{number}")).jwk()).collect();
    let key = Key::p256("es256");
    let set = |count: usize| {
        let mut keys = others[..count - 1].to_vec();
        keys.push(key.jwk());
        json!({ "keys": keys })
    };
    let tokens = Tokens::new(&key, DIFFERENT);
    let fresh = tokens.fresh();
    Ok(Axis {
        name: "keys",
        about: "the keys of a JWK set",
        of: "keys",
        base: base(tokens.known(1))?,
        series: vec![
            Series::new("auth", "auth: ES256, a token seen first", KEYS, |count| {
                Ok((vec![ours(&set(count))?], fresh.clone()))
            })?,
            Series::new("jwt", "jwt_authn: ES256, no cache", KEYS, |count| {
                Ok((vec![native(&set(count), None)], fresh.clone()))
            })?,
        ],
        bounds: vec![Bound::refused("auth with 101 keys in a set", ours(&set(101))?)?],
        weighs: false,
    })
}

/// HS256, so that a million tokens are soon signed, and what is verified costs least.
fn tokens(largest: usize) -> Result<Axis, Error> {
    let key = Key::secret("hs256", *b"a secret of thirty-two bytes, or ");
    let set = json!({ "keys": [key.jwk()] });
    let in_turns = move |count| {
        let (key, draft) = (key.clone(), draft());
        let token = move |number: usize| draft.clone().claim("jti", format!("{number:08x}")).sign(&key);
        Traffic::made(count, move |number| vec![bearer(&token(number))])
    };
    // Around what is remembered, too.
    let sizes = |largest: usize| {
        let mut sizes: Vec<usize> = decades(largest).chain([4_000, 5_000]).collect();
        sizes.sort_unstable();
        sizes
    };
    Ok(Axis {
        name: "tokens",
        about: "the tokens that come in turns",
        of: "tokens",
        base: base(in_turns(1))?,
        series: vec![
            Series::new("auth", "auth: HS256", sizes(largest), |count| {
                Ok((vec![ours_with(&set, "HS256")?], in_turns(count)))
            })?,
            Series::new("jwt", "jwt_authn: HS256, a cache of 4096", sizes(largest.min(100_000)), |count| {
                Ok((vec![native(&set, Some(json!({ "jwt_cache_size": 4096 })))], in_turns(count)))
            })?,
        ],
        bounds: vec![Bound::Said(
            "a worker remembers 4096 tokens, or 8 MiB of them; when it has seen more, the one that was used longest ago is \
             forgotten, so that of more tokens in turns each is verified anew",
        )],
        weighs: true,
    })
}

const KEYS: [usize; 5] = [1, 3, 10, 30, 100];
