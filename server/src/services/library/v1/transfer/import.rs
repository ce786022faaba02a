//! Files, added to what a profile keeps.
//!
//! Everything that can be wrong with a file is found before anything of it is written; what is written is found there by the next
//! try, which adds the rest.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::LazyLock,
};

use contract::{
    Code, Problem,
    catalog::{TitleName, TitleReference},
    ids::TitleId,
    library::{FILE_ENTRIES, GUEST_FILE_ENTRIES, ImportLibrary, ImportReport, REPORTED},
    reviews::MyRating,
};
use rand::distr::{Alphanumeric, SampleString};
use runtime::spare::Spare;

use super::{
    super::{
        super::{
            Library, Tally,
            file::{self, Entry, File, Part, Rating, Target, WantedList},
            history::Viewings,
            lists::ListKey,
            record::ListRecord,
            transfers::Transfer,
        },
        history::{CLOCKS_DIFFER, owner},
    },
    Said,
    destinations::{Destination, ID, destinations},
    matches, rate, references,
};
use crate::{
    context::{RequestContext, Viewer},
    mount::check_right,
};

/// Titles of the history that are noted in one turn: as many as a guest's file may have.
const WATCHED: usize = GUEST_FILE_ENTRIES;

/// Files are read beside requests.
static READING: LazyLock<Spare> = LazyLock::new(Spare::default);

impl Library {
    pub(in super::super::super) async fn import_library(
        &self,
        context: RequestContext,
        call: ImportLibrary,
    ) -> Result<ImportReport, Problem> {
        let viewer = &context.viewer;
        self.check_life(viewer).await?;
        let transfer = self.transfers.begin(&context).await?;
        let file = self.read(viewer, &transfer, call).await?;
        for part in &file.parts {
            check_right(part.target.right(), viewer)?;
            if let Target::Own(list) = &part.target
                && !self.lists.exists(&ListKey::of_call(&viewer.profile, list)?).await?
            {
                return Err(Problem::not_found("list"));
            }
        }
        let titles = Titles::find(&context, &file, &transfer).await?;
        let mut report = titles.report(&file);
        let said = Said { ratings: titles.ratings(&file), name: file.reviewer.clone() };
        let mut tally = Tally::default();
        let mut own = self.destinations(viewer, &file).await?;
        for part in file.parts {
            tally.add(self.add_part((viewer, &transfer), part, &titles, &mut own).await?);
        }
        report.added = tally.added;
        report.known = tally.known;
        report.left_out += tally.left_out;
        rate(&context, &transfer, said, &mut report).await?;
        Ok(report)
    }

    async fn read(&self, viewer: &Viewer, transfer: &Transfer, call: ImportLibrary) -> Result<File, Problem> {
        let most = if viewer.member.is_none() { GUEST_FILE_ENTRIES } else { FILE_ENTRIES };
        let latest = self.clock.millis().saturating_add(CLOCKS_DIFFER);
        let _turn = transfer.turn().await?;
        let read = READING.run(move || file::read(&call, most, latest)).await;
        read.map_err(|error| {
            tracing::error!(%error, "the reading of a file broke off");
            Problem::internal()
        })?
    }

    async fn add_part(
        &self,
        (viewer, transfer): (&Viewer, &Transfer),
        Part { target, entries }: Part,
        titles: &Titles,
        own: &mut Destinations,
    ) -> Result<Tally, Problem> {
        let key = match target {
            Target::History => {
                let mut watched: HashMap<TitleId, Viewings> = HashMap::new();
                for entry in entries {
                    if let Some(title) = titles.of(&entry) {
                        let viewings = watched.entry(title.clone()).or_default();
                        viewings.days.extend(entry.viewings.days);
                        viewings.undated += entry.viewings.undated;
                    }
                }
                let (mut tally, mut watched) = (Tally::default(), watched.into_iter().peekable());
                while watched.peek().is_some() {
                    let _turn = transfer.turn().await?;
                    let some = watched.by_ref().take(WATCHED).collect();
                    tally.add(self.history.add_many(owner(viewer), some).await?);
                }
                return Ok(tally);
            }
            Target::Ratings => return Ok(Tally::default()),
            Target::Watchlist => Some(ListKey::watchlist(&viewer.profile)),
            Target::Favourites => Some(ListKey::favourites(&viewer.profile)),
            Target::Own(list) => Some(ListKey::new(&viewer.profile, &list)),
            Target::List(wanted) => self.list_for(viewer, wanted, own).await?,
        };
        let _turn = transfer.turn().await?;
        let found: Vec<_> = entries.into_iter().filter_map(|entry| Some((titles.of(&entry)?.clone(), entry.note))).collect();
        match key {
            Some(key) => self.lists.add_many(&key, found, viewer.member.is_none()).await,
            None => Ok(Tally { left_out: u64::try_from(found.len()).unwrap_or(u64::MAX), ..Tally::default() }),
        }
    }

