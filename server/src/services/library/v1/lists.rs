//! The handlers of what concerns lists, version 1.

use contract::{
    DispatchExt, Problem,
    authorization::Right,
    bounds::is_new_id,
    identity::ListProfiles,
    ids::{ListId, ProfileId, TitleId},
    library::{
        AddFavourite, AddToList, DeleteList, GetList, GetMarks, ListFavourites, ListLists, ListedPage, ListedTitle, Marks,
        MoveInList, RemoveFavourite, RemoveFromList, ReplaceList, TitleList, WATCHLIST,
    },
};
use futures::future::{try_join, try_join_all, try_join3};
use usage::event::{Kind, List};

use super::super::{
    Library,
    lists::{ListKey, Stored},
    record::{ListRecord, ListedRecord},
};
use crate::{
    context::{RequestContext, Viewer},
    services::{
        cards::{count_shown, shown_card, shown_cards},
        keepers::check_life,
        names::visible,
    },
};

const PAGE: u8 = 50;
/// Titles of the history that [`GetMarks`] tells.
const MARKED: usize = 5_000;

impl Library {
    pub(in super::super) async fn get_marks(&self, context: RequestContext, _: GetMarks) -> Result<Marks, Problem> {
        let viewer = &context.viewer;
        let titles = async |right: Right, key: ListKey| {
            let has_any = !viewer.is_new && viewer.authorization.grants(right);
            if has_any { self.lists.titles(&key).await } else { Ok(Vec::new()) }
        };
        let watchlist = titles(Right::Watchlists, ListKey::watchlist(&viewer.profile));
        let favourites = titles(Right::Favourites, ListKey::favourites(&viewer.profile));
        let watched = async { if viewer.is_new { Ok(Vec::new()) } else { self.history.titles(&viewer.profile, MARKED).await } };
        let (watchlist, favourites, watched) = try_join3(watchlist, favourites, watched).await?;
        let mut marks = Marks { watchlist, favourites, watched };
        if viewer.authorization.maturity.is_some() {
            keep_shown(&context, &mut marks).await?;
        }
        Ok(marks)
    }

    pub(in super::super) async fn list_lists(&self, context: RequestContext, _: ListLists) -> Result<Vec<TitleList>, Problem> {
        let viewer = &context.viewer;
        let mut lists = vec![(ListKey::watchlist(&viewer.profile), ListRecord::named(&viewer.profile, "My list"))];
        let mut own = if viewer.is_new { Vec::new() } else { self.lists.of(&viewer.profile).await? };
        own.sort_by_cached_key(|(_, list)| list.name.to_lowercase());
        lists.extend(own);
        if let Some(member) = &viewer.member {
            let mut shared = self.lists.shared(&member.account).await?;
            shared.retain(|(key, _)| key.profile != viewer.profile);
            shared.sort_by_cached_key(|(_, list)| list.name.to_lowercase());
            lists.extend(shared);
        }
        // Without the names, which are another service's, the lists are there all the same.
        let household = if lists.iter().any(|(key, _)| key.profile != viewer.profile) {
            context.send(ListProfiles {}).await.unwrap_or_default()
        } else {
            Vec::new()
        };
        let told = |list: Stored| async {
            let owner = household.iter().find(|profile| profile.id == list.0.profile).map(|profile| profile.name.clone());
            let told = self.told(&context, list).await?;
            Ok::<_, Problem>(TitleList { shared_by: owner.filter(|_| !told.is_own), ..told })
        };
        try_join_all(lists.into_iter().map(told)).await
    }

    async fn told(&self, context: &RequestContext, (key, list): Stored) -> Result<TitleList, Problem> {
        Ok(TitleList {
            id: key.list_id()?,
            name: list.name,
            note: list.note,
            is_shared: list.household.is_some(),
            is_own: key.profile == context.viewer.profile,
            shared_by: None,
            count: self.shown_count(context, &key).await?,
        })
    }

    /// How many titles a list has for whoever asks.
    async fn shown_count(&self, context: &RequestContext, key: &ListKey) -> Result<u64, Problem> {
        count_shown(context, self.lists.count(key), self.lists.titles(key)).await
    }

    pub(in super::super) async fn replace_list(&self, context: RequestContext, call: ReplaceList) -> Result<TitleList, Problem> {
        let viewer = &context.viewer;
        let name = visible("name", &call.name)?;
        self.check_life(viewer).await?;
        let account = viewer.member.as_ref().map(|member| member.account.clone());
        let record = ListRecord {
            household: account.filter(|_| call.is_shared),
            note: call.note,
            guest_updated: self.guest_updated(viewer),
            ..ListRecord::named(&viewer.profile, &name)
        };
        let key = ListKey::new(&viewer.profile, &call.id);
        self.lists.replace(&key, record.clone()).await?;
        self.told(&context, (key, record)).await
    }

    pub(in super::super) async fn delete_list(&self, context: RequestContext, call: DeleteList) -> Result<(), Problem> {
        if !is_new_id(call.id.as_str()) {
            return Err(Problem::not_found("list"));
        }
        Ok(self.lists.delete(&ListKey::new(&context.viewer.profile, &call.id)).await?)
    }

    pub(in super::super) async fn get_list(&self, context: RequestContext, call: GetList) -> Result<ListedPage, Problem> {
        let key = self.seen(&context.viewer, &call.id).await?;
        self.page(&context, &key, call.page_token.as_deref(), call.limit).await
    }

