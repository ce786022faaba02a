//! The page of lists: "My list", favourites, lists of one's own, those that others of the household share, and the history. Each has
//! an address of its own, so that the ways between them are links.

mod arrange;
mod form;
mod history;
mod titles;
mod transfer;
mod ways;

use contract::{
    Code,
    library::{TitleList, WATCHLIST},
};
use leptos::{html, prelude::*};

use crate::{
    head::PageTitle,
    parts::{
        dom,
        failure::Failure,
        marks::{use_changing, use_pending},
        skeleton::GridSkeleton,
        use_store, words,
    },
    route::Route,
    store::{
        Shown, StateStoreFields,
        library::{
            library,
            shelf::{Shelf, ShelfPage},
        },
    },
};
use arrange::Arrange;
use form::{ListForm, Subject};
use history::History;
use titles::{More, Titles};
use transfer::Transfer;
use ways::{OwnWays, Ways};

stylance::import_crate_style!(style, "src/pages/my_list/my_list.module.scss");

/// The heading where nothing is known of the list of an address but that there is none.
const NO_LIST: &str = "List not found";

/// What the parts of this page share.
#[derive(Clone, Copy)]
struct OnPage {
    shelf: Memo<Shelf>,
    /// With what is under way.
    page: Memo<Shown<ShelfPage>>,
    lists: Memo<Vec<TitleList>>,
    /// The list that is open, where it is one.
    list: Memo<Option<TitleList>>,
    /// It was open, and is there no more: another device deleted it, or it is not shared any more.
    is_gone: Memo<bool>,
    /// The list that is made or changed.
    form: RwSignal<Option<Subject>>,
    is_arranging: RwSignal<bool>,
    /// Where whoever deleted the list that was open goes on.
    heading: NodeRef<html::H1>,
}

#[component]
pub fn MyListPage() -> impl IntoView {
    let (state, _) = use_store();
    let library = library();
    let again = library.again();
    let pending = use_pending();
    let shelf = Memo::new(move |_| {
        state
            .route()
            .with(|route| if let Route::MyList { list } = route { Shelf::parse(list.as_deref()) } else { Shelf::my_list() })
    });
    let page = library.select_with(
        |library, pending: &Vec<_>| match library.page_with(pending) {
            Some(page) => Shown::Ready(page),
            None => library.failed().cloned().map_or(Shown::Waiting, Shown::Failed),
        },
        pending.into(),
    );
    let lists = library.select_with(|library, pending: &Vec<_>| library.lists_with(pending).unwrap_or_default(), pending.into());
    let list = Memo::new(move |_| {
        let Shelf::List(id) = shelf.get() else { return None };
        lists.with(|lists| lists.iter().find(|list| list.id == id).cloned())
    });
    // As it was last there.
    let last = Memo::new(move |before: Option<&Option<TitleList>>| {
        let is_open = |last: &TitleList| shelf.with(|shelf| *shelf == Shelf::List(last.id.clone()));
        list.get().or_else(|| before.cloned().flatten().filter(is_open))
    });
    let is_gone = Memo::new(move |_| {
        // Everybody has one: without any they are not known.
        let is_known = lists.with(|lists| !lists.is_empty());
        is_known && last.with(Option::is_some) && list.with(Option::is_none)
    });
    let on_page = OnPage {
        shelf,
        page,
        lists,
        list,
        is_gone,
        form: RwSignal::new(None),
        is_arranging: RwSignal::new(false),
        heading: NodeRef::new(),
    };
    Effect::new(move || {
        shelf.track();
        on_page.is_arranging.set(false);
    });
    let is_unknown = Memo::new(move |_| page.with(|page| page.failed().is_some_and(|problem| problem.code == Code::NotFound)));
    let name = Memo::new(move |_| if is_unknown.get() { NO_LIST.to_owned() } else { name(&shelf.get(), last.get().as_ref()) });
    let shape = Memo::new(move |_| {
        page.with(|page| match page {
            Shown::Ready(page) => Shown::Ready(page.items.is_empty() && page.next.is_none()),
            Shown::Waiting => Shown::Waiting,
            Shown::Failed(problem) => Shown::Failed(problem.clone()),
        })
    });
    let place = NodeRef::<html::Div>::new();
    view! {
        <PageTitle text=move || format!("{} \u{b7} Marquee", name.try_get().unwrap_or_else(|| "My list".to_owned()))/>
        <div class=style::page node_ref=place>
            <Ways on_page=on_page/>
            <Head on_page=on_page name=name/>
            {move || match (shelf.get(), shape.get()) {
                (Shelf::List(_), Shown::Ready(_)) if is_gone.get() => titles::gone(last.get_untracked().as_ref()).into_any(),
                (Shelf::List(_), Shown::Failed(_)) if is_unknown.get() => titles::gone(None).into_any(),
                (_, Shown::Waiting) => view! { <GridSkeleton/> }.into_any(),
                (_, Shown::Failed(problem)) => view! { <Failure problem=problem again=again/> }.into_any(),
                (Shelf::History, Shown::Ready(is_empty)) => view! { <History on_page=on_page is_empty=is_empty/> }.into_any(),
                (Shelf::List(_) | Shelf::Favourites, Shown::Ready(true)) => titles::nothing(on_page).into_any(),
                (Shelf::List(_) | Shelf::Favourites, Shown::Ready(false)) => view! {
                    <Show when=move || on_page.is_arranging.get() fallback=move || view! { <Titles on_page=on_page/> }>
                        <Arrange on_page=on_page/>
                    </Show>
                    <More on_page=on_page/>
                }
                .into_any(),
            }}
            <Transfer on_page=on_page/>
            <ListForm on_page=on_page/>
        </div>
    }
    .into_any()
}

