//! The handlers of what concerns lists, version 1.

use std::{collections::HashSet, sync::Arc};

use contract::{
    DispatchExt, Problem,
    authorization::Right,
    bounds::is_new_id,
    identity::ListProfiles,
    ids::{ListId, ProfileId, TitleId},
    library::{
        AddFavourite, AddNamedFavourite, AddToList, DeleteList, GetList, GetMarks, ListFavourites, ListLists, ListedPage,
        ListedTitle, Marks, MoveInList, RemoveFavourite, RemoveFromList, ReplaceList, TitleList, WATCHLIST,
    },
};
use futures::future::{try_join, try_join_all, try_join3};
use usage::event::{Kind, List};

use super::super::{
    Library,
    lists::{ListKey, Putting, Stored, TakingOff},
    record::{ListRecord, ListedRecord},
    shown::Counted,
};
use crate::{
    context::{RequestContext, Viewer},
    services::{
        cards::{shown_card, shown_cards, shown_ids},
        keepers::check_life,
        names::visible,
    },
};

const PAGE: u8 = 50;
/// Lists that the store counts at once for one request.
const COUNTED_AT_ONCE: usize = 8;
/// Titles of each list that [`GetMarks`] tells: as many as one may have.
const MARKED: usize = 5_000;
/// Titles of the history that it tells, which has no bound: more than a file of decades of films has. One beyond them looks as if it had
/// not been watched.
const MARKED_WATCHED: usize = 20_000;

impl Library {
    pub(in super::super) async fn get_marks(&self, context: RequestContext, _: GetMarks) -> Result<Marks, Problem> {
        let viewer = &context.viewer;
        if viewer.is_new {
            return Ok(Marks::default());
        }
        Ok(Arc::unwrap_or_clone(self.marks_once(viewer, Box::pin(self.marks(&context))).await?))
    }

    async fn marks(&self, context: &RequestContext) -> Result<Marks, Problem> {
        let viewer = &context.viewer;
        let titles = async |right: Right, shelf, most| {
            let has_any = viewer.authorization.grants(right);
            if has_any { self.shown_titles(context, shelf, most).await } else { Ok(Vec::new()) }
        };
        let (watchlist, favourites) = (ListKey::watchlist(&viewer.profile), ListKey::favourites(&viewer.profile));
        let watchlist = titles(Right::Watchlists, Counted::List(&watchlist), MARKED);
        let favourites = titles(Right::Favourites, Counted::List(&favourites), MARKED);
        let watched = titles(Right::Browse, Counted::History(&viewer.profile), MARKED_WATCHED);
        let (watchlist, favourites, watched) = try_join3(watchlist, favourites, watched).await?;
        Ok(Marks { watchlist, favourites, watched })
    }

    pub(in super::super) async fn list_lists(&self, context: RequestContext, call: ListLists) -> Result<Vec<TitleList>, Problem> {
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
        let having = match &call.title {
            Some(title) => Some(self.having(&context, &lists, title).await?),
            None => None,
        };
        // Without the names, which are another service's, the lists are there all the same.
        let household = if lists.iter().any(|(key, _)| key.profile != viewer.profile) {
            context.send(ListProfiles {}).await.unwrap_or_default()
        } else {
            Vec::new()
        };
        let told = |list: &Stored| {
            let (list, list_id) = (list.clone(), list.0.id());
            let owner = household.iter().find(|profile| profile.id == list.0.profile).map(|profile| profile.name.clone());
            let told = self.told(&context, list);
            let has_title = having.as_ref().map(|having| having.contains(&list_id));
            async move { told.await.map(|told| TitleList { shared_by: owner.filter(|_| !told.is_own), has_title, ..told }) }
        };
        // What is counted title by title is counted one list after the other.
        let at_once = if viewer.authorization.maturity.is_some() { 1 } else { COUNTED_AT_ONCE };
        let mut all = Vec::with_capacity(lists.len());
        for some in lists.chunks(at_once) {
            all.extend(try_join_all(some.iter().map(told)).await?);
        }
        Ok(all)
    }

