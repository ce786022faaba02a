//! "Not for me": titles, genres, people and reasons that a profile is recommended nothing of.
//!
//! One that cannot be read says nothing of what it was of: the others hold, and it is said anew.

use std::collections::{HashMap, HashSet};

use contract::{
    Code, Problem,
    catalog::TitleCard,
    discovery::{Hidden, HiddenKind, HideRecommendation, ListHidden, ListUnwantedTitles, RestoreRecommendation, UnwantedTitles},
    ids::{ProfileId, TitleId},
};
use recommender::content::Reason;
use serde_json::Map;
use storage::{
    StoreError,
    documents::{Change, Direction, Expect, Find, PAGE_LIMIT, Write, delete_all, delete_unchanged},
};

use super::{
    Recommendations,
    record::{HIDDEN, HIDDEN_BY_PROFILE, HIDDEN_BY_TITLE, HIDDEN_OF_PROFILE, HiddenRecord},
};
use crate::{
    context::{RequestContext, Viewer},
    services::{
        cards::{shown_card, shown_cards},
        readable::{readable, update_readable},
    },
};

/// What one profile may say it to.
const AT_MOST: u64 = 500;

/// What a profile does not want, as it is asked for each title.
#[derive(Debug, Default)]
pub struct Unwanted {
    pub titles: HashSet<String>,
    pub because: HashSet<String>,
    /// Numbers of genres and people.
    pub reasons: HashSet<u32>,
}

impl Unwanted {
    /// Whether it is this title or of one of these genres; of people a card says nothing.
    pub fn is_card_out(&self, card: &TitleCard) -> bool {
        self.titles.contains(card.id.as_str())
            || card.genres.iter().any(|genre| self.reasons.contains(&Reason::Genre(genre).number()))
    }
}

impl Recommendations {
    pub(super) async fn hide(&self, context: RequestContext, call: HideRecommendation) -> Result<(), Problem> {
        let (viewer, HideRecommendation { kind, of }) = (&context.viewer, call);
        self.check_life(viewer).await?;
        let title = match kind {
            HiddenKind::Title | HiddenKind::Because => Some(existing(&context, &of).await?),
            HiddenKind::Genre | HiddenKind::Person => None,
        };
        let id = HiddenRecord::id(&viewer.profile, kind, &of);
        if self.documents.get(&HIDDEN, &id).await?.is_none()
            && self.documents.count_found(&HIDDEN, of_profile(&viewer.profile, 1)).await? >= AT_MOST
        {
            return Err(too_many());
        }
        let mut is_new = false;
        let now = self.clock.millis();
        let hidden = update_readable(&*self.documents, &HIDDEN, &id, |stored: Option<HiddenRecord>| {
            is_new = stored.is_none();
            Ok(match stored {
                Some(_) => Change::Keep,
                None => Change::Put(HiddenRecord {
                    profile: viewer.profile.clone(),
                    kind,
                    of: of.clone(),
                    title: title.clone(),
                    since: now,
                    guest_updated: viewer.member.is_none().then_some(now),
                    unknown: Map::new(),
                }),
            })
        });
        let version = hidden.await?.version;
        // Others were hidden at the same time.
        if is_new && self.documents.count_found(&HIDDEN, of_profile(&viewer.profile, 1)).await? > AT_MOST {
            delete_unchanged(&*self.documents, &HIDDEN, (&id, version)).await?;
            return Err(too_many());
        }
        self.picks.forget(&viewer.profile);
        Ok(())
    }

    pub(super) async fn restore(&self, context: RequestContext, call: RestoreRecommendation) -> Result<(), Problem> {
        let id = HiddenRecord::id(&context.viewer.profile, call.kind, &call.of);
        self.documents.delete(&HIDDEN, &id, Expect::Anything).await?;
        self.picks.forget(&context.viewer.profile);
        Ok(())
    }

    pub(super) async fn list_hidden(&self, context: RequestContext, _: ListHidden) -> Result<Vec<Hidden>, Problem> {
        let records = self.hidden(&context.viewer).await?;
        let ids: Vec<TitleId> = records.iter().filter_map(|record| record.title.clone()).collect();
        let cards = shown_cards(&context, &ids).await?;
        let told = |record: HiddenRecord| {
            let card = record.title.as_ref().and_then(|title| cards.get(title));
            Hidden { kind: record.kind, of: record.of, title: card.map(|card| card.title.clone()), since: record.since }
        };
        Ok(records.into_iter().map(told).collect())
    }

