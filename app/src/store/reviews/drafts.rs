//! Reviews that were begun and not saved, and stars that did not arrive: kept a title for as long as the same profile watches, so that
//! whoever goes elsewhere and comes back goes on writing; in the tab over a reload, too. Stars that did not arrive the browser keeps when
//! the tab is closed (`outbox.rs`): that they are sent later was said.

use std::collections::BTreeMap;

use contract::{
    ids::TitleId,
    reviews::{MyReview, PutReview},
};
use serde::{Deserialize, Serialize};

use super::{Way, outbox};
use crate::{
    json,
    parts::dom::{self, DRAFT, WebStorage},
};

/// What stands in the fields of the form.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewDraft {
    pub text: String,
    pub has_spoilers: bool,
    /// BCP 47; empty where none is chosen.
    pub language: String,
    /// What the review is to be shown under.
    pub name: String,
}

impl ReviewDraft {
    /// What is saved of it.
    pub fn review(&self, id: TitleId, half_stars: u8) -> PutReview {
        PutReview {
            text: self.text.replace("\r\n", "\n"),
            has_spoilers: self.has_spoilers,
            language: Some(self.language.clone()).filter(|language| !language.is_empty()),
            ..PutReview::stars(id, half_stars)
        }
    }

    pub fn shown_as(&self) -> &str {
        self.name.trim()
    }

    /// Whether it says what is stored, which ends where its last line does.
    pub fn is_stored(&self, own: &MyReview) -> bool {
        own.review.as_ref().is_some_and(|stored| {
            self.text.replace("\r\n", "\n").trim_end() == stored.text
                && self.has_spoilers == stored.has_spoilers
                && self.language == stored.language.as_deref().unwrap_or_default()
        }) && self.shown_as() == own.name.as_deref().unwrap_or_default()
    }
}

/// The drafts of one profile.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drafts {
    /// Whose they are; nothing while it is not known.
    viewer: Option<String>,
    kept: BTreeMap<TitleId, ReviewDraft>,
    stars: BTreeMap<TitleId, Chosen>,
    /// Whether it is waited until stars that did not arrive are due again: once for all of them.
    #[serde(skip)]
    is_waiting: bool,
}

/// Stars that the viewer chose and the server has not confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chosen {
    /// 1 to 10.
    pub half_stars: u8,
    /// When that was, in milliseconds since 1970.
    pub at: u64,
    /// What is on its way to the server; 0 where they wait.
    #[serde(skip)]
    pub sent: u8,
    /// They were sent once, and did not arrive.
    #[serde(skip)]
    pub is_late: bool,
    /// The browser keeps these very stars for all its tabs: where it does so no more, another tab sent them or gave them up.
    #[serde(skip)]
    pub is_stored: bool,
}

impl Drafts {
    /// Those of this viewer that the tab has from an earlier document, and the stars that the browser has of a tab that was closed.
    pub fn in_tab(viewer: String) -> Self {
        let (kept, mut stars) = read(&dom::kept_text(WebStorage::Session, DRAFT, &viewer).unwrap_or_default());
        for (id, other) in outbox::all(&viewer) {
            let is_latest = stars.get(&id).is_none_or(|chosen| chosen.at <= other.at);
            if is_latest {
                stars.insert(id, other);
            }
        }
        Self { viewer: Some(viewer), kept, stars, is_waiting: false }
    }

    /// Lays them up in the tab, and the stars in the browser; those that are there, by their time. The tab keeps stars for which the
    /// browser has no room, and no others: it would send again what another tab has sent.
    pub fn keep_in_tab(&self) -> Vec<(TitleId, u64)> {
        let Some(viewer) = &self.viewer else { return Vec::new() };
        let is_there = |(id, chosen): &(&TitleId, &Chosen)| chosen.is_stored || outbox::put(viewer, id, chosen);
        let (there, others): (BTreeMap<_, _>, BTreeMap<_, _>) = self.stars.iter().partition(is_there);
        dom::keep_text(WebStorage::Session, DRAFT, viewer, self.written(&others).as_deref());
        there.into_iter().map(|(id, chosen)| (id.clone(), chosen.at)).collect()
    }

    /// The texts, and behind them in a line of their own the stars, where there are some: an older build knows the texts alone.
    fn written(&self, stars: &BTreeMap<&TitleId, &Chosen>) -> Option<String> {
        let mut text = serde_json::to_string(&self.kept).ok()?;
        if !stars.is_empty() {
            text.push('\n');
            text.push_str(&serde_json::to_string(stars).ok()?);
        }
        Some(text)
    }

    /// These are kept by the browser.
    pub fn stored(&mut self, there: &[(TitleId, u64)]) {
        for (id, at) in there {
            if let Some(chosen) = self.stars.get_mut(id).filter(|chosen| chosen.at == *at) {
                chosen.is_stored = true;
            }
        }
    }

