//! The change feed between nodes, over Redis.
//!
//! Redis forgets what it has passed on. So whenever a node joins, or joins again after the connection broke, it and all
//! others look at everything again; and each does so once a minute, because another may have died between its write
//! and its word. Must never tell a node what it said itself.

use std::time::Duration;

use futures::StreamExt;
use redis::{
    AsyncConnectionConfig, Client, ConnectionInfo, ProtocolVersion, RedisError, RedisResult,
    aio::{MultiplexedConnection, PubSub},
};
use serde::{Deserialize, Serialize};
use tokio::{
    sync::mpsc,
    time::{MissedTickBehavior, interval, sleep, timeout},
};

use super::{Change, Events, Outward};
use crate::redis::{Address, AddressError};

/// What waits to be told while the server is away.
const QUEUE: usize = 1024;
/// Titles that one message names; where there are more, everything is looked at.
const TITLES: usize = 200;
const PATIENCE: Duration = Duration::from_secs(2);
/// How often a connection on which nothing is said is tried.
const PING_EVERY: Duration = Duration::from_secs(5);
/// How often everything is looked at, whatever was told.
const ANYWAY: Duration = Duration::from_secs(60);
/// The first and the longest wait before a broken connection is made again.
const WAITS: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(5));

/// Why nodes cannot hear each other.
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    #[error(transparent)]
    Address(#[from] AddressError),
    #[error("{hosts} cannot be used: {reason}")]
    Unreachable { hosts: String, reason: String },
}

/// What goes over the wire, as JSON.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Message {
    /// The node that says it.
    from: u64,
    change: WireChange,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum WireChange {
    Titles(Vec<String>),
    Guests,
    /// Documents of this feed were written.
    Written(String),
    Everything,
    /// What a later version says: as good as everything.
    #[serde(other)]
    Unknown,
}

impl WireChange {
    fn of(change: Change) -> Self {
        match change {
            Change::Titles(titles) if titles.len() <= TITLES => Self::Titles(titles.to_vec()),
            Change::Guests => Self::Guests,
            Change::Titles(_) | Change::Elsewhere | Change::CatalogueVisible => Self::Everything,
        }
    }

    /// Tells it to this node.
    fn tell(self, events: &Events) {
        match self {
            Self::Titles(titles) => events.tell(Change::Titles(titles.into())),
            Self::Guests => events.tell(Change::Guests),
            Self::Written(feed) => events.written.note_named(&feed),
            Self::Everything | Self::Unknown => events.tell(Change::Elsewhere),
        }
    }
}

/// This node among those that tell each other what changed.
pub struct Feed {
    events: Events,
    outbox: mpsc::Receiver<Outward>,
    address: Address,
    channel: String,
    node: u64,
    link: Link,
}

/// Two connections: one that only listens, as Redis wants it, and one that talks.
struct Link {
    subscriber: PubSub,
    publisher: MultiplexedConnection,
}

/// What a feed waits for.
enum Next {
    Received(RedisResult<Vec<u8>>),
    Said(Outward),
    Silence,
    Anyway,
}

impl Feed {
    /// Connects, and joins: from now on, what `events` are told is told to others, and the other way round as soon as
    /// this runs.
    ///
    /// # Errors
    /// [`FeedError`]
    pub async fn open(url: &str, events: Events) -> Result<Self, FeedError> {
        let address = Address::parse(url)?;
        let channel = format!("{}:events", address.prefix);
        let link = connect(&address, &channel).await;
        let unreachable = |error: RedisError| FeedError::Unreachable { hosts: address.hosts(), reason: error.to_string() };
        let link = link.map_err(unreachable)?;
        let (outward, outbox) = mpsc::channel(QUEUE);
        // Whoever joins twice is told twice, which is allowed.
        let _ = events.outward.set(outward);
        Ok(Self { events, outbox, address, channel, node: rand::random(), link })
    }

    /// Tells the others once that something changed, and leaves.
    ///
    /// # Errors
    /// [`FeedError::Unreachable`]
    pub async fn announce(mut self) -> Result<(), FeedError> {
        let told = self.tell(WireChange::Everything).await;
        told.map_err(|error| FeedError::Unreachable { hosts: self.address.hosts(), reason: error.to_string() })
    }

    /// Tells and is told until this is dropped.
    pub async fn run(&mut self) {
        loop {
            // What waits is covered by this, and so is what was lost.
            while let Ok(said) = self.outbox.try_recv() {
                self.sending(&said);
            }
            self.events.tell(Change::Elsewhere);
            let error = match self.tell(WireChange::Everything).await {
                Ok(()) => self.pass_on().await,
                Err(error) => error,
            };
            tracing::warn!(%error, "other nodes are not heard; what changes there is seen later");
            self.join_again().await;
            tracing::info!("other nodes are heard again");
        }
    }

