//! Keeps what is derived from reviews at their heels: counts of stars, counts of votes and reports, and the ratings in the catalogue.
//!
//! It reads the change feeds of the reviews and of what is said of them, and keeps how far it came when everything up to there is
//! counted: a kill anywhere only delays. Several nodes may do so at once; what each counts is as good as the others'. Without a
//! position it looks at every review, and at every title that was ever rated. Events only wake it: it looks every second for what
//! nobody told.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use async_trait::async_trait;
use contract::ids::TitleId;
use futures::{StreamExt, TryStreamExt, stream};
use storage::{
    StoreError,
    documents::{
        Change, Collection, Documents, Expect, PAGE_LIMIT,
        feed::{Entry, Position, Since},
        get_readable, parse, update,
    },
    events::Events,
};

use super::{
    reactions::Reactions,
    record::{
        FOLLOWED, FOLLOWED_ID, FollowedRecord, REACTIONS, REACTIONS_FEED, REVIEWS, REVIEWS_FEED, ReactionRecord, ReviewRecord,
        TOTALS,
    },
    totals::Totals,
};
use crate::services::trimming::Trimming;

/// Changes that are read at once.
const AT_ONCE: u32 = 500;
/// Titles that are counted side by side: somebody's import of thousands of ratings holds the others' up for less, because writes that come
/// together cost the disk one sync.
const SIDE_BY_SIDE: usize = 16;
/// How often it looks for what nobody told of.
const LOOK: Duration = Duration::from_secs(1);
/// What is written within this time is counted in one go.
const GATHER: Duration = Duration::from_millis(100);

/// Whoever shows how titles are rated: the catalogue.
#[async_trait]
pub trait RatedTitles: Send + Sync + 'static {
    /// Shows how a title is rated by now. The version of what is shown is read first, then `totals` are asked, and then it is
    /// written onto that version, so that what was asked earlier never replaces what was asked later.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn refresh(&self, title: &TitleId, totals: &Totals) -> Result<(), StoreError>;
}

/// Follows the reviews of one store. Cheap to clone.
#[derive(Clone)]
pub struct Follower {
    store: Arc<dyn Documents>,
    totals: Totals,
    reactions: Reactions,
    titles: Arc<dyn RatedTitles>,
    events: Events,
}

/// The two feeds.
#[derive(Clone, Copy, Debug)]
enum Topic {
    Reviews,
    Reactions,
}

/// How the position that is stored becomes another.
#[derive(Clone, Copy, Debug)]
enum Advance {
    /// To this one, unless another process has come further.
    Forward,
    /// To this one: the one that is there is of a later state of the store, which was put back.
    Replace,
}

impl Topic {
    const fn collection(self) -> &'static Collection {
        match self {
            Self::Reviews => &REVIEWS,
            Self::Reactions => &REACTIONS,
        }
    }

    const fn position(self, followed: &mut FollowedRecord) -> &mut Option<Position> {
        match self {
            Self::Reviews => &mut followed.reviews,
            Self::Reactions => &mut followed.reactions,
        }
    }
}

impl Follower {
    pub(super) fn new(
        store: Arc<dyn Documents>,
        (totals, reactions): (Totals, Reactions),
        titles: Arc<dyn RatedTitles>,
        events: Events,
    ) -> Self {
        Self { store, totals, reactions, titles, events }
    }

    /// Follows for as long as it can.
    ///
    /// # Errors
    /// What a store says; whoever begins again goes on from where it was kept.
    pub async fn run(self) -> Result<(), StoreError> {
        let (mut reviews, mut reactions) = (self.events.written(REVIEWS_FEED), self.events.written(REACTIONS_FEED));
        let mut trimming = Trimming::default();
        loop {
            reviews.mark_unchanged();
            reactions.mark_unchanged();
            StoreError::unless_away(self.catch_up().await)?;
            StoreError::unless_away(self.trim(&mut trimming).await)?;
            tokio::select! {
                _ = reviews.changed() => tokio::time::sleep(GATHER).await,
                _ = reactions.changed() => tokio::time::sleep(GATHER).await,
                () = tokio::time::sleep(LOOK) => {}
            }
        }
    }

    /// Nobody else follows the reactions, and where this follower is all its processes are.
    pub(super) async fn trim(&self, trimming: &mut Trimming) -> Result<(), StoreError> {
        if !trimming.is_due() {
            return Ok(());
        }
        let reactions = self.followed().await?.reactions;
        trimming.trim(reactions, &REACTIONS, &*self.store).await
    }

    /// Where it is in each feed. What cannot be read is counted anew.
    async fn followed(&self) -> Result<FollowedRecord, StoreError> {
        let Some(document) = get_readable(&*self.store, &FOLLOWED, FOLLOWED_ID).await? else {
            return Ok(FollowedRecord::default());
        };
        match parse(&document) {
            Ok(followed) => Ok(followed),
            Err(error) => {
                tracing::error!(%error, "how far reviews are counted cannot be read");
                self.store.delete(&FOLLOWED, FOLLOWED_ID, Expect::Version(document.version)).await?;
                Ok(FollowedRecord::default())
            }
        }
    }

