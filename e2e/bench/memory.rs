//! Memory of Envoy while one worker sees more and more different tokens, of which it remembers some.

use e2e::{Bootstrap, Error, Key, Stack, parse_yaml};
use serde_json::json;
use tokio::task::JoinSet;

use crate::auth::{bearer, draft, provider};
use crate::case::ROUTES;
use crate::cpu::Process;
use crate::lane::Lane;
use crate::options::Options;
use crate::traffic::Traffic;

/// How much there was after how many tokens.
#[derive(Debug)]
pub(crate) struct Memory {
    pub(crate) steps: Vec<Step>,
}

/// One look.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Step {
    /// Different tokens so far.
    pub(crate) tokens: usize,
    pub(crate) mebibytes: f64,
}

impl Memory {
    /// From where the filter remembers as much as it may, to the end.
    pub(crate) fn after_full(&self) -> Option<[Step; 2]> {
        let full =
            self.steps.iter().find(|step| step.tokens > REMEMBERED && step.tokens * 4 >= self.tokens())?;
        Some([*full, *self.steps.last()?])
    }

    fn tokens(&self) -> usize {
        self.steps.last().map_or(0, |step| step.tokens)
    }
}

/// Sends each token once.
pub(crate) async fn measure(options: &Options) -> Result<Option<Memory>, Error> {
    println!("{} different tokens, each of them once", options.tokens);
    let key = Key::secret("hs256", *b"a secret of thirty-two bytes, or ");
    let stack = Stack::try_start(bootstrap(&key)?).await.map_err(|e| e.to_string())?;
    let Some(id) = stack.envoy.process_id() else {
        println!("the memory of a container is not looked at");
        return Ok(None);
    };
    let envoy = Process::new(id);
    let look = |tokens| -> Result<Step, Error> {
        Ok(Step { tokens, mebibytes: envoy.resident()? as f64 / f64::from(1 << 20) })
    };
    refuses_strangers(&stack).await?;
    let mut steps = vec![look(0)?];
    for percent in [10, 25, 50, 75, 100] {
        let (from, to) = (steps.last().map_or(0, |step| step.tokens), options.tokens * percent / 100);
        send(&stack, &key, from..to).await?;
        steps.push(look(to)?);
    }
    Ok(Some(Memory { steps }))
}

async fn send(stack: &Stack, key: &Key, numbers: std::ops::Range<usize>) -> Result<(), Error> {
    let tokens = numbers.map(|number| draft().claim("jti", format!("{number:08x}")).sign(key));
    let traffic = Traffic::of(tokens.map(|token| vec![bearer(&token)]));
    let mut lanes = JoinSet::new();
    for number in 0..CONNECTIONS {
        let requests = traffic.of_connection(number, CONNECTIONS);
        let count = requests.len();
        let mut lane = Lane::of(stack.envoy.addr("http"), requests, 200).await?;
        lanes.spawn(async move {
            for _ in 0..count {
                lane.exchange().await?;
            }
            Ok::<_, std::io::Error>(())
        });
    }
    while let Some(ended) = lanes.join_next().await {
        ended??;
    }
    Ok(())
}

/// What lets everybody in verifies nothing and remembers nothing.
async fn refuses_strangers(stack: &Stack) -> Result<(), Error> {
    let traffic = Traffic::default();
    let mut lane = Lane::of(stack.envoy.addr("http"), traffic.of_connection(0, 1), 401).await?;
    lane.exchange().await?;
    Ok(())
}

fn bootstrap(key: &Key) -> Result<Bootstrap, Error> {
    let mut provider = provider(&json!({ "keys": [key.jwk()] }));
    provider["algorithms"] = json!([key.algorithm()]);
    let policy = json!({ "providers": [provider], "rules": [{ "require": { "token": "idp" } }] });
    let routes = parse_yaml(ROUTES)?;
    Ok(Bootstrap::auth().workers(1).policy_value(policy).connection_manager(|manager| {
        manager["route_config"]["virtual_hosts"][0]["routes"] = routes;
    }))
}

const CONNECTIONS: usize = 16;
/// As many tokens as a worker remembers.
const REMEMBERED: usize = 4_096;
