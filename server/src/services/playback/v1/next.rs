//! What is offered when a film ends, and whether it begins by itself.
//!
//! Of what can be watched: first what is new to the profile, then what it has watched; never what it said is not for it. Must never
//! have begin by itself what it has watched or played a moment ago, nor where that is not known; nor keep a film from being played: what
//! fails or takes long leads to less here.

use std::{collections::HashSet, time::Duration};

use contract::{
    DispatchExt, Problem,
    authorization::Right,
    catalog::{ListSimilarTitles, ListTitles, TitleCard},
    discovery::ListUnwantedTitles,
    ids::TitleId,
    library::ListWatchedTitles,
};
use futures::future::try_join;

use super::super::record::SessionRecord;
use crate::context::RequestContext;

/// How long a film that is to begin waits for what is known of the next one.
const PATIENCE: Duration = Duration::from_secs(1);
/// Films of one sitting that are remembered.
const REMEMBERED: usize = 32;
/// Titles that are looked through where nothing that is alike is new: as many as may be asked of at once.
const FOLLOWING: u8 = 100;

/// A film to offer.
#[derive(Clone, Debug, PartialEq)]
pub struct Next {
    pub card: TitleCard,
    /// Whether it may begin by itself.
    pub starts: bool,
}

/// What a profile says of titles.
#[derive(Debug, Default)]
struct Marks {
    watched: HashSet<TitleId>,
    unwanted: HashSet<TitleId>,
}

/// The best of some titles.
#[derive(Debug)]
enum Best {
    New(TitleCard),
    Watched(TitleCard),
    /// What the profile says of it is not known.
    Unknown(TitleCard),
    Nothing,
}

impl Best {
    fn offered(self) -> Option<Next> {
        match self {
            Self::New(card) => Some(Next { card, starts: true }),
            Self::Watched(card) | Self::Unknown(card) => Some(Next { card, starts: false }),
            Self::Nothing => None,
        }
    }
}

/// What to offer after `title`: of what is like it, else of what follows it among all that can be watched. `played` is what was
/// played one after the other up to it, which nothing else may know of: a profile without a history would be led round in circles.
pub async fn find(context: &RequestContext, title: &TitleId, played: &[TitleId]) -> Option<Next> {
    let similar = context.send(ListSimilarTitles { id: title.clone() }).await;
    let similar = similar.inspect_err(|problem| tracing::debug!(%problem, "similar titles")).unwrap_or_default();
    let alike = best(context, watchable(title, similar), played).await;
    if matches!(alike, Best::New(_) | Best::Unknown(_)) {
        return alike.offered();
    }
    let others = best(context, following(context, title).await, played).await;
    if matches!((&others, &alike), (Best::New(_), _) | (_, Best::Nothing)) { others.offered() } else { alike.offered() }
}

/// What was played one after the other before `title`, whose session takes the place of `before`: the latest last.
pub fn played(before: Option<SessionRecord>, title: &TitleId) -> Vec<TitleId> {
    let Some(SessionRecord { title: last, mut played, .. }) = before else { return Vec::new() };
    played.push(last);
    // Of a film that goes on in another session only what was before it.
    let mut seen = HashSet::from([title.clone()]);
    played.reverse();
    played.retain(|one| seen.insert(one.clone()));
    played.truncate(REMEMBERED);
    played.reverse();
    played
}

fn watchable(title: &TitleId, cards: Vec<TitleCard>) -> Vec<TitleCard> {
    cards.into_iter().filter(|card| card.video.is_some() && card.id != *title).collect()
}

/// What can be watched, from what follows `title` in its order on, and round again.
async fn following(context: &RequestContext, title: &TitleId) -> Vec<TitleCard> {
    let page = context.send(ListTitles { watchable: Some(true), limit: Some(FOLLOWING), ..ListTitles::default() }).await;
    let page = page.inspect_err(|problem| tracing::debug!(%problem, "watchable titles"));
    let mut cards = page.map(|page| page.items).unwrap_or_default();
    let after = cards.iter().position(|card| card.id == *title).map_or(0, |at| at + 1);
    cards.rotate_left(after);
    watchable(title, cards)
}

