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
mod tests {
    use std::{sync::Arc, time::Instant};

    use tokio::{sync::broadcast::Receiver, task::AbortHandle};

    use super::*;
    use testing::redis::{OwnCluster, OwnRedis, Prefix};

    fn revision(events: &Events) -> u64 {
        contract::Topic::ALL.iter().map(|topic| events.revision(*topic)).sum()
    }

    struct Node {
        events: Events,
        heard: Receiver<Change>,
        running: AbortHandle,
    }

    impl Node {
        async fn join(url: &str) -> Self {
            let events = Events::default();
            let heard = events.listen();
            let mut feed = Feed::open(url, events.clone()).await.unwrap();
            let mut node = Self { events, heard, running: tokio::spawn(async move { feed.run().await }).abort_handle() };
            node.hears(Change::Elsewhere).await;
            node
        }

        /// Waits for this, whatever else is told; how long it took.
        async fn hears(&mut self, wanted: Change) -> Duration {
            let begun = Instant::now();
            let heard = async { while self.heard.recv().await.unwrap() != wanted {} };
            timeout(Duration::from_secs(15), heard).await.unwrap_or_else(|_| panic!("{wanted:?} was not heard"));
            begun.elapsed()
        }

        /// What was told so far, waited for a moment.
        async fn so_far(&mut self) -> Vec<Change> {
            sleep(Duration::from_millis(200)).await;
            std::iter::from_fn(|| self.heard.try_recv().ok()).collect()
        }
    }

    impl Drop for Node {
        fn drop(&mut self) {
            self.running.abort();
        }
    }

    fn titles(names: &[&str]) -> Change {
        Change::Titles(names.iter().map(ToString::to_string).collect())
    }

    #[tokio::test]
    async fn what_changes_on_one_node_is_seen_by_the_others_within_a_second_and_not_told_back() {
        let place = Prefix::make();
        let (mut here, mut there) = (Node::join(&place.url()).await, Node::join(&place.url()).await);
        tokio::join!(here.so_far(), there.so_far());
        for change in [titles(&["heat", "é\"\n🎬"]), Change::Guests, titles(&[])] {
            let before = revision(&there.events);
            here.events.publish(change.clone());
            assert!(there.hears(change.clone()).await < Duration::from_secs(1));
            assert!(revision(&there.events) > before, "what is kept there is out of date");
            assert_eq!(here.so_far().await, [change], "told once, by itself");
        }
        // What concerns one node alone stays there.
        here.events.publish(Change::CatalogueVisible);
        here.events.publish(Change::Elsewhere);
        assert_eq!(there.so_far().await, []);
        let many: Arc<[String]> = (0..=TITLES).map(|number| number.to_string()).collect();
        here.events.publish(Change::Titles(many));
        there.hears(Change::Elsewhere).await;
    }

    #[tokio::test]
    async fn whoever_follows_a_feed_is_woken_by_what_another_node_writes_and_by_what_was_lost() {
        let place = Prefix::make();
        let (here, there) = (Node::join(&place.url()).await, Node::join(&place.url()).await);
        let (mut lists, other) = (there.events.written("lists"), there.events.written("progress"));
        sleep(Duration::from_millis(300)).await;
        lists.mark_unchanged();
        let before = *other.borrow();
        for _ in 0..3 {
            here.events.wrote("lists");
            timeout(Duration::from_secs(1), lists.changed()).await.unwrap().unwrap();
        }
        assert_eq!(*other.borrow(), before, "another feed's followers sleep on");
        crate::announce(&place.url()).await.unwrap();
        timeout(Duration::from_secs(1), lists.changed()).await.unwrap().unwrap();
        assert!(*other.borrow() > before);
    }

    #[tokio::test]
    async fn a_command_that_wrote_beside_the_servers_tells_them_to_look() {
        let place = Prefix::make();
        let mut node = Node::join(&place.url()).await;
        node.so_far().await;
        crate::announce(&place.url()).await.unwrap();
        assert!(node.hears(Change::Elsewhere).await < Duration::from_secs(1));
    }

    #[tokio::test]
    async fn installations_with_other_prefixes_do_not_hear_each_other() {
        let (place, other) = (Prefix::make(), Prefix::make());
        let (here, mut there) = (Node::join(&place.url()).await, Node::join(&other.url()).await);
        there.so_far().await;
        here.events.publish(Change::Guests);
        assert_eq!(there.so_far().await, []);
    }

    #[tokio::test]
    async fn after_the_server_was_away_everything_is_looked_at_again_and_changes_are_heard_again() {
        let mut server = OwnRedis::start(&[]);
        let (mut here, mut there) = (Node::join(&server.url()).await, Node::join(&server.url()).await);
        tokio::join!(here.so_far(), there.so_far());
        for _ in 0..2 {
            server.kill();
            // Told to nobody: it is made up for.
            here.events.publish(Change::Guests);
            sleep(Duration::from_millis(300)).await;
            server.resume();
            there.hears(Change::Elsewhere).await;
            here.hears(Change::Elsewhere).await;
            tokio::join!(here.so_far(), there.so_far());
            here.events.publish(titles(&["heat"]));
            assert!(there.hears(titles(&["heat"])).await < Duration::from_secs(1));
            there.events.publish(Change::Guests);
            assert!(here.hears(Change::Guests).await < Duration::from_secs(1));
        }
    }

    #[tokio::test]
    async fn a_server_that_hangs_is_noticed_though_nothing_is_said() {
        let server = OwnRedis::start(&[]);
        let mut node = Node::join(&server.url()).await;
        node.so_far().await;
        server.signal("-STOP");
        sleep(PING_EVERY + PATIENCE + Duration::from_millis(500)).await;
        server.signal("-CONT");
        node.hears(Change::Elsewhere).await;
    }

    #[tokio::test]
    async fn nodes_hear_each_other_through_different_servers_of_a_cluster() {
        let cluster = OwnCluster::start();
        let (one, other) = cluster.urls_of_two();
        let (here, mut there) = (Node::join(&one).await, Node::join(&other).await);
        there.so_far().await;
        here.events.publish(titles(&["heat"]));
        assert!(there.hears(titles(&["heat"])).await < Duration::from_secs(1));
    }

    #[test]
    fn what_a_later_version_says_means_that_something_changed() {
        for payload in [r#"{"from":7,"change":"reviews"}"#, r#"{"from":7,"change":"everything","why":1}"#] {
            let message: Message = serde_json::from_str(payload).unwrap();
            assert!(matches!(message.change, WireChange::Unknown | WireChange::Everything), "{payload}");
        }
        let said = Message { from: u64::MAX, change: WireChange::Titles(vec!["heat".into()]) };
        let text = serde_json::to_string(&said).unwrap();
        assert_eq!(text, r#"{"from":18446744073709551615,"change":{"titles":["heat"]}}"#);
        assert_eq!(serde_json::from_str::<Message>(&text).unwrap(), said);
    }
}