    /// Cards are asked for only where a genre or a person is unwanted: they say what is of a genre. The model knows of people, too, of
    /// titles that it was trained on.
    pub(super) async fn list_unwanted(
        &self,
        context: RequestContext,
        call: ListUnwantedTitles,
    ) -> Result<UnwantedTitles, Problem> {
        let unwanted = self.unwanted(&context.viewer).await?;
        let has_reasons = !unwanted.reasons.is_empty();
        let cards = if has_reasons { shown_cards(&context, &call.ids).await? } else { HashMap::new() };
        let model = self.model();
        let is_known_for = |id: &TitleId| {
            let title = model.number(id.as_str()).and_then(|number| model.title(number));
            has_reasons && title.is_some_and(|title| title.reasons.iter().any(|reason| unwanted.reasons.contains(reason)))
        };
        let is_out = |id: &TitleId| {
            unwanted.titles.contains(id.as_str())
                || cards.get(id).is_some_and(|card| unwanted.is_card_out(card))
                || is_known_for(id)
        };
        Ok(UnwantedTitles { ids: call.ids.into_iter().filter(is_out).collect() })
    }

    async fn hidden(&self, viewer: &Viewer) -> Result<Vec<HiddenRecord>, StoreError> {
        if viewer.is_new {
            return Ok(Vec::new());
        }
        let found = self.documents.find(&HIDDEN, of_profile(&viewer.profile, PAGE_LIMIT)).await?.documents;
        Ok(found.iter().filter_map(readable).collect())
    }

    /// What the viewer does not want.
    pub(super) async fn unwanted(&self, viewer: &Viewer) -> Result<Unwanted, StoreError> {
        let mut unwanted = Unwanted::default();
        for record in self.hidden(viewer).await? {
            match record.kind {
                HiddenKind::Title => drop(unwanted.titles.insert(record.of)),
                HiddenKind::Because => drop(unwanted.because.insert(record.of)),
                HiddenKind::Genre => drop(unwanted.reasons.insert(Reason::Genre(&record.of).number())),
                HiddenKind::Person => drop(unwanted.reasons.insert(Reason::Person(&record.of).number())),
            }
        }
        Ok(unwanted)
    }

    pub(super) async fn forget_hidden(&self, profile: &ProfileId) -> Result<(), StoreError> {
        delete_all(&*self.documents, &HIDDEN, HIDDEN_OF_PROFILE, &[profile.as_str().into()]).await
    }

    pub(super) async fn forget_hidden_title(&self, title: &TitleId) -> Result<(), StoreError> {
        delete_all(&*self.documents, &HIDDEN, HIDDEN_BY_TITLE, &[title.as_str().into()]).await
    }

    /// Takes a guest's along; each goes from the guest when it is there.
    pub(super) async fn merge_hidden(&self, from: &ProfileId, into: &ProfileId) -> Result<(), StoreError> {
        for document in self.documents.find(&HIDDEN, of_profile(from, PAGE_LIMIT)).await?.documents {
            let Some(there) = readable::<HiddenRecord>(&document) else { continue };
            let id = HiddenRecord::id(into, there.kind, &there.of);
            let taken = HiddenRecord { profile: into.clone(), guest_updated: None, ..there };
            let body = serde_json::to_value(taken).map_err(|error| StoreError::corrupt(&id, error))?;
            match self.documents.put(&HIDDEN, Write { id, body, expect: Expect::Absent }).await {
                Ok(_) | Err(StoreError::Conflict { .. }) => {}
                Err(error) => return Err(error),
            }
            self.documents.delete(&HIDDEN, &document.id, Expect::Anything).await?;
        }
        Ok(())
    }
}

/// A title that whoever asks is shown.
async fn existing(context: &RequestContext, of: &str) -> Result<TitleId, Problem> {
    let id: TitleId = of.parse().map_err(|_| Problem::not_found("title"))?;
    shown_card(context, &id).await?;
    Ok(id)
}

fn too_many() -> Problem {
    Problem::new(Code::LimitReached).with_detail(format!("There are {AT_MOST} already."))
}

fn of_profile(profile: &ProfileId, limit: u32) -> Find<'static> {
    let (equals, direction) = (vec![profile.as_str().into()], Direction::Descending);
    Find { index: HIDDEN_BY_PROFILE, equals, from: None, direction, after: None, limit }
}
