//! `ratelimit` beside `local_ratelimit`: limits of a request, keys that a table has.

use e2e::Error;
use serde_json::{Value, json};

use super::axis::{Axis, Bound, Series, base, decades};
use crate::ratelimit::{PLENTY, native_by_user, ours, rate, wasm};
use crate::traffic::Traffic;

/// `sent`: how many requests a case has at most.
pub(crate) fn axes(largest: usize, sent: usize) -> Result<Vec<Axis>, Error> {
    Ok(vec![limits()?, keys(largest, sent)?])
}

fn limits() -> Result<Axis, Error> {
    let limit = |number: usize| json!({ "name": format!("limit-{number}"), "rate": rate(PLENTY) });
    let keyed = |number: usize| {
        let mut limit = limit(number);
        limit["key"] = json!([{ "header": "x-user-id" }]);
        limit
    };
    Ok(Axis {
        name: "limits",
        about: "the limits that a request meets",
        of: "limits",
        base: base(Traffic::default())?,
        series: vec![
            Series::new("unkeyed", "ratelimit: a bucket for all", LIMITS, |count| {
                Ok((vec![ours((0..count).map(limit))?], Traffic::default()))
            })?,
            Series::new("keyed", "ratelimit: a bucket for each user", LIMITS, |count| {
                Ok((vec![ours((0..count).map(keyed))?], Traffic::default()))
            })?,
        ],
        bounds: vec![Bound::refused("ratelimit with 65 limits", ours((0..65).map(limit))?)?],
        weighs: false,
    })
}

/// Each key is in the table from its first request on until the end: its bucket is full again only after hours.
fn keys(largest: usize, sent: usize) -> Result<Axis, Error> {
    let users = |count| Traffic::made(count, |user| vec![("x-user-id".to_owned(), format!("many-{user}"))]);
    let slowly = json!({ "requests": sent * 2, "per": "87600h" });
    let policy = |count: usize| -> Value {
        let limit = json!({ "name": "per-user", "key": [{ "header": "x-user-id" }], "rate": slowly });
        json!({ "limits": [limit], "max_keys": count.max(DEFAULT_ROOM) })
    };
    let ours = |count| Ok((vec![wasm(policy(count))?], users(count)));
    let native = |count: usize| Ok((vec![native_by_user(count.max(DEFAULT_ROOM))], users(count)));
    Ok(Axis {
        name: "users",
        about: "the keys that have a bucket",
        of: "keys",
        base: base(users(1))?,
        series: vec![
            Series::new("ratelimit", "ratelimit: a bucket for each user", decades(largest), ours)?,
            Series::new(
                "native",
                "local_ratelimit: a bucket for each user",
                decades(largest.min(100_000)),
                native,
            )?,
        ],
        bounds: vec![
            Bound::refused(
                "ratelimit with `max_keys: 16777217`",
                wasm(json!({
                    "limits": [{ "name": "node", "rate": rate(PLENTY) }], "max_keys": 16_777_217,
                }))?,
            )?,
            Bound::Said(
                "`max_keys` is 65536 unless the policy says more; here it is as many as there are keys where they are more",
            ),
        ],
        weighs: true,
    })
}

const LIMITS: [usize; 7] = [1, 2, 4, 8, 16, 32, 64];
const DEFAULT_ROOM: usize = 65_536;
