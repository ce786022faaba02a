//! A member's own rows of the home page: asked of discovery, and written of faces of cards that are kept.
//!
//! A face is the same for everybody who is shown the card, so that one is drawn when it is first shown, and again when the card
//! is another. Must never ask for whoever has nothing stored: their page is everybody's.

use std::{sync::Arc, time::Duration};

use app::{
    parts::own_rows::rendered::{OwnRows, face},
    store::State,
};
use contract::{
    DispatchExt,
    catalog::TitleCard,
    discovery::{GetMyRows, MyRow},
    ids::TitleId,
};
use moka::sync::Cache;

use crate::context::RequestContext;

/// Bytes of faces kept at most: each takes about a thousand.
const CAPACITY: u64 = 16 * 1024 * 1024;
/// How long a page waits for them.
const PATIENCE: Duration = Duration::from_secs(1);

/// A card, and how it is written.
#[derive(Clone)]
struct Face {
    card: Arc<TitleCard>,
    html: Arc<str>,
}

/// By title, and whether it is on the first screen.
pub struct Faces(Cache<(TitleId, bool), Face>);

impl Default for Faces {
    fn default() -> Self {
        let weigh = |_: &_, face: &Face| u32::try_from(face.html.len() + size_of::<TitleCard>()).unwrap_or(u32::MAX);
        Self(Cache::builder().max_capacity(CAPACITY).weigher(weigh).build())
    }
}

impl Faces {
    /// The rows as a page has them.
    pub fn write(&self, rows: &[MyRow], state: &State) -> OwnRows {
        OwnRows::of(rows, state, |card, is_first| self.face(card, is_first))
    }

    fn face(&self, card: &TitleCard, is_first: bool) -> Arc<str> {
        let key = (card.id.clone(), is_first);
        if let Some(kept) = self.0.get(&key).filter(|kept| *kept.card == *card) {
            return kept.html;
        }
        let html = face(card, is_first);
        self.0.insert(key, Face { card: Arc::new(card.clone()), html: Arc::clone(&html) });
        html
    }
}

/// The rows of whoever asked. A page is whole without them: where they are refused, fail or take long there are none, and the page asks
/// for them itself.
pub async fn rows_of(context: &RequestContext) -> Vec<MyRow> {
    if context.viewer.is_new {
        return Vec::new();
    }
    let answer = tokio::time::timeout(PATIENCE, context.send(GetMyRows {})).await;
    answer.ok().and_then(Result::ok).map(|answer| answer.rows).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use contract::{
        Problem,
        discovery::{MyRows, Recommendation, RowAbout, Why},
    };
    use serde_json::json;
    use storage::events::Events;
    use tokio::time::{Instant, sleep};

    use super::*;
    use crate::{
        context::Viewer,
        mount::{Dispatcher, Mount},
    };

    fn rows(title: &str) -> Vec<MyRow> {
        let card = json!({ "id": "a", "title": title, "genres": [], "artwork": { "poster": "/p", "colour": "#000000" } });
        let items = vec![Recommendation { card: serde_json::from_value(card).unwrap(), why: Why::Popular }];
        vec![MyRow { key: "new".into(), about: RowAbout::New, items }]
    }

    #[test]
    fn a_card_that_is_another_by_now_is_written_anew() {
        let faces = Faces::default();
        let written = |title: &str| faces.write(&rows(title), &State::default()).0.as_str().to_owned();
        assert!(written("Before").contains("Before"));
        assert!(written("After").contains("After"));
        assert!(!written("After").contains("Before"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_page_waits_a_second_for_rows_and_goes_without_them() {
        for (takes, told) in [(0, 1), (900, 1), (1_100, 0), (60_000, 0)] {
            let dispatcher = Dispatcher::default();
            let mut mount = Mount::new(dispatcher.clone(), Events::default());
            mount.call(move |_, _: GetMyRows| async move {
                sleep(Duration::from_millis(takes)).await;
                Ok::<_, Problem>(MyRows { is_on: true, rows: rows("One") })
            });
            mount.finish();
            let viewer = Viewer::guest("p".parse().unwrap(), false, Arc::default());
            let begun = Instant::now();
            assert_eq!(rows_of(&RequestContext::of(viewer, dispatcher)).await.len(), told, "{takes}");
            assert!(begun.elapsed() <= Duration::from_millis(1_001), "{takes}: {:?}", begun.elapsed());
        }
    }
}
