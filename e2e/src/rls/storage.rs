//! Limitador's counters in Redis: asked and spent in one script, so that no two callers can spend the same hit.
//!
//! Limitador has a Redis storage of its own. Its version 0.14 does not build without RocksDB (`storage::keys` names a
//! module that only `disk_storage` has), wants OpenSSL, and by its own account is not exact: it asks first and spends
//! after that. The tests count to the last request.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use limitador::counter::Counter;
use limitador::limit::Limit;
use limitador::reservation::ReservationId;
use limitador::storage::{AsyncCounterStorage, Authorization, StorageErr};
use tokio::sync::Mutex;

use crate::Error;
use crate::resp::{Connection, Reply};

pub(crate) struct RedisStorage {
    addr: SocketAddr,
    /// None after a failure, until the next command.
    connection: Mutex<Option<Connection>>,
}

impl RedisStorage {
    pub(crate) fn new(addr: SocketAddr) -> Self {
        Self { addr, connection: Mutex::new(None) }
    }

    /// Value and time to live of each counter after the script, and whether `delta` was within all of them.
    async fn run(&self, counters: &[Counter], delta: u64, spend: bool) -> Result<(bool, Vec<Reply>), Error> {
        let mut command: Vec<Vec<u8>> = vec![b"EVAL".to_vec(), SCRIPT.as_bytes().to_vec()];
        command.push(counters.len().to_string().into_bytes());
        for counter in counters {
            command.push(serde_json::to_vec(&(counter.limit(), counter.set_variables()))?);
        }
        command.push(delta.to_string().into_bytes());
        command.push(u8::from(spend).to_string().into_bytes());
        for counter in counters {
            command.push(counter.max_value().to_string().into_bytes());
            command.push(counter.window().as_millis().to_string().into_bytes());
        }
        match self.ask(&command).await? {
            Reply::Array(mut items) if items.len() == 1 + 2 * counters.len() => {
                let values = items.split_off(1);
                Ok((items == [Reply::Integer(0)], values))
            }
            other => Err(format!("Redis answered {other:?}").into()),
        }
    }

    async fn ask(&self, command: &[Vec<u8>]) -> Result<Reply, Error> {
        let mut kept = self.connection.lock().await;
        let mut connection = match kept.take() {
            Some(connection) => connection,
            None => Connection::open(self.addr).await?,
        };
        let reply = connection.ask(command).await?;
        *kept = Some(connection);
        Ok(reply)
    }

    /// The reason goes to the log of the process. Limitador's error has no public constructor: what its trait answers for a
    /// storage without reservations has to do.
    async fn failed(&self, why: &Error) -> StorageErr {
        eprintln!("{why}");
        let refused = self.release_reservation(&[], &ReservationId::new()).await;
        refused.expect_err("a storage without reservations")
    }

    async fn judge(
        &self,
        counters: &mut [Counter],
        delta: u64,
        spend: bool,
    ) -> Result<Authorization, StorageErr> {
        let (within, values) = match self.run(counters, delta, spend).await {
            Ok(answer) => answer,
            Err(why) => return Err(self.failed(&why).await),
        };
        for (counter, pair) in counters.iter_mut().zip(values.chunks(2)) {
            let number = |at: usize| match pair.get(at) {
                Some(Reply::Integer(number)) => u64::try_from(*number).ok(),
                _ => None,
            };
            // What is left before this request: Limitador itself takes off what it has spent.
            counter.set_remaining(counter.max_value().saturating_sub(number(0).unwrap_or(0)));
            counter.set_expires_in(number(1).map_or_else(|| counter.window(), Duration::from_millis));
        }
        let over = counters.iter().find(|counter| counter.remaining().unwrap_or(0) < delta);
        let name = over.and_then(|counter| counter.limit().name().map(str::to_owned));
        Ok(if within { Authorization::Ok } else { Authorization::Limited(name) })
    }
}

#[tonic::async_trait]
impl AsyncCounterStorage for RedisStorage {
    async fn is_within_limits(&self, counter: &Counter, delta: u64) -> Result<bool, StorageErr> {
        let verdict = self.judge(&mut [counter.clone()], delta, false).await?;
        Ok(matches!(verdict, Authorization::Ok))
    }

    async fn update_counter(&self, counter: &Counter, delta: u64) -> Result<(), StorageErr> {
        self.judge(&mut [counter.clone()], delta, true).await.map(drop)
    }

    async fn check<'a>(&self, counters: &mut Vec<Counter>, delta: u64) -> Result<Authorization, StorageErr> {
        self.judge(counters, delta, false).await
    }

    async fn check_and_update<'a>(
        &self,
        counters: &mut Vec<Counter>,
        delta: u64,
    ) -> Result<Authorization, StorageErr> {
        self.judge(counters, delta, true).await
    }

    // Only Limitador's own administration asks for these.

    async fn get_counters(&self, _: &HashSet<Arc<Limit>>) -> Result<HashSet<Counter>, StorageErr> {
        Ok(HashSet::new())
    }

    async fn delete_counters(&self, _: &HashSet<Arc<Limit>>) -> Result<(), StorageErr> {
        Ok(())
    }

    async fn clear(&self) -> Result<(), StorageErr> {
        Ok(())
    }
}

/// KEYS: counters. ARGV: hits, whether to spend them, and for each counter its maximum and its window in milliseconds.
/// Returns 1 if one of them has not so much left, and the value and the time to live of each before that.
const SCRIPT: &str = "
local hits, over, answer = tonumber(ARGV[1]), 0, {0}
for i, key in ipairs(KEYS) do
  local value = tonumber(redis.call('get', key) or 0)
  if value + hits > tonumber(ARGV[1 + 2 * i]) then over = 1 end
  answer[2 * i] = value
  answer[2 * i + 1] = redis.call('pttl', key)
end
if over == 0 and ARGV[2] == '1' then
  for i, key in ipairs(KEYS) do
    redis.call('incrby', key, hits)
    if answer[2 * i + 1] < 0 then redis.call('pexpire', key, ARGV[2 + 2 * i]) end
  end
end
answer[1] = over
return answer
";