    /// Counts for everything that was written.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn catch_up(&self) -> Result<(), StoreError> {
        let mut followed = self.followed().await?;
        // Reactions first: what they change of reviews is in the reviews' feed by then.
        for topic in [Topic::Reactions, Topic::Reviews] {
            match topic.position(&mut followed).take() {
                Some(position) => self.follow(topic, position).await?,
                None => self.list(topic).await?,
            }
        }
        Ok(())
    }

    async fn follow(&self, topic: Topic, mut position: Position) -> Result<(), StoreError> {
        loop {
            let changes = self.store.changes(topic.collection(), Since::Position(&position), AT_ONCE).await?;
            let Some(changes) = changes else {
                tracing::warn!(?topic, "the change feed is another one: everything is counted anew");
                return self.list(topic).await;
            };
            self.count(topic, &changes.entries).await?;
            if changes.position != position {
                self.keep(topic, &changes.position, Advance::Forward).await?;
            }
            position = changes.position;
            if !changes.more {
                return Ok(());
            }
        }
    }

    /// Counts for every document, and stands where the feed stood when it began.
    async fn list(&self, topic: Topic) -> Result<(), StoreError> {
        let (mut begun, mut last) = (None, String::new());
        loop {
            let changes = self.store.changes(topic.collection(), Since::Listing(&last), AT_ONCE).await?;
            let Some(changes) = changes else {
                return Err(StoreError::Invalid { reason: format!("{topic:?} have no feed") });
            };
            self.count(topic, &changes.entries).await?;
            let begun = begun.get_or_insert(changes.position);
            match changes.entries.last() {
                Some(entry) if changes.more => last.clone_from(&entry.id),
                Some(_) | None => {
                    if matches!(topic, Topic::Reviews) {
                        self.list_totals().await?;
                    }
                    return self.keep(topic, begun, Advance::Replace).await;
                }
            }
        }
    }

    /// Titles whose last review may be gone.
    async fn list_totals(&self) -> Result<(), StoreError> {
        let mut after = None::<String>;
        loop {
            let page = self.store.list(&TOTALS, after.as_deref(), PAGE_LIMIT).await?;
            for document in page.documents {
                if let Ok(title) = document.id.parse() {
                    self.rate(&title).await?;
                }
            }
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(()),
            }
        }
    }

    async fn count(&self, topic: Topic, entries: &[Entry]) -> Result<(), StoreError> {
        match topic {
            Topic::Reviews => {
                let titles: BTreeSet<_> = entries.iter().filter_map(|entry| ReviewRecord::title_of(&entry.id)).collect();
                let rated = stream::iter(titles).map(|title| async move { self.rate(&title).await });
                rated.buffer_unordered(SIDE_BY_SIDE).try_collect::<()>().await?;
            }
            Topic::Reactions => {
                let reviews: BTreeSet<_> = entries.iter().filter_map(|entry| ReactionRecord::review_of(&entry.id)).collect();
                for review in reviews {
                    match self.reactions.recount(&review).await {
                        // It holds nobody else up: what is counted of it is nothing that can be shown.
                        Err(error @ StoreError::Corrupt { .. }) => tracing::error!(%error, "a review cannot be read"),
                        other => other?,
                    }
                }
            }
        }
        Ok(())
    }

    async fn rate(&self, title: &TitleId) -> Result<(), StoreError> {
        // Whoever was faster has counted, too; until nobody is this goes on.
        while let Err(error) = self.totals.recount(title).await {
            match error {
                StoreError::Contended { .. } => tokio::time::sleep(GATHER).await,
                error => return Err(error),
            }
        }
        match self.titles.refresh(title, &self.totals).await {
            Err(error @ StoreError::Corrupt { .. }) => {
                tracing::error!(%error, "a title cannot be read");
                Ok(())
            }
            other => other,
        }
    }

    /// Everything up to here is counted, by this process or another.
    async fn keep(&self, topic: Topic, position: &Position, advance: Advance) -> Result<(), StoreError> {
        let updated = update(&*self.store, &FOLLOWED, FOLLOWED_ID, |stored: Option<FollowedRecord>| {
            let mut followed = stored.unwrap_or_default();
            let there = topic.position(&mut followed);
            let is_behind = there.as_ref().is_some_and(|there| there.feed == position.feed && there.number >= position.number);
            if is_behind && matches!(advance, Advance::Forward) {
                return Ok::<_, StoreError>(Change::Keep);
            }
            *there = Some(position.clone());
            Ok(Change::Put(followed))
        });
        updated.await.map(drop)
    }
}
