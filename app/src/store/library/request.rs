//! What the library asks of the server, and how its changes are sent.

use contract::{
    Code, Problem, bounds,
    catalog::ListTitles,
    discovery::{HideRecommendation, ListHidden, RestoreRecommendation},
    ids::{ListId, TitleId},
    library::{
        AddNamedFavourite, AddToList, DeleteList, ForgetHistory, GetHistorySettings, GetList, GetMarks, ListFavourites,
        ListHistory, ListLists, MarkUnwatched, MarkWatched, MoveInList, RemoveFavourite, RemoveFromList, ReplaceHistorySettings,
        ReplaceList,
    },
    playback::{ForgetProgress, SetProgress},
};

use super::{
    LibraryAction,
    change::{Between, LibraryChange, ListWords, Listed, Named},
    library_of,
    shelf::{Shelf, ShelfPage},
    unwanted::Unwanted,
};
use crate::{
    client::Client,
    parts::dom::now,
    store::{AppStore, action::Response, mutations::LibraryEntry, resource::may_pass},
};

/// A call to the server. None of them changes anything.
#[derive(Clone, Debug, PartialEq)]
pub enum LibraryRequest {
    Marks,
    /// The lists, and which of them have a title.
    Lists(Option<TitleId>),
    /// The beginning of a list.
    Page(Shelf),
    /// What follows on it.
    More {
        shelf: Shelf,
        token: String,
    },
    Settings,
    /// What is not to be recommended.
    Hidden,
    /// How many titles the whole library has for whoever asks.
    Size,
}

/// Sends one request and makes an action of the answer.
pub async fn send(client: &Client, request: LibraryRequest) -> LibraryAction {
    use LibraryAction as Action;
    use LibraryRequest as Request;
    match request {
        Request::Marks => Action::MarksAnswered(client.send(GetMarks {}).await.map(Into::into)),
        Request::Lists(title) => Action::ListsAnswered { answer: client.send(ListLists { title: title.clone() }).await, title },
        Request::Page(asked) => Action::PageAnswered { answer: page(client, asked.clone(), None).await, asked },
        Request::More { shelf: asked, token } => {
            Action::MoreAnswered { answer: page(client, asked.clone(), Some(token.clone())).await, asked, token }
        }
        Request::Settings => Action::SettingsAnswered(client.send(GetHistorySettings {}).await),
        Request::Hidden => Action::HiddenAnswered(client.send(ListHidden {}).await),
        Request::Size => {
            let all = ListTitles { limit: Some(1), ..ListTitles::default() };
            Action::SizeAnswered(client.send(all).await.map(|page| page.total))
        }
    }
}

async fn page(client: &Client, shelf: Shelf, page_token: Option<String>) -> Response<ShelfPage> {
    match shelf {
        Shelf::List(id) => client.send(GetList { id, page_token, limit: None }).await.map(Into::into),
        Shelf::Favourites => client.send(ListFavourites { page_token, limit: None }).await.map(Into::into),
        Shelf::History => client.send(ListHistory { page_token, limit: None }).await.map(Into::into),
    }
}

/// Sends a change of the log for the viewer who made it, and tells the slice what came of it: the log is told after that, so that
/// the change is laid over what the server said until it is a part of that. A problem that stays says in its detail what was refused.
/// `number` is the change's id in the log.
pub async fn send_change(store: AppStore, (number, entry): (u64, LibraryEntry), viewer: Option<String>) -> Response<()> {
    let Some(change) = LibraryChange::read(&entry.change) else {
        return Err(
            Problem::new(Code::InvalidRequest).with_detail("A change that another version of this app kept could not be sent.")
        );
    };
    let takes_back = entry.takes_back;
    let answer = Sending { client: &store.client, viewer, now: now(), number, takes_back }.send(&change).await;
    let library = library_of(store.clone());
    match answer {
        Ok(()) => {
            let is_undo = takes_back.is_some();
            library.dispatch(if is_undo { LibraryAction::TakenBack(change) } else { LibraryAction::Confirmed(change) });
            Ok(())
        }
        Err(problem) if problem.code == Code::ViewerChanged || may_pass(&problem) => Err(problem),
        Err(problem) => {
            let words = change.refused(&problem);
            library.dispatch(LibraryAction::Refused { change, words: words.clone() });
            Err(problem.with_detail(words))
        }
    }
}

struct Sending<'a> {
    client: &'a Client,
    viewer: Option<String>,
    /// Milliseconds since 1970.
    now: u64,
    /// What the change is called.
    number: u64,
    /// What the change is called that this one takes back.
    takes_back: Option<u64>,
}