    async fn told(&self, context: &RequestContext, (key, list): Stored) -> Result<TitleList, Problem> {
        Ok(TitleList {
            id: key.list_id()?,
            name: list.name,
            note: list.note,
            is_shared: list.household.is_some(),
            is_own: key.profile == context.viewer.profile,
            shared_by: None,
            count: self.shown_count(context, Counted::List(&key)).await?,
            has_title: None,
        })
    }

    /// Those of some lists, by their documents, that have a title: none where it is not for whoever asks, as it is counted on none.
    async fn having(&self, context: &RequestContext, lists: &[Stored], title: &TitleId) -> Result<HashSet<String>, Problem> {
        let viewer = &context.viewer;
        if viewer.is_new {
            return Ok(HashSet::new());
        }
        if viewer.authorization.maturity.is_some() && shown_ids(context, std::slice::from_ref(title)).await?.is_empty() {
            return Ok(HashSet::new());
        }
        Ok(self.lists.having(lists.iter().map(|(key, _)| key), title).await?)
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
        self.lists.save(&key, record.clone()).await?;
        self.told(&context, (key, record)).await
    }

    pub(in super::super) async fn delete_list(&self, context: RequestContext, call: DeleteList) -> Result<(), Problem> {
        if !is_new_id(call.id.as_str()) {
            return Err(Problem::not_found("list"));
        }
        let viewer = &context.viewer;
        self.check_life(viewer).await?;
        Ok(self.lists.delete(&ListKey::new(&viewer.profile, &call.id), self.guest_updated(viewer)).await?)
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
        let ((records, next), total) = try_join(async { Ok(page.await?) }, self.shown_count(context, Counted::List(key))).await?;
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
        let putting = Putting { note: call.note, change: call.change, restores: call.restores, ..Putting::default() };
        self.add(&context, &key, &call.id, putting).await
    }

    /// Only what whoever asks is shown.
    async fn add(&self, context: &RequestContext, key: &ListKey, title: &TitleId, putting: Putting) -> Result<(), Problem> {
        let viewer = &context.viewer;
        self.check_life(viewer).await?;
        shown_card(context, title).await?;
        let putting = Putting { is_guest: viewer.member.is_none(), ..putting };
        if self.lists.put_on(key, title, putting).await? {
            self.tell(context, key, title, true);
        }
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
        self.remove(&context, &key, &call.id, (call.change, call.undoes)).await
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
        self.add(&context, &ListKey::favourites(&context.viewer.profile), &call.id, Putting::default()).await
    }

    pub(in super::super) async fn add_named_favourite(
        &self,
        context: RequestContext,
        call: AddNamedFavourite,
    ) -> Result<(), Problem> {
        let putting = Putting { change: Some(call.change), restores: call.restores, ..Putting::default() };
        self.add(&context, &ListKey::favourites(&context.viewer.profile), &call.id, putting).await
    }

    pub(in super::super) async fn remove_favourite(&self, context: RequestContext, call: RemoveFavourite) -> Result<(), Problem> {
        let named = (call.change, call.undoes);
        self.remove(&context, &ListKey::favourites(&context.viewer.profile), &call.id, named).await
    }

    async fn remove(
        &self,
        context: &RequestContext,
        key: &ListKey,
        title: &TitleId,
        (change, undoes): (Option<u64>, Option<u64>),
    ) -> Result<(), Problem> {
        let is_guest = context.viewer.member.is_none();
        // What is known of it is kept.
        self.check_life(&context.viewer).await?;
        if self.lists.take_off(key, title, TakingOff { is_guest, change, undoes }).await? {
            self.tell(context, key, title, false);
        }
        Ok(())
    }

    /// Nothing is kept for a profile that is gone.
    pub(super) async fn check_life(&self, viewer: &Viewer) -> Result<(), Problem> {
        check_life(&*self.tombstones, &viewer.profile).await
    }
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