    /// One's own, or one that another profile of the account shares.
    pub(super) async fn seen(&self, viewer: &Viewer, list: &ListId) -> Result<ListKey, Problem> {
        let own = ListKey::of_call(&viewer.profile, list)?;
        if self.lists.exists(&own).await? {
            return Ok(own);
        }
        let shared = match &viewer.member {
            Some(member) => self.lists.shared(&member.account).await?,
            None => Vec::new(),
        };
        let found = shared.into_iter().find(|(key, _)| key.list_id().is_ok_and(|id| id == *list));
        found.map(|(key, _)| key).ok_or_else(|| Problem::not_found("list"))
    }

    async fn page(
        &self,
        context: &RequestContext,
        key: &ListKey,
        after: Option<&str>,
        limit: Option<u8>,
    ) -> Result<ListedPage, Problem> {
        if context.viewer.is_new {
            return Ok(ListedPage { items: Vec::new(), total: 0, next: None });
        }
        let page = self.lists.page(key, after, u32::from(limit.unwrap_or(PAGE)));
        let ((records, next), total) = try_join(async { Ok(page.await?) }, self.shown_count(context, key)).await?;
        if records.is_empty() {
            return Ok(ListedPage { items: Vec::new(), total, next });
        }
        let mut cards = shown_cards(context, records.iter().map(|record| &record.title)).await?;
        let item = |record: ListedRecord| {
            let card = cards.remove(&record.title)?;
            Some(ListedTitle { card, added: record.added, note: record.note })
        };
        Ok(ListedPage { items: records.into_iter().filter_map(item).collect(), total, next })
    }

    pub(in super::super) async fn add_to_list(&self, context: RequestContext, call: AddToList) -> Result<(), Problem> {
        let key = ListKey::of_call(&context.viewer.profile, &call.list)?;
        self.add(&context, &key, &call.id, call.note).await
    }

    /// Only what whoever asks is shown.
    async fn add(&self, context: &RequestContext, key: &ListKey, title: &TitleId, note: Option<String>) -> Result<(), Problem> {
        let viewer = &context.viewer;
        self.check_life(viewer).await?;
        shown_card(context, title).await?;
        self.lists.add(key, title, note, viewer.member.is_none()).await?;
        self.tell(context, key, title, true);
        Ok(())
    }

    /// Tells what became of a title on a list.
    fn tell(&self, context: &RequestContext, key: &ListKey, title: &TitleId, added: bool) {
        let viewer = &context.viewer;
        let list = match key {
            key if *key == ListKey::watchlist(&viewer.profile) => List::Watchlist,
            key if *key == ListKey::favourites(&viewer.profile) => List::Favourites,
            _ => List::Custom,
        };
        let account = viewer.member.as_ref().map(|member| &member.account);
        self.recorder.record(Kind::ListChanged { list, title: title.to_string(), added }, Some(&viewer.profile), account);
    }

    pub(in super::super) async fn remove_from_list(&self, context: RequestContext, call: RemoveFromList) -> Result<(), Problem> {
        let key = ListKey::of_call(&context.viewer.profile, &call.list)?;
        self.remove(&context, &key, &call.id).await
    }

    pub(in super::super) async fn move_in_list(&self, context: RequestContext, call: MoveInList) -> Result<(), Problem> {
        let key = ListKey::of_call(&context.viewer.profile, &call.list)?;
        self.check_life(&context.viewer).await?;
        self.lists.move_between(&key, &call.id, call.before.as_ref(), call.behind.as_ref()).await
    }

    pub(in super::super) async fn list_favourites(
        &self,
        context: RequestContext,
        call: ListFavourites,
    ) -> Result<ListedPage, Problem> {
        let key = ListKey::favourites(&context.viewer.profile);
        self.page(&context, &key, call.page_token.as_deref(), call.limit).await
    }

    pub(in super::super) async fn add_favourite(&self, context: RequestContext, call: AddFavourite) -> Result<(), Problem> {
        self.add(&context, &ListKey::favourites(&context.viewer.profile), &call.id, None).await
    }

    pub(in super::super) async fn remove_favourite(&self, context: RequestContext, call: RemoveFavourite) -> Result<(), Problem> {
        self.remove(&context, &ListKey::favourites(&context.viewer.profile), &call.id).await
    }

    async fn remove(&self, context: &RequestContext, key: &ListKey, title: &TitleId) -> Result<(), Problem> {
        self.lists.remove(key, title).await?;
        self.tell(context, key, title, false);
        Ok(())
    }

    /// Nothing is kept for a profile that is gone.
    pub(super) async fn check_life(&self, viewer: &Viewer) -> Result<(), Problem> {
        check_life(&*self.tombstones, &viewer.profile).await
    }
}

/// Leaves out what is above the age of whoever asks.
async fn keep_shown(context: &RequestContext, marks: &mut Marks) -> Result<(), Problem> {
    let Marks { watchlist, favourites, watched } = marks;
    let shown = shown_cards(context, watchlist.iter().chain(&*favourites).chain(&*watched)).await?;
    for titles in [watchlist, favourites, watched] {
        titles.retain(|title| shown.contains_key(title));
    }
    Ok(())
}

impl ListKey {
    /// A list that a call names: "My list", or one that a client made.
    ///
    /// # Errors
    /// `not_found` for every other id: favourites ask for another right.
    pub(in super::super) fn of_call(profile: &ProfileId, list: &ListId) -> Result<Self, Problem> {
        let is_named = list.as_str() == WATCHLIST || is_new_id(list.as_str());
        if is_named { Ok(Self::new(profile, list)) } else { Err(Problem::not_found("list")) }
    }
}