impl Sending<'_> {
    /// Each may be sent again: where the first arrived and its answer was lost, nothing more happens.
    async fn send(&self, change: &LibraryChange) -> Response<()> {
        match change {
            LibraryChange::Add(listed) => self.add(listed).await,
            LibraryChange::Remove(Listed { list, title, .. }) => {
                let (list, id, change) = (list.clone(), title.id.clone(), Some(self.number));
                gone(self.call(RemoveFromList { list, id, change, undoes: self.takes_back }).await)
            }
            LibraryChange::Move { listed, from: _ } => self.place(listed).await,
            LibraryChange::AddFavourite(Named { id, .. }) => {
                self.call(AddNamedFavourite { id: id.clone(), change: self.number, restores: self.takes_back }).await
            }
            LibraryChange::RemoveFavourite(Named { id, .. }) => {
                self.call(RemoveFavourite { id: id.clone(), change: Some(self.number), undoes: self.takes_back }).await
            }
            LibraryChange::Watch { title, dates } => self.watch(&title.id, dates).await,
            LibraryChange::Unwatch { title, dates, is_never } => self.unwatch(&title.id, dates, *is_never).await,
            LibraryChange::SaveList { list: ListWords { id, name, note, is_shared }, .. } => {
                let (id, name, note) = (id.clone(), name.clone(), note.clone());
                self.call(ReplaceList { id, name, note, is_shared: *is_shared }).await
            }
            LibraryChange::DeleteList(list) => gone(self.call(DeleteList { id: list.id.clone() }).await),
            LibraryChange::ForgetHistory => self.call(ForgetHistory {}).await,
            LibraryChange::KeepHistory { is_kept } => self.call(ReplaceHistorySettings { is_kept: *is_kept }).await,
            LibraryChange::Hide(Unwanted { kind, of, .. }) => self.call(HideRecommendation { kind: *kind, of: of.clone() }).await,
            LibraryChange::Recommend(Unwanted { kind, of, .. }) => {
                self.call(RestoreRecommendation { kind: *kind, of: of.clone() }).await
            }
        }
    }

    async fn watch(&self, id: &TitleId, dates: &[u64]) -> Response<()> {
        if let Some(number) = self.takes_back {
            return self.restore_viewings(id, number).await;
        }
        let change = self.number_of(dates.len());
        for date in dates {
            self.call(MarkWatched { date: Some(*date), change, ..MarkWatched::now(id.clone()) }).await?;
        }
        self.end(id, dates).await
    }

    async fn unwatch(&self, id: &TitleId, dates: &[u64], is_never: bool) -> Response<()> {
        if let Some(number) = self.takes_back {
            self.restore_viewings(id, number).await?;
            return self.resume(id, number).await;
        }
        if is_never {
            self.call(MarkUnwatched { id: id.clone(), date: None, change: Some(self.number) }).await?;
        } else {
            let change = self.number_of(dates.len());
            for date in dates {
                self.call(MarkUnwatched { id: id.clone(), date: Some(*date), change }).await?;
            }
        }
        match dates.iter().max() {
            Some(date) => self.resume(id, *date).await,
            None => Ok(()),
        }
    }

    /// What the change is called, where it is one call: of one that an older build kept, and that is several, none of them is the change.
    fn number_of(&self, calls: usize) -> Option<u64> {
        (calls == 1).then_some(self.number)
    }

    /// Takes back what that change did, which the server alone knows: no more, whatever was watched since, and no less.
    async fn restore_viewings(&self, id: &TitleId, number: u64) -> Response<()> {
        self.call(MarkWatched { restores: Some(number), ..MarkWatched::now(id.clone()) }).await
    }

    /// What was watched is not to be gone on with, unless it was begun again since.
    async fn end(&self, id: &TitleId, dates: &[u64]) -> Response<()> {
        let Some(date) = dates.iter().max() else { return Ok(()) };
        let ago = self.now.saturating_sub(*date);
        let is_long_ago = ago > bounds::MILLISECONDS_AGO;
        if is_long_ago {
            return Ok(());
        }
        optional(self.call(ForgetProgress { id: id.clone(), milliseconds_ago: Some(ago), change: Some(self.number) }).await)
    }

    /// Takes that change back: it may be gone on with where it was.
    async fn resume(&self, id: &TitleId, number: u64) -> Response<()> {
        let restores = Some(number);
        optional(self.call(SetProgress { id: id.clone(), position: 0.0, milliseconds_ago: None, change: None, restores }).await)
    }

    /// What takes a removal back names it: the server knows where the title stood, and what was noted of it. What an older build kept comes
    /// to where it stood on its page; on top, where what it stood between is not there any more.
    async fn add(&self, listed: &Listed) -> Response<()> {
        let note = (!listed.note.is_empty()).then(|| listed.note.clone());
        let (list, id, change) = (listed.list.clone(), listed.title.id.clone(), Some(self.number));
        self.call(AddToList { list, id, note, change, restores: self.takes_back }).await?;
        if self.takes_back.is_some() {
            return Ok(());
        }
        match self.place(listed).await {
            Err(problem) if may_pass(&problem) || problem.code == Code::ViewerChanged => Err(problem),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    async fn place(&self, listed: &Listed) -> Response<()> {
        let Some(Between { before, behind }) = listed.between.clone().filter(|between| *between != Between::default()) else {
            return Ok(());
        };
        let list: ListId = listed.list.clone();
        self.call(MoveInList { list, id: listed.title.id.clone(), before, behind }).await
    }

    async fn call<C: contract::Call>(&self, call: C) -> Response<()> {
        self.client.send_for(self.viewer.clone(), call).await.map(drop)
    }
}

/// What is gone already is taken away.
fn gone(answer: Response<()>) -> Response<()> {
    answer.or_else(|problem| if problem.code == Code::NotFound { Ok(()) } else { Err(problem) })
}

/// Who may not watch has nothing to go on with.
fn optional(answer: Response<()>) -> Response<()> {
    answer.or_else(|problem| if may_pass(&problem) || problem.code == Code::ViewerChanged { Err(problem) } else { Ok(()) })
}

#[cfg(test)]
#[cfg(feature = "ssr")]
mod tests;