/// The name of the list, how many titles it has, what is noted of it, and what can be done with it.
#[component]
fn Head(on_page: OnPage, name: Memo<String>) -> impl IntoView {
    let total = Memo::new(move |_| {
        on_page
            .page
            .with(|page| if let Shown::Ready(page) = page { Some(page.total) } else { None })
            .filter(|_| !on_page.is_gone.get())
    });
    let note = Memo::new(move |_| on_page.list.with(|list| list.as_ref().map(|list| list.note.clone()).unwrap_or_default()));
    let whose = Memo::new(move |_| on_page.list.with(|list| list.as_ref().and_then(whose)));
    view! {
        <header class=style::head>
            <h1 class=style::name tabindex="-1" node_ref=on_page.heading><bdi>{move || name.get()}</bdi></h1>
            <p class=style::facts>
                <span role="status">{move || total.get().map(words::titles)}</span>
                {move || whose.get().map(|whose| view! { <span>{whose}</span> })}
            </p>
            {move || Some(note.get()).filter(|note| !note.is_empty()).map(|note| view! { <p class=style::note dir="auto">{note}</p> })}
            <OwnWays on_page=on_page/>
        </header>
    }
    .into_any()
}

fn name(shelf: &Shelf, list: Option<&TitleList>) -> String {
    match (shelf, list) {
        (Shelf::Favourites, _) => "Favourites".to_owned(),
        (Shelf::History, _) => "History".to_owned(),
        (Shelf::List(id), _) if id.as_str() == WATCHLIST => "My list".to_owned(),
        (Shelf::List(_), Some(list)) => list.name.clone(),
        (Shelf::List(_), None) => "A list".to_owned(),
    }
}

/// Who sees a list, or whose it is.
fn whose(list: &TitleList) -> Option<String> {
    match (list.id.as_str() == WATCHLIST, list.is_own, list.is_shared) {
        (true, ..) | (false, true, false) => None,
        (false, true, true) => Some("Shared with your household".to_owned()),
        // In a direction of its own, as every name.
        (false, false, _) => Some(list.shared_by.as_ref().map_or_else(
            || "Shared by somebody of your household".to_owned(),
            |name| format!("Shared by \u{2068}{name}\u{2069}"),
        )),
    }
}

/// What had the focus goes with what was pressed: it goes to what stands at this place by then.
fn keep_focus(scope: NodeRef<html::Ul>, selector: &'static str, nth: usize) {
    if let Some(scope) = scope.get_untracked() {
        dom::rescue_focus(&scope, selector, nth);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_says_whose_it_is_where_that_is_not_plain() {
        let list = |id: &str, is_own, is_shared| TitleList {
            id: id.parse().unwrap(),
            name: "Sunday".into(),
            note: String::new(),
            is_shared,
            is_own,
            shared_by: None,
            count: 0,
            has_title: None,
        };
        assert_eq!(whose(&list(WATCHLIST, true, false)), None);
        assert_eq!(whose(&list("a", true, false)), None);
        assert_eq!(whose(&list("a", true, true)).as_deref(), Some("Shared with your household"));
        assert_eq!(whose(&list("a", false, true)).as_deref(), Some("Shared by somebody of your household"));
        let ada = TitleList { shared_by: Some("Ada".into()), ..list("a", false, true) };
        assert_eq!(whose(&ada).as_deref(), Some("Shared by \u{2068}Ada\u{2069}"));
        assert_eq!(name(&Shelf::List("a".parse().unwrap()), Some(&list("a", true, false))), "Sunday");
    }
}