/// The first that is new to the profile, else the first that it has watched.
async fn best(context: &RequestContext, mut cards: Vec<TitleCard>, played: &[TitleId]) -> Best {
    if cards.is_empty() {
        return Best::Nothing;
    }
    let Some(Marks { watched, unwanted }) = marks(context, &cards).await else {
        let first = cards.iter().position(|card| !played.contains(&card.id)).unwrap_or(0);
        return Best::Unknown(cards.swap_remove(first));
    };
    cards.retain(|card| !unwanted.contains(&card.id));
    let is_new = |card: &TitleCard| !watched.contains(&card.id) && !played.contains(&card.id);
    match cards.iter().position(is_new) {
        Some(new) => Best::New(cards.swap_remove(new)),
        None => cards.into_iter().next().map_or(Best::Nothing, Best::Watched),
    }
}

/// What the profile says of these titles, by one question of each kind; nothing where one failed or was not answered in time.
async fn marks(context: &RequestContext, cards: &[TitleCard]) -> Option<Marks> {
    let viewer = &context.viewer;
    if viewer.is_new {
        return Some(Marks::default());
    }
    let ids = || cards.iter().map(|card| card.id.clone()).collect::<Vec<_>>();
    let watched = async { Ok::<_, Problem>(context.send(ListWatchedTitles { ids: ids() }).await?.ids) };
    let unwanted = async {
        // Without recommendations there is nothing to say it of.
        match viewer.authorization.grants(Right::Recommendations) {
            true => Ok::<_, Problem>(context.send(ListUnwantedTitles { ids: ids() }).await?.ids),
            false => Ok(Vec::new()),
        }
    };
    match tokio::time::timeout(PATIENCE, try_join(watched, unwanted)).await {
        Ok(Ok((watched, unwanted))) => {
            Some(Marks { watched: watched.into_iter().collect(), unwanted: unwanted.into_iter().collect() })
        }
        Ok(Err(problem)) => {
            tracing::debug!(%problem, "what is known of the next film");
            None
        }
        Err(_) => {
            tracing::debug!("what is known of the next film takes long");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    };

    use contract::{
        Code,
        authorization::Authorization,
        catalog::{Facets, TitlePage, VideoFacts},
        discovery::UnwantedTitles,
        library::WatchedTitles,
    };
    use storage::events::Events;

    use super::*;
    use crate::{
        context::Viewer,
        mount::{Dispatcher, Mount},
        services::{cards::bare_card, playback::fixture},
    };

    /// What there is besides the film that plays.
    #[derive(Clone, Default)]
    struct World {
        alike: &'static [&'static str],
        following: &'static [&'static str],
        watched: &'static [&'static str],
        unwanted: &'static [&'static str],
        played: &'static [&'static str],
        history: Answers,
        refusals: Answers,
        authorization: Authorization,
        /// Questions of what the profile says of titles.
        asked: Arc<AtomicU32>,
    }

    #[derive(Clone, Copy, Debug, Default, PartialEq)]
    enum Answers {
        #[default]
        Well,
        Fails,
        Never,
    }

    impl Answers {
        async fn give(self, ids: Vec<TitleId>, those: &[&str]) -> Result<Vec<TitleId>, Problem> {
            match self {
                Self::Well => Ok(ids.into_iter().filter(|id| those.contains(&id.as_str())).collect()),
                Self::Fails => Err(Problem::new(Code::Unreachable)),
                Self::Never => std::future::pending().await,
            }
        }
    }

    fn cards(ids: &[&str]) -> Vec<TitleCard> {
        let card = |id: &&str| TitleCard { video: Some(VideoFacts::default()), ..bare_card(id.parse().unwrap()) };
        ids.iter().map(card).collect()
    }

    impl World {
        /// What is offered after the film `now`, and whether it begins by itself.
        async fn next(&self) -> Option<(String, bool)> {
            let dispatcher = Dispatcher::default();
            let mut mount = Mount::new(dispatcher.clone(), Events::default());
            let Self { alike, following, watched, unwanted, history, refusals, .. } = self.clone();
            mount.call(move |_, _: ListSimilarTitles| async move { Ok(cards(alike)) });
            mount.call(move |_, _: ListTitles| async move {
                Ok(TitlePage { items: cards(following), total: 0, next: None, facets: Facets::default() })
            });
            let asked = Arc::clone(&self.asked);
            mount.call(move |_, call: ListWatchedTitles| {
                asked.fetch_add(1, Ordering::Relaxed);
                async move { Ok(WatchedTitles { ids: history.give(call.ids, watched).await? }) }
            });
            let asked = Arc::clone(&self.asked);
            mount.call(move |_, call: ListUnwantedTitles| {
                asked.fetch_add(1, Ordering::Relaxed);
                async move { Ok(UnwantedTitles { ids: refusals.give(call.ids, unwanted).await? }) }
            });
            drop(mount.finish());
            let viewer = Viewer::guest("p1".parse().unwrap(), false, Arc::new(self.authorization.clone()));
            let context = RequestContext::of(viewer, dispatcher);
            let played: Vec<TitleId> = self.played.iter().map(|id| id.parse().unwrap()).collect();
            let next = find(&context, &"now".parse().unwrap(), &played).await?;
            Some((next.card.id.to_string(), next.starts))
        }
    }

    fn told(id: &str, starts: bool) -> Option<(String, bool)> {
        Some((id.to_owned(), starts))
    }

    #[tokio::test]
    async fn what_is_new_comes_before_what_was_watched_and_what_is_not_wanted_never() {
        let world = World { alike: &["a", "b"], following: &["c", "now", "d"], ..World::default() };
        assert_eq!(world.next().await, told("a", true));
        assert_eq!(world.asked.load(Ordering::Relaxed), 2, "one question of each kind");
        let world = World { watched: &["a"], ..world };
        assert_eq!(world.next().await, told("b", true));
        let world = World { unwanted: &["b"], ..world };
        assert_eq!(world.next().await, told("d", true), "what follows it in the order");
        let world = World { played: &["d"], ..world };
        assert_eq!(world.next().await, told("c", true), "round again");
        let world = World { watched: &["a", "c"], ..world };
        assert_eq!(world.next().await, told("a", false), "nothing is new: offered, and not begun");
        let world = World { unwanted: &["a", "b", "c", "d"], ..world };
        assert_eq!(world.next().await, None);
    }

    #[tokio::test(start_paused = true)]
    async fn where_the_history_or_the_refusals_are_not_told_the_next_film_is_offered_and_not_begun() {
        for (history, refusals) in
            [(Answers::Fails, Answers::Well), (Answers::Well, Answers::Fails), (Answers::Never, Answers::Well)]
        {
            let world = World { alike: &["a", "b"], played: &["a"], history, refusals, ..World::default() };
            let began = tokio::time::Instant::now();
            assert_eq!(world.next().await, told("b", false), "{history:?} {refusals:?}");
            assert!(began.elapsed() <= PATIENCE, "{history:?} {refusals:?}");
        }
    }

    #[tokio::test]
    async fn whoever_has_no_recommendations_is_asked_for_no_refusals() {
        let authorization = Authorization { gets_recommendations: false, ..Authorization::default() };
        let world = World { alike: &["a"], refusals: Answers::Fails, authorization, ..World::default() };
        assert_eq!(world.next().await, told("a", true));
        assert_eq!(world.asked.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn what_was_played_in_one_sitting_is_known_once_each_and_never_without_end() {
        let title = |id: &str| id.parse::<TitleId>().unwrap();
        let after = |record: SessionRecord, id: &str| SessionRecord {
            title: title(id),
            played: played(Some(record), &title(id)),
            ..fixture::session()
        };
        let first = SessionRecord { title: title("a"), ..fixture::session() };
        assert!(played(None, &title("a")).is_empty());
        let third = after(after(first, "b"), "c");
        assert_eq!(third.played, [title("a"), title("b")]);
        assert_eq!(after(third.clone(), "c").played, [title("a"), title("b")], "in another session");
        assert_eq!(after(third, "a").played, [title("b"), title("c")]);
        let long = (0..100).fold(fixture::session(), |record, at| after(record, &format!("t{at}")));
        assert_eq!((long.played.len(), long.played.last()), (REMEMBERED, Some(&title("t98"))));
    }
}