    /// Where the file's lists go, in their order; nothing is asked of a file without any.
    async fn destinations(&self, viewer: &Viewer, file: &File) -> Result<Destinations, Problem> {
        let wanted: Vec<&WantedList> = file.parts.iter().filter_map(|part| part.target.list()).collect();
        if wanted.is_empty() {
            return Ok(Destinations::default());
        }
        let lists = self.lists.of(&viewer.profile).await?;
        let left = destinations(&viewer.profile, &lists, &wanted).into();
        Ok(Destinations { left, there: lists.into_iter().map(|(key, _)| key).collect() })
    }

    /// The list of the profile that a file's list goes to, or a new one; nothing where there are as many as there may be.
    async fn list_for(&self, viewer: &Viewer, wanted: WantedList, own: &mut Destinations) -> Result<Option<ListKey>, Problem> {
        let (name, made) = match own.left.pop_front() {
            Some(Destination::There(key)) => return Ok(Some(key)),
            Some(Destination::New(name, made)) => (name, made),
            Some(Destination::Nowhere) | None => return Ok(None),
        };
        let made = ListKey::new(&viewer.profile, &made.parse().map_err(|_| Problem::internal())?);
        // It is another by now: what its owner made of it stays.
        let key = if own.there.contains(&made) { random_key(viewer)? } else { made };
        let household = viewer.member.as_ref().filter(|_| wanted.is_shared).map(|member| member.account.clone());
        let guest_updated = self.guest_updated(viewer);
        let record = ListRecord { note: wanted.note, household, guest_updated, ..ListRecord::named(&viewer.profile, &name) };
        match self.lists.replace(&key, record).await {
            Ok(()) => Ok(Some(key)),
            Err(problem) if problem.code == Code::LimitReached => Ok(None),
            Err(problem) => Err(problem),
        }
    }
}

/// Where the lists of a file go.
#[derive(Default)]
struct Destinations {
    /// Of those that are still to come, in their order.
    left: VecDeque<Destination>,
    /// The lists that the profile made.
    there: Vec<ListKey>,
}

fn random_key(viewer: &Viewer) -> Result<ListKey, Problem> {
    let id = Alphanumeric.sample_string(&mut rand::rng(), ID).parse().map_err(|_| Problem::internal())?;
    Ok(ListKey::new(&viewer.profile, &id))
}

/// Which titles a file means.
struct Titles {
    /// By what they are here.
    by_id: HashMap<TitleId, TitleReference>,
    by_name: HashMap<TitleName, TitleId>,
}

impl Titles {
    async fn find(context: &RequestContext, file: &File, transfer: &Transfer) -> Result<Self, Problem> {
        let entries = || file.parts.iter().flat_map(|part| &part.entries);
        let mut titles = Self { by_id: HashMap::new(), by_name: HashMap::new() };
        let ids: HashSet<&TitleId> = entries().filter_map(|entry| entry.id.as_ref()).collect();
        titles.by_id = references(context, transfer, ids).await?;
        let others: HashSet<&TitleName> = entries().filter(|entry| titles.of(entry).is_none()).map(|entry| &entry.name).collect();
        titles.by_name = matches(context, transfer, others).await?;
        Ok(titles)
    }

    /// What it is here counts where it is called so here: elsewhere, another title may have that id.
    fn of(&self, entry: &Entry) -> Option<&TitleId> {
        let is_called_so = |title: &&TitleReference| title.title == entry.name.title && title.year == entry.name.year;
        let here = entry.id.as_ref().and_then(|id| self.by_id.get(id)).filter(is_called_so);
        here.map(|title| &title.id).or_else(|| self.by_name.get(&entry.name))
    }

    /// What the file gives titles; of several the one of the latest day, and of those the last.
    fn ratings(&self, file: &File) -> Vec<MyRating> {
        let mut ratings: HashMap<&TitleId, (Option<u64>, &Rating)> = HashMap::new();
        for entry in file.parts.iter().flat_map(|part| &part.entries) {
            let (Some(title), Some(rating)) = (self.of(entry), &entry.rating) else { continue };
            let said = (entry.viewings.days.first().copied(), rating);
            let known = ratings.entry(title).or_insert(said);
            if known.0 <= said.0 {
                *known = said;
            }
        }
        let rating = |(id, (_, rating)): (&TitleId, (_, &Rating))| {
            let Rating { half_stars, review } = rating.clone();
            MyRating { id: id.clone(), half_stars, review }
        };
        let mut ratings: Vec<MyRating> = ratings.into_iter().map(rating).collect();
        ratings.sort_unstable_by(|one, other| one.id.cmp(&other.id));
        ratings
    }

    /// What was not found of a file, and not read.
    fn report(&self, file: &File) -> ImportReport {
        let entries = file.parts.iter().flat_map(|part| &part.entries);
        let mut seen = HashSet::new();
        let unmatched = entries.filter(|entry| self.of(entry).is_none()).map(|entry| &entry.name);
        let unmatched: Vec<&TitleName> = unmatched.filter(|name| seen.insert(*name)).collect();
        ImportReport {
            unmatched_total: u64::try_from(unmatched.len()).unwrap_or(u64::MAX),
            unmatched: unmatched.into_iter().take(REPORTED).cloned().collect(),
            unreadable: file.unreadable.clone(),
            unreadable_total: file.unreadable_total,
            left_out: file.left_out,
            ..ImportReport::default()
        }
    }
}
