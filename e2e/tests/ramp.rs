//! The ramp: weights by the clock.

use std::time::{SystemTime, UNIX_EPOCH};

use e2e::{Bootstrap, Request, Stack, Update};

use crate::settled::everybody_gets;

e2e::tests![
    a_ramp_that_began_is_in_its_step,
    before_its_start_the_weights_of_the_subsets_hold,
    a_step_comes_without_a_new_policy,
];

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;

/// Now and so many seconds, as RFC 3339 in UTC.
fn in_seconds(seconds: i64) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
    let at = i64::try_from(now).expect("a clock") + seconds;
    let (days, of_day) = (at.div_euclid(86_400), at.rem_euclid(86_400));
    // Days to a date of the proleptic Gregorian calendar, in eras of 400 years that begin in March.
    let shifted = days + 719_468;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", of_day / 3600, of_day / 60 % 60, of_day % 60)
}

fn policy(start: i64, steps: &str) -> String {
    format!(
        "
experiment: ramp
subsets: [{{ name: stable, weight: 0 }}, {{ name: canary, weight: 0 }}, {{ name: next, weight: 10000 }}]
sticky: [{{ header: x-user-id }}]
ramp: {{ start: '{}', steps: [{steps}] }}
",
        in_seconds(start)
    )
}

fn user(id: &str) -> Request {
    Request::get("/").header("x-user-id", id)
}

async fn a_ramp_that_began_is_in_its_step() {
    let steps = "{ after: 0s, weights: { stable: 10000 } }, { after: 10m, weights: { canary: 10000 } }, { after: 1h, weights: { next: 10000 } }";
    let mut stack = Stack::start(Bootstrap::canary_over_xds()).await;
    // Minutes away from the next step: a slow machine does not get there.
    for (name, start, want) in [
        ("first", -MINUTE, "stable"),
        ("second", -30 * MINUTE, "canary"),
        ("last", -2 * HOUR, "next"),
        ("long ago", -24 * 365 * 30 * HOUR, "next"),
    ] {
        assert_eq!(stack.update_policy(&policy(start, steps)).await, Update::Accepted, "{name}");
        everybody_gets(&stack, || user(name), want).await;
    }
}

async fn before_its_start_the_weights_of_the_subsets_hold() {
    let mut stack = Stack::start(Bootstrap::canary_over_xds()).await;
    for (name, start, steps) in [
        ("to come", HOUR, "{ after: 0s, weights: { stable: 10000 } }"),
        ("begun, its first step to come", -HOUR, "{ after: 2h, weights: { stable: 10000 } }"),
    ] {
        assert_eq!(stack.update_policy(&policy(start, steps)).await, Update::Accepted, "{name}");
        everybody_gets(&stack, || user(name), "next").await;
    }
}

async fn a_step_comes_without_a_new_policy() {
    let steps = "{ after: 0s, weights: { stable: 10000 } }, { after: 3s, weights: { canary: 10000 } }";
    let stack = Stack::start(Bootstrap::canary().policy(&policy(0, steps))).await;
    let before = stack.subset(user("ada")).await;
    // On a machine that took three seconds to get here the first step has passed already.
    assert!(["stable", "canary"].contains(&before.as_str()), "{before}");
    everybody_gets(&stack, || user("ada"), "canary").await;
    assert_eq!(stack.subset(user("bob")).await, "canary", "and stays");
}
