//! What a viewer wants to be recommended nothing of, or again: as it is changed, and what it makes of rows.

use contract::{
    discovery::{Hidden, HiddenKind, MyRow, Recommendation, RowAbout},
    ids::TitleId,
};
use serde::{Deserialize, Serialize};

use super::change::{LibraryChange, Pending, quoted};

/// A title, a genre, a person, or a title that was watched as a reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unwanted {
    pub kind: HiddenKind,
    /// The title's id, or the name.
    pub of: String,
    /// For words.
    pub name: String,
}

impl Unwanted {
    pub fn title(id: &TitleId, name: &str) -> Self {
        Self { kind: HiddenKind::Title, of: id.to_string(), name: name.to_owned() }
    }

    pub fn because(id: &TitleId, name: &str) -> Self {
        Self { kind: HiddenKind::Because, of: id.to_string(), name: name.to_owned() }
    }

    pub fn genre(name: &str) -> Self {
        Self { kind: HiddenKind::Genre, of: name.to_owned(), name: name.to_owned() }
    }

    fn is_same(&self, other: &Self) -> bool {
        self.kind == other.kind && self.of == other.of
    }

    /// What is not recommended, or is again, at the head of a sentence.
    pub fn words(&self) -> String {
        match self.kind {
            HiddenKind::Title => quoted(&self.name),
            HiddenKind::Genre => format!("The genre {}", quoted(&self.name)),
            HiddenKind::Person => format!("What {} is in", quoted(&self.name)),
            HiddenKind::Because => format!("What goes with {}", quoted(&self.name)),
        }
    }
}

/// What the viewer said of recommendations since this page stands, the last word on each: whether it is unwanted.
pub type Verdicts = Vec<(Unwanted, bool)>;

/// Whether something is unwanted: by the last word on it, or else by what the server says.
pub fn is_unwanted(said: &[Hidden], verdicts: &Verdicts, unwanted: &Unwanted) -> bool {
    let last = verdicts.iter().find(|(other, _)| other.is_same(unwanted)).map(|(_, is_hidden)| *is_hidden);
    last.unwrap_or_else(|| said.iter().any(|hidden| hidden.kind == unwanted.kind && hidden.of == unwanted.of))
}

/// Takes a further word into account.
pub fn judge(verdicts: &mut Verdicts, change: &LibraryChange) {
    let (unwanted, is_hidden) = if let LibraryChange::Hide(unwanted) = change {
        (unwanted, true)
    } else if let LibraryChange::Recommend(unwanted) = change {
        (unwanted, false)
    } else {
        return;
    };
    verdicts.retain(|(other, _)| !other.is_same(unwanted));
    verdicts.push((unwanted.clone(), is_hidden));
}

/// Takes into account what another device, or this one, is known to want nothing of.
pub fn add(verdicts: &mut Verdicts, unwanted: Unwanted) {
    // What the viewer said here comes back as news.
    if !verdicts.iter().any(|(other, is_hidden)| *is_hidden && other.is_same(&unwanted)) {
        judge(verdicts, &LibraryChange::Hide(unwanted));
    }
}

/// Of what is unwanted only this still is.
pub fn keep_hidden(verdicts: &mut Verdicts, hidden: &[Hidden]) {
    for (unwanted, is_hidden) in verdicts {
        *is_hidden &= hidden.iter().any(|hidden| hidden.kind == unwanted.kind && hidden.of == unwanted.of);
    }
}

/// With what is under way.
pub fn with_pending(mut verdicts: Verdicts, pending: &[Pending]) -> Verdicts {
    for change in super::changes(pending) {
        judge(&mut verdicts, change);
    }
    verdicts
}

/// The rows without what is unwanted; one that is left empty goes.
pub fn wanted_of(rows: &[MyRow], verdicts: &Verdicts) -> Vec<MyRow> {
    let is_unwanted = |unwanted: &Unwanted| verdicts.iter().any(|(other, is_hidden)| *is_hidden && other.is_same(unwanted));
    let is_reason = |id: &TitleId| is_unwanted(&Unwanted::because(id, ""));
    let stays = |Recommendation { card, why }: &Recommendation| {
        !why.names().is_some_and(|(id, _)| is_reason(id))
            && !is_unwanted(&Unwanted::title(&card.id, ""))
            && !card.genres.iter().any(|genre| is_unwanted(&Unwanted::genre(genre)))
    };
    let of_row = |row: &MyRow| {
        let is_out = match &row.about {
            RowAbout::BecauseYouWatched { id, .. } => is_reason(id),
            RowAbout::TopPicks | RowAbout::New | RowAbout::PopularHere => false,
        };
        let items: Vec<Recommendation> = row.items.iter().filter(|item| stays(item)).cloned().collect();
        (!is_out && !items.is_empty()).then(|| MyRow { key: row.key.clone(), about: row.about.clone(), items })
    };
    rows.iter().filter_map(of_row).collect()
}

#[cfg(test)]
#[cfg(feature = "ssr")]
mod tests {
    use contract::discovery::Why;

