//! One round of the demo: many users, a few of every special kind, and whether all went as it should.

use std::collections::BTreeMap;
use std::time::Duration;

use e2e::{Error, Request, Stack};

use crate::screen::{self, Progress};
use crate::traffic::{self, Split, listed};

/// What a round brought to light.
pub(crate) struct Round {
    users: usize,
    requests: usize,
    /// The first answer of each user, counted.
    split: Split,
    /// Users whose every answer was like the first.
    stayed: usize,
    dyed: Split,
    on_the_list: Split,
    spoofed: Split,
    /// New visitors without a key whose second request went where the first one went.
    returned: (usize, usize),
    filter_off: Split,
}

impl Round {
    /// Sends everything.
    pub(crate) async fn play(stack: &Stack, users: usize, each: usize) -> Result<Self, Error> {
        let requests = users * each;
        let mut progress = Progress::begin(5, requests);
        let mut subsets: BTreeMap<usize, Vec<String>> = BTreeMap::new();
        traffic::send(
            stack,
            requests,
            move |n| user(n % users),
            |n, answer| {
                subsets.entry(n % users).or_default().push(traffic::subset(&answer));
                progress.advance();
                Ok(())
            },
        )
        .await?;
        progress.end();
        let mut split = Split::new();
        for seen in subsets.values() {
            *split.entry(seen[0].clone()).or_default() += 1;
        }
        let stayed = subsets.values().filter(|seen| seen.iter().all(|one| one == &seen[0])).count();
        Ok(Self {
            users,
            requests,
            split,
            stayed,
            dyed: traffic::split(stack, 20, |n| user(n).header("x-env", "canary")).await?,
            on_the_list: traffic::split(stack, 20, |n| named(["grace", "linus"][n % 2])).await?,
            spoofed: traffic::split(stack, 20, |_| {
                Request::get("/").header("x-user-id", "mallory").header("x-sluice-subset", "canary")
            })
            .await?,
            returned: visitors(stack, 20).await?,
            filter_off: traffic::split(stack, 20, |_| {
                Request::get("/assets/logo.svg").header("x-env", "canary")
            })
            .await?,
        })
    }

    /// Prints the table.
    pub(crate) fn show(&self, policy: &str, took: Duration) -> Result<(), Error> {
        let Self { users, requests, split, stayed, dyed, on_the_list, spoofed, returned, filter_off } = self;
        screen::step(5, &format!("{requests} requests"), &format!("of {users} users"), took);
        screen::line("subset", &format!("{:>8} {:>8} {:>8}   chance", "want", "got", "users"));
        for (subset, want) in weights(policy)? {
            let count = split.get(&subset).copied().unwrap_or(0);
            let (got, chance) = (self.share(&subset), 2.0 * self.deviation(want));
            screen::line(
                &format!("  {subset}"),
                &format!("{want:>6.2} % {got:>6.2} % {count:>8}   ±{chance:.1} for {users} users"),
            );
        }
        screen::line("sticky", &format!("{stayed} of {users} users stayed in their subset"));
        screen::line("dyed", &format!("{:<24} x-env: canary", listed(dyed)));
        screen::line("on the list", &format!("{:<24} x-user-id: grace or linus", listed(on_the_list)));
        screen::line("spoofed", &format!("{:<24} x-sluice-subset: canary, removed", listed(spoofed)));
        let (same, visitors) = returned;
        screen::line(
            "new visitors",
            &format!(
                "{:<24} the cookie of the first answer brings them back",
                format!("{same} of {visitors} came back")
            ),
        );
        screen::line("/assets", &format!("{:<24} the filter is off on this route", listed(filter_off)));
        Ok(())
    }

    /// Complains about all that is not as the shipped policy wants it.
    pub(crate) fn check(&self, policy: &str) -> Result<(), Error> {
        let mut wrong = Vec::new();
        for (subset, want) in weights(policy)? {
            let got = self.share(&subset);
            // A fair draw is further off in one of 15 000 experiments; what this one's users get is fixed.
            if (got - want).abs() > 4.0 * self.deviation(want) {
                wrong.push(format!("{subset} got {got:.2} % instead of {want:.2} %"));
            }
        }
        let Self { users, requests: _, split: _, stayed, dyed, on_the_list, spoofed, returned, filter_off } =
            self;
        if stayed != users {
            wrong.push(format!("{} users changed their subset", users - stayed));
        }
        for (name, split, want) in [
            ("dyed requests", dyed, "canary"),
            ("listed users", on_the_list, "canary"),
            ("requests with a spoofed header", spoofed, "stable"),
            ("requests with the filter off", filter_off, "no decision"),
        ] {
            if split.keys().ne([want]) {
                wrong.push(format!("{name}: {} instead of {want}", listed(split)));
            }
        }
        if returned.0 != returned.1 {
            wrong.push(format!("{} of {} new visitors came back to their subset", returned.0, returned.1));
        }
        if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n      ").into()) }
    }

    /// The standard deviation of a share of so many users, in percent.
    fn deviation(&self, percent: f64) -> f64 {
        (percent * (100.0 - percent) / self.users as f64).sqrt()
    }

    fn share(&self, subset: &str) -> f64 {
        let count = self.split.get(subset).copied().unwrap_or(0);
        100.0 * count as f64 / self.users as f64
    }
}

/// First visits without any key, each followed by a second one with the cookie of the first answer.
async fn visitors(stack: &Stack, count: usize) -> Result<(usize, usize), Error> {
    let mut same = 0;
    for _ in 0..count {
        let first = stack.send(Request::get("/")).await;
        let Some((id, _)) = first.set_cookie("sluice-id") else { continue };
        let second = stack.send(Request::get("/").header("cookie", format!("sluice-id={id}"))).await;
        same += usize::from(traffic::subset(&first) == traffic::subset(&second));
    }
    Ok((same, count))
}

fn user(number: usize) -> Request {
    named(&format!("user-{number}"))
}

fn named(name: &str) -> Request {
    Request::get("/").header("x-user-id", name)
}

/// The subsets of a policy with their shares in percent.
pub(crate) fn weights(policy: &str) -> Result<Vec<(String, f64)>, Error> {
    let policy = e2e::parse_yaml(policy)?;
    let subsets = policy["subsets"].as_array().into_iter().flatten();
    Ok(subsets
        .filter_map(|subset| Some((subset["name"].as_str()?.to_owned(), subset["weight"].as_f64()? / 100.0)))
        .collect())
}
