//! One shared connection to a Redis or a cluster, that mends itself.
//!
//! Must never keep a caller waiting longer than [`PATIENCE`], and never run anything twice that could do harm twice.

use std::time::Duration;

use redis::{
    Client, Cmd, ErrorKind, ProtocolVersion, RedisError, RedisResult, Script, ServerErrorKind, Value,
    aio::{ConnectionManager, ConnectionManagerConfig},
    cluster::ClusterClient,
    cluster_async::ClusterConnection,
};
use tokio::time::timeout;

use super::Address;
use crate::StoreError;

/// How long a caller waits at most for an answer, attempts included.
const PATIENCE: Duration = Duration::from_secs(4);
const TO_CONNECT: Duration = Duration::from_secs(2);
/// Of one server of a cluster; then another is asked where it is.
const TO_ANSWER: Duration = Duration::from_secs(3);
/// Requests that may wait to be sent. Beyond that, callers wait.
const QUEUE: usize = 1024;

/// Requests of many tasks over one connection per server. Cheap to clone.
#[derive(Clone)]
pub enum Connection {
    One(ConnectionManager),
    Cluster(ClusterConnection),
}

/// A Lua script, known to the server by its hash.
pub struct Prepared {
    code: &'static str,
    hash: String,
}

impl Prepared {
    /// Takes a script; it reaches the server when it is first asked for.
    pub fn new(code: &'static str) -> Self {
        Self { code, hash: Script::new(code).get_hash().to_owned() }
    }
}

impl Connection {
    /// Connects, or says at once why not.
    ///
    /// # Errors
    /// What the server or the network says.
    pub async fn open(address: &Address) -> RedisResult<Self> {
        let opening = async {
            match address.cluster {
                true => cluster(address).await.map(Self::Cluster),
                false => one(address).await.map(Self::One),
            }
        };
        timeout(PATIENCE, opening).await.unwrap_or_else(|_| Err(too_slow()))
    }

    /// Asks something that may be asked again where the connection broke, because asking twice is as good as once.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], within [`PATIENCE`].
    pub async fn ask(&self, command: &Cmd) -> Result<Value, StoreError> {
        self.within(self.send(command, true)).await.map_err(|error| failure(&error))
    }

    /// Asks something that is not asked again where the connection broke after it was sent.
    ///
    /// # Errors
    /// As [`Connection::ask`]. What was asked may have happened all the same.
    pub async fn ask_once(&self, command: &Cmd) -> Result<Value, StoreError> {
        self.within(self.send(command, false)).await.map_err(|error| failure(&error))
    }

    /// Runs a script on `keys`, all of one slot. Where the connection breaks meanwhile, it is asked again only if
    /// `repeatable`.
    ///
    /// # Errors
    /// As [`Connection::ask`]. What was asked may have happened all the same.
    pub async fn run(
        &self,
        script: &Prepared,
        keys: &[&String],
        arguments: &[&[u8]],
        repeatable: bool,
    ) -> Result<Value, StoreError> {
        let command = |name: &str, code: &str| {
            let mut command = redis::cmd(name);
            command.arg(code).arg(keys.len()).arg(keys).arg(arguments);
            command
        };
        let asked = async {
            match self.send(&command("EVALSHA", &script.hash), repeatable).await {
                // It was never seen here, or the server was restarted.
                Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::NoScript) => {
                    self.send(&command("EVAL", script.code), repeatable).await
                }
                outcome => outcome,
            }
        };
        self.within(asked).await.map_err(|error| failure(&error))
    }

    async fn within(&self, asked: impl Future<Output = RedisResult<Value>>) -> RedisResult<Value> {
        timeout(PATIENCE, asked).await.unwrap_or_else(|_| Err(too_slow()))
    }

    async fn send(&self, command: &Cmd, repeatable: bool) -> RedisResult<Value> {
        match self.send_once(command).await {
            // What was never sent can be sent again; so can what may be asked twice.
            Err(error) if error.is_connection_refusal() || (repeatable && error.is_connection_dropped()) => {
                self.send_once(command).await
            }
            outcome => outcome,
        }
    }

    async fn send_once(&self, command: &Cmd) -> RedisResult<Value> {
        match self {
            Self::One(connection) => command.query_async(&mut connection.clone()).await,
            Self::Cluster(connection) => command.query_async(&mut connection.clone()).await,
        }
    }
}

async fn one(address: &Address) -> RedisResult<ConnectionManager> {
    let Some(node) = address.nodes.first().cloned() else {
        return Err((ErrorKind::InvalidClientConfig, "no host").into());
    };
    let client = match address.authority.clone() {
        Some(authority) => Client::build_with_tls(node, authority)?,
        None => Client::open(node)?,
    };
    // Callers wait for a new connection; one that fails is tried again by the next of them, not by a long loop here.
    let config = ConnectionManagerConfig::new()
        .set_number_of_retries(1)
        .set_min_delay(Duration::from_millis(50))
        .set_max_delay(Duration::from_millis(200))
        .set_connection_timeout(Some(TO_CONNECT))
        // Callers stop waiting by themselves: one timer each is enough.
        .set_response_timeout(None)
        .set_pipeline_buffer_size(QUEUE);
    ConnectionManager::new_with_config(client, config).await
}

async fn cluster(address: &Address) -> RedisResult<ClusterConnection> {
    let mut builder = ClusterClient::builder(address.nodes.clone())
        .use_protocol(ProtocolVersion::RESP3)
        .connection_timeout(TO_CONNECT)
        .response_timeout(TO_ANSWER)
        .overall_response_timeout(Some(PATIENCE))
        .retries(4)
        .min_retry_wait(20)
        .max_retry_wait(500);
    if let Some(node) = address.nodes.first() {
        builder = builder.tcp_settings(node.tcp_settings().clone());
    }
    if let Some(authority) = address.authority.clone() {
        builder = builder.certs(authority);
    }
    builder.build()?.get_async_connection().await
}

/// What the caller of a store is told. Redis's own words name addresses and causes, never a password.
pub fn failure(error: &RedisError) -> StoreError {
    StoreError::Unavailable { reason: error.to_string() }
}

fn too_slow() -> RedisError {
    RedisError::from(std::io::Error::from(std::io::ErrorKind::TimedOut))
}