    use super::*;
    use crate::store::{
        lazy::{LazyEffect, LazySlice},
        library::{Library, LibraryAction, LibraryEffect, LibraryRequest},
        update::tests::card,
    };

    fn update(state: &mut Library, action: LibraryAction) -> Vec<LibraryEffect> {
        LazySlice::update(state, action)
    }

    fn id(id: &str) -> TitleId {
        id.parse().unwrap()
    }

    fn picks() -> Vec<MyRow> {
        let because = |of: &str| Why::BecauseYouWatched { id: id(of), title: of.to_uppercase() };
        let pick = |name: &str, why: Why| {
            let mut card = card(name);
            card.genres = vec!["Drama".to_owned()];
            Recommendation { card, why }
        };
        let about = RowAbout::BecauseYouWatched { id: id("heat"), title: "Heat".to_owned() };
        vec![
            MyRow {
                key: "top-picks".into(),
                about: RowAbout::TopPicks,
                items: vec![pick("a", because("heat")), pick("b", Why::Popular)],
            },
            MyRow { key: "because-heat".into(), about, items: vec![pick("c", because("heat"))] },
        ]
    }

    fn shown(verdicts: &Verdicts) -> Vec<(String, Vec<String>)> {
        let ids = |row: MyRow| (row.key, row.items.iter().map(|item| item.card.id.to_string()).collect());
        wanted_of(&picks(), verdicts).into_iter().map(ids).collect()
    }

    fn row(key: &str, ids: &[&str]) -> (String, Vec<String>) {
        (key.to_owned(), ids.iter().map(|id| (*id).to_owned()).collect())
    }

    #[test]
    fn what_is_unwanted_is_in_no_row_and_the_last_word_counts() {
        let mut verdicts = Verdicts::new();
        judge(&mut verdicts, &LibraryChange::Hide(Unwanted::title(&id("b"), "B")));
        assert_eq!(shown(&verdicts), [row("top-picks", &["a"]), row("because-heat", &["c"])]);
        judge(&mut verdicts, &LibraryChange::Recommend(Unwanted::title(&id("b"), "B")));
        assert_eq!(shown(&verdicts), [row("top-picks", &["a", "b"]), row("because-heat", &["c"])]);
        judge(&mut verdicts, &LibraryChange::Hide(Unwanted::because(&id("heat"), "Heat")));
        assert_eq!(shown(&verdicts), [row("top-picks", &["b"])]);
        let pending = [Pending::Library(LibraryChange::Hide(Unwanted::genre("Drama")))];
        assert_eq!(shown(&with_pending(Verdicts::new(), &pending)), []);
    }

    #[test]
    fn what_the_server_says_is_unwanted_is_so_until_the_viewer_says_otherwise() {
        let heat = Unwanted::title(&id("heat"), "Heat");
        let said = [Hidden { kind: HiddenKind::Title, of: "heat".into(), title: None, since: 0 }];
        let mut verdicts = Verdicts::new();
        assert!(is_unwanted(&said, &verdicts, &heat), "after a reload, too");
        assert!(!is_unwanted(&said, &verdicts, &Unwanted::because(&id("heat"), "Heat")), "as a reason it is another thing");
        judge(&mut verdicts, &LibraryChange::Recommend(heat.clone()));
        assert!(!is_unwanted(&said, &verdicts, &heat));
        judge(&mut verdicts, &LibraryChange::Hide(heat.clone()));
        assert!(is_unwanted(&[], &verdicts, &heat));
    }

    #[test]
    fn what_another_device_says_holds_here_until_it_takes_that_back_and_what_was_said_here_is_no_news() {
        let mut state = Library::default();
        assert_eq!(update(&mut state, LibraryAction::WantedElsewhere), [], "nothing is taken out of rows");
        let hide = LibraryChange::Hide(Unwanted::title(&id("b"), "B"));
        update(&mut state, LibraryAction::Confirmed(hide));
        let said_here = state.verdicts.clone();
        update(&mut state, LibraryAction::UnwantedElsewhere(Unwanted::title(&id("b"), "")));
        assert_eq!(state.verdicts, said_here);
        update(&mut state, LibraryAction::UnwantedElsewhere(Unwanted::because(&id("heat"), "")));
        assert_eq!(shown(&state.verdicts), []);
        let asked = [LazyEffect::Send(LibraryRequest::Hidden)];
        assert_eq!(update(&mut state, LibraryAction::WantedElsewhere), asked);
        let hidden = |kind, of: &str| Hidden { kind, of: of.into(), title: None, since: 0 };
        // A title as a reason is another thing than the title.
        let left = vec![hidden(HiddenKind::Title, "b"), hidden(HiddenKind::Title, "heat")];
        update(&mut state, LibraryAction::HiddenAnswered(Ok(left)));
        assert_eq!(shown(&state.verdicts), [row("top-picks", &["a"]), row("because-heat", &["c"])]);
        update(&mut state, LibraryAction::HiddenAnswered(Err(contract::Problem::internal())));
        assert_eq!(shown(&state.verdicts).len(), 2);
    }
}