    /// Tells and is told until the connection breaks.
    async fn pass_on(&mut self) -> RedisError {
        let mut silence = interval(PING_EVERY);
        silence.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut anyway = interval(ANYWAY);
        // The first tick of each is at once.
        anyway.tick().await;
        loop {
            let next = tokio::select! {
                received = receive(&mut self.link.subscriber) => Next::Received(received),
                Some(said) = self.outbox.recv() => Next::Said(said),
                _ = silence.tick() => Next::Silence,
                _ = anyway.tick() => Next::Anyway,
            };
            let outcome = match next {
                Next::Received(payload) => payload.map(|payload| self.take(&payload)),
                Next::Said(said) => self.say(said).await,
                Next::Silence => self.try_both().await,
                Next::Anyway => {
                    self.events.tell(Change::Elsewhere);
                    Ok(())
                }
            };
            if let Err(error) = outcome {
                return error;
            }
        }
    }

    async fn say(&mut self, said: Outward) -> RedisResult<()> {
        self.sending(&said);
        self.tell(match said {
            Outward::Changed(change) => WireChange::of(change),
            Outward::Wrote(feed) => WireChange::Written(feed.to_owned()),
        })
        .await
    }

    /// What is written from now on is told anew.
    fn sending(&self, said: &Outward) {
        match said {
            Outward::Wrote(feed) => self.events.written.unqueue(feed),
            Outward::Changed(_) => {}
        }
    }

    async fn tell(&mut self, change: WireChange) -> RedisResult<()> {
        let message = Message { from: self.node, change };
        let payload = serde_json::to_vec(&message).map_err(std::io::Error::other)?;
        let mut command = redis::cmd("PUBLISH");
        command.arg(&self.channel).arg(payload);
        within(command.exec_async(&mut self.link.publisher)).await
    }

    fn take(&self, payload: &[u8]) {
        // What cannot be read was said by a later version: something changed.
        let message = serde_json::from_slice(payload).unwrap_or(Message { from: 0, change: WireChange::Unknown });
        if message.from != self.node {
            message.change.tell(&self.events);
        }
    }

    async fn try_both(&mut self) -> RedisResult<()> {
        within(self.link.subscriber.ping::<redis::Value>()).await?;
        within(redis::cmd("PING").exec_async(&mut self.link.publisher)).await
    }

    async fn join_again(&mut self) {
        let (mut wait, longest) = WAITS;
        loop {
            // Many nodes lose the same server at the same moment.
            sleep(wait.mul_f64(rand::random_range(0.5..1.0))).await;
            match connect(&self.address, &self.channel).await {
                Ok(link) => {
                    self.link = link;
                    return;
                }
                Err(error) => tracing::debug!(%error, "the change feed's server is away"),
            }
            wait = (wait * 2).min(longest);
        }
    }
}

async fn receive(subscriber: &mut PubSub) -> RedisResult<Vec<u8>> {
    match subscriber.on_message().next().await {
        Some(message) => Ok(message.get_payload_bytes().to_vec()),
        None => Err(std::io::Error::from(std::io::ErrorKind::ConnectionAborted).into()),
    }
}

/// To the first server that answers: in a cluster, each passes on to all others.
async fn connect(address: &Address, channel: &str) -> RedisResult<Link> {
    let mut last = RedisError::from(std::io::Error::from(std::io::ErrorKind::NotFound));
    for node in &address.nodes {
        match within(link(address, node.clone(), channel)).await {
            Ok(link) => return Ok(link),
            Err(error) => last = error,
        }
    }
    Err(last)
}

async fn link(address: &Address, node: ConnectionInfo, channel: &str) -> RedisResult<Link> {
    // A connection that only listens speaks the older protocol.
    let settings = node.redis_settings().clone().set_protocol(ProtocolVersion::RESP2);
    let node = node.set_redis_settings(settings);
    let client = match address.authority.clone() {
        Some(authority) => Client::build_with_tls(node, authority)?,
        None => Client::open(node)?,
    };
    let mut subscriber = client.get_async_pubsub().await?;
    subscriber.subscribe(channel).await?;
    let config = AsyncConnectionConfig::new().set_connection_timeout(Some(PATIENCE)).set_response_timeout(Some(PATIENCE));
    let publisher = client.get_multiplexed_async_connection_with_config(&config).await?;
    Ok(Link { subscriber, publisher })
}

async fn within<T>(asked: impl Future<Output = RedisResult<T>>) -> RedisResult<T> {
    let too_slow = || RedisError::from(std::io::Error::from(std::io::ErrorKind::TimedOut));
    timeout(PATIENCE, asked).await.unwrap_or_else(|_| Err(too_slow()))
}

#[cfg(test)]
mod tests;