    /// Whose they are is known, and what the tab has of theirs. What somebody else began is nothing for them. Of what the same viewer's
    /// other tabs did the browser knows: the titles whose stars wait here no more, because one of them was answered.
    pub fn belong_to(&mut self, in_tab: Self) -> Vec<TitleId> {
        if self.viewer != in_tab.viewer {
            *self = in_tab;
            return Vec::new();
        }
        let is_over = |id: &TitleId, chosen: &Chosen| chosen.is_stored && chosen.sent == 0 && !in_tab.stars.contains_key(id);
        let over: Vec<TitleId> = self.stars.iter().filter(|(id, chosen)| is_over(id, chosen)).map(|(id, _)| id.clone()).collect();
        self.stars.retain(|id, chosen| !is_over(id, chosen));
        for (id, other) in in_tab.stars.into_iter().filter(|(_, other)| other.is_stored) {
            let here = self.stars.get(&id).copied();
            let is_latest = here.is_none_or(|chosen| chosen.at <= other.at);
            if is_latest {
                self.stars.insert(id, Chosen { sent: here.map_or(0, |chosen| chosen.sent), ..other });
            }
        }
        over
    }

    /// Whose they are.
    pub fn viewer(&self) -> Option<&String> {
        self.viewer.as_ref()
    }

    pub fn keep(&mut self, id: TitleId, draft: ReviewDraft) {
        self.kept.insert(id, draft);
    }

    pub fn discard(&mut self, id: &TitleId) {
        self.kept.remove(id);
    }

    pub fn of(&self, id: &TitleId) -> Option<&ReviewDraft> {
        self.kept.get(id)
    }

    pub fn stars_of(&self, id: &TitleId) -> Option<&Chosen> {
        self.stars.get(id)
    }

    /// The viewer chose these: what is on its way of the title stays so. They are later than those of before, whatever became of
    /// the browser's clock since.
    pub fn rate(&mut self, id: &TitleId, half_stars: u8, now: u64) {
        let before = self.stars.remove(id);
        let at = before.map_or(now, |before| now.max(before.at.saturating_add(1)));
        let (sent, is_late) = before.map_or((0, false), |before| (before.sent, before.is_late));
        self.stars.insert(id.clone(), Chosen { half_stars, at, sent, is_late, is_stored: false });
    }

    /// Stars that were chosen while something else of the title was on its way are of when that was over: to the server it is
    /// later than that, however slow the network is.
    pub fn date_after(&mut self, id: &TitleId, way: Way) {
        if let Some(chosen) = self.stars.get_mut(id).filter(|chosen| chosen.sent == 0 && chosen.at >= way.begun) {
            let at = chosen.at.max(way.ended);
            *chosen = Chosen { at, is_stored: chosen.is_stored && chosen.at == at, ..*chosen };
        }
    }

    pub fn put_stars(&mut self, id: TitleId, chosen: Chosen) {
        self.stars.insert(id, chosen);
    }

    pub fn take_stars(&mut self, id: &TitleId) -> Option<Chosen> {
        self.stars.remove(id)
    }

    /// Waits, or waits no more; whether that is another thing than before.
    pub fn wait(&mut self, is_waiting: bool) -> bool {
        std::mem::replace(&mut self.is_waiting, is_waiting) != is_waiting
    }

    /// The titles whose stars wait.
    pub fn rated(&self) -> Vec<TitleId> {
        self.stars.iter().filter(|(_, chosen)| chosen.sent == 0).map(|(id, _)| id.clone()).collect()
    }
}

/// What [`Drafts::written`] wrote.
fn read(text: &str) -> (BTreeMap<TitleId, ReviewDraft>, BTreeMap<TitleId, Chosen>) {
    let texts = text.split_once('\n').map_or(text, |(texts, _)| texts);
    (json::read(texts).unwrap_or_default(), outbox::stars_behind(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_that_did_not_arrive_are_kept_beside_the_texts_and_texts_of_an_older_build_are_read() {
        let id: TitleId = "heat".parse().unwrap();
        let mut drafts = Drafts::default();
        drafts.keep(id.clone(), ReviewDraft { text: "One\ntwo".into(), ..ReviewDraft::default() });
        let written = |drafts: &Drafts| drafts.written(&drafts.stars.iter().collect()).unwrap();
        let of_texts_alone = written(&drafts);
        assert_eq!(read(&of_texts_alone), (drafts.kept.clone(), BTreeMap::new()));
        drafts.rate(&id, 8, 1_800_000_000_000);
        let (texts, stars) = read(&written(&drafts));
        let late = Chosen { half_stars: 8, at: 1_800_000_000_000, sent: 0, is_late: true, is_stored: false };
        assert_eq!((texts, stars.get(&id)), (drafts.kept.clone(), Some(&late)));
        assert_eq!(read(""), (BTreeMap::new(), BTreeMap::new()));
    }
}
