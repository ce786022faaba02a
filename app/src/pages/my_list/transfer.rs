//! Taking lists and history elsewhere, and bringing them in: files to save, a file to choose, and what came of it.

use contract::{
    Problem,
    library::{ImportPart, ImportReport, LibraryPart, TitleList, WATCHLIST},
};
use leptos::{ev, prelude::*};

use super::{OnPage, style};
use crate::{
    parts::{button, dom, words},
    store::{
        Submission,
        library::{LibraryAction, change::quoted, library, shelf::Shelf},
        transfer::{Into, Part, TransferAction, transfer},
    },
};

#[component]
pub fn Transfer(on_page: OnPage) -> impl IntoView {
    let slice = transfer();
    let dispatch = slice.dispatcher();
    let file = slice.select(|slice| slice.file.clone());
    Effect::new(move || {
        if let Some(file) = file.get() {
            dom::save_file(&file.name, file.media_type, &file.text);
            dispatch.run(TransferAction::FileTaken);
        }
    });
    let is_busy = slice.select(|slice| slice.exporting == Submission::Pending);
    let export = move |part: Part| dispatch.run(TransferAction::ExportWanted(part));
    view! {
        <details class=stylance::classes!(style::transfer, style::unfold)>
            <summary class=style::summary>"Export and import"</summary>
            <div class=style::transfer_body>
                <section class=style::transfer_part aria-labelledby="export">
                    <h2 class=style::label id="export">"Save as a file"</h2>
                    <p class=style::hint>
                        "\u{201c}Save as CSV\u{201d} saves the list that you are looking at, for Letterboxd, IMDb and spreadsheets. \u{201c}Save everything\u{201d} saves all your lists, favourites, history, ratings and reviews in one JSON file."
                    </p>
                    <div class=style::ways>
                        <button class=button::QUIET type="button" aria-disabled=move || is_busy.get().to_string() on:click=move |_| export(csv(&on_page.shelf.get_untracked()))>
                            "Save as CSV"
                        </button>
                        <button class=button::QUIET type="button" aria-disabled=move || is_busy.get().to_string() on:click=move |_| export(Part::All)>
                            "Save everything"
                        </button>
                    </div>
                </section>
                <Import on_page=on_page/>
            </div>
        </details>
    }
    .into_any()
}

/// What becomes of texts, said before a file is chosen: others read them at once.
const PUBLISHED: &str = "Reviews in a JSON file are published: everybody here can read their texts. They are shown under your own name for reviews (\u{201c}Shown as\u{201d}) or, if you have none, under the name in the file.";

#[component]
fn Import(on_page: OnPage) -> impl IntoView {
    let slice = transfer();
    let dispatch = slice.dispatcher();
    let library = library().dispatcher();
    let own = Memo::new(move |_| on_page.list.get().filter(|list| list.is_own && list.id.as_str() != WATCHLIST));
    let into = RwSignal::new(ImportPart::History);
    Effect::new(move || into.set(part(&on_page.shelf.get(), own.get().is_some())));
    let report = slice.select(|slice| slice.report.clone());
    let went = slice.select(|slice| slice.into.clone());
    // As it is called now: what is said once is not said again where the list changes.
    let place = move || went.get_untracked().and_then(|into| on_page.lists.with_untracked(|lists| place(&into, lists)));
    // What is on the screen may lack what came.
    Effect::new(move || {
        if report.with(|report| report.as_ref().is_some_and(|report| report.added > 0)) {
            library.run(LibraryAction::Resync);
        }
    });
    let problem = slice.select(|slice| slice.importing.failed().cloned());
    let is_busy = slice.select(|slice| slice.importing == Submission::Pending);
    // One that is disabled would lose the focus.
    let wait = move |event: ev::MouseEvent| {
        if is_busy.get_untracked() {
            event.prevent_default();
        }
    };
    let chosen = move |event| {
        let into = (into.get_untracked(), own.get_untracked().map(|list| list.id));
        dom::read_file(&event, move |file| {
            dispatch.run(match file {
                Some((name, text)) => TransferAction::ImportWanted { name, text, into },
                None => TransferAction::FileUnreadable,
            });
        });
    };
    let choice = move |value: ImportPart, word: String| {
        view! {
            <label class=style::choice>
                <input
                    type="radio"
                    name="import-into"
                    prop:checked=move || into.get() == value
                    on:change=move |_| into.set(value)
                />
                <bdi>{word}</bdi>
            </label>
        }
    };
    view! {
        <section class=style::transfer_part aria-labelledby="import">
            <h2 class=style::label id="import">"Import a file"</h2>
            <p class=style::hint>
                "A CSV file from Letterboxd or IMDb, or a JSON file from Marquee. For a diary of what you watched, choose History: the dates are kept. Nothing of yours is overwritten: a rating in the file counts only where you have none. Films that this library does not have are listed afterwards."
            </p>
            <fieldset class=style::choices>
                <legend class=style::hint>"The titles of a CSV file go to"</legend>
                {choice(ImportPart::History, "History".to_owned())}
                {choice(ImportPart::Watchlist, "My list".to_owned())}
                {choice(ImportPart::Favourites, "Favourites".to_owned())}
                {move || own.get().map(|list| choice(ImportPart::List, list.name))}
            </fieldset>
            <p class=style::hint id="import-published">{PUBLISHED}</p>
            <label class=style::file>
                <span>{move || if is_busy.get() { "Reading it" } else { "Choose a file" }}</span>
                <input
                    class=style::file_field
                    type="file"
                    accept=".csv,.json,text/csv,application/json"
                    aria-describedby="import-published"
                    aria-disabled=move || is_busy.get().to_string()
                    on:click=wait
                    on:change=chosen
                />
            </label>
            <div role="status">
                {move || report.get().map(|report| came_of_it(report, place()))}
                {move || problem.get().map(|problem| view! { <p class=style::failed>{refused(&problem)}</p> })}
            </div>
        </section>
    }
    .into_any()
}

/// Why a file was not read.
fn refused(problem: &Problem) -> String {
    match problem.fields.first() {
        Some(field) => format!("This file cannot be read: {}.", field.message.trim_end_matches('.')),
        None => words::problem(problem),
    }
}

/// What the list that is open is called where it is exported.
fn csv(shelf: &Shelf) -> Part {
    match shelf {
        Shelf::History => Part::Csv(LibraryPart::History, None),
        Shelf::Favourites => Part::Csv(LibraryPart::Favourites, None),
        Shelf::List(id) if id.as_str() == WATCHLIST => Part::Csv(LibraryPart::Watchlist, None),
        Shelf::List(id) => Part::Csv(LibraryPart::List, Some(id.clone())),
    }
}

/// Where a file most likely goes to from here.
const fn part(shelf: &Shelf, is_own_list: bool) -> ImportPart {
    match shelf {
        Shelf::List(_) if is_own_list => ImportPart::List,
        Shelf::History => ImportPart::History,
        Shelf::Favourites => ImportPart::Favourites,
        Shelf::List(_) => ImportPart::Watchlist,
    }
}

/// What the titles were added to, in a sentence; nothing where the file said that itself, for each by itself.
fn place((part, list): &Into, lists: &[TitleList]) -> Option<String> {
    Some(match part {
        ImportPart::History => "your history".to_owned(),
        ImportPart::Watchlist => "My list".to_owned(),
        ImportPart::Favourites => "your favourites".to_owned(),
        ImportPart::List => quoted(&lists.iter().find(|one| Some(&one.id) == list.as_ref())?.name),
    })
}

fn came_of_it(report: ImportReport, place: Option<String>) -> impl IntoView {
    let ImportReport { unmatched, unmatched_total, .. } = &report;
    let named = unmatched.iter().map(|title| match title.year {
        Some(year) => format!("{} ({year})", title.title),
        None => title.title.clone(),
    });
    let named = named.map(|name| view! { <li><bdi>{name}</bdi></li> }).collect_view();
    let more = unmatched_total.saturating_sub(u64::try_from(unmatched.len()).unwrap_or(u64::MAX));
    let has_unmatched = *unmatched_total > 0;
    view! {
        <p>{sentence(&report, place.as_deref())}</p>
        {unreadable(&report).map(|words| view! { <p class=style::hint>{words}</p> })}
        {has_unmatched.then(|| view! {
            <details class=style::unfold>
                <summary class=style::summary>"Show what was not found"</summary>
                <ul class=style::unmatched>{named}</ul>
                {(more > 0).then(|| view! { <p class=style::hint>{format!("And {} more.", words::count(more))}</p> })}
            </details>
        })}
    }
    .into_any()
}

/// Rows that are named; of more, that there are more.
const NAMED: usize = 5;
/// What makes a row one that can be read. What of it a row lacks the server does not say.
const NEEDED: &str = "Each row needs a title. Its year has to be a number, and its date a day up to today, such as 2024-05-01.";

/// Which rows could not be read, as a spreadsheet numbers them, and what a row needs.
fn unreadable(report: &ImportReport) -> Option<String> {
    let named: Vec<_> = report.unreadable.iter().take(NAMED).map(|row| words::count(*row)).collect();
    let more = report.unreadable_total.saturating_sub(u64::try_from(named.len()).unwrap_or(u64::MAX));
    let rows = match (named.as_slice(), more) {
        ([], _) => return None,
        ([one], 0) => format!("It is row {one} of the file."),
        ([others @ .., last], 0) => format!("They are rows {} and {last} of the file.", others.join(", ")),
        (named, more) => format!("They are rows {} and {} more.", named.join(", "), words::count(more)),
    };
    Some(format!("{rows} {NEEDED}"))
}

/// What came of a file, in one sentence for each kind of thing that did.
fn sentence(report: &ImportReport, place: Option<&str>) -> String {
    let to = place.map(|place| format!(" to {place}")).unwrap_or_default();
    let name = report.reviewer.as_deref().map(|name| format!(" as {}", quoted(name))).unwrap_or_default();
    let said = [
        (report.added == 0 && report.rated == 0 && report.reviews == 0).then(|| "Nothing was added.".to_owned()),
        count(report.added, &format!("entry was added{to}."), &format!("entries were added{to}.")),
        count(report.rated, "rating was added.", "ratings were added."),
        count(report.reviews, &format!("review was published{name}."), &format!("reviews were published{name}.")),
        count(report.known, "was there already.", "were there already."),
        count(report.rated_before, "rating was there already.", "ratings were there already."),
        count(report.unmatched_total, "film is not in this library.", "films are not in this library."),
        count(report.unreadable_total, "row could not be read.", "rows could not be read."),
    ];
    said.into_iter().chain(left_out(report)).flatten().collect::<Vec<_>>().join(" ")
}

/// What was left out, apart for each reason.
fn left_out(report: &ImportReport) -> [Option<String>; 5] {
    let ImportReport { left_out, not_allowed, rate_limited, nameless, hidden, .. } = *report;
    let beyond = left_out.saturating_sub(not_allowed + rate_limited + nameless + hidden);
    [
        count(
            beyond,
            "was left out: more than a file, a list or a history takes, or of a list without a name.",
            "were left out: more than a file, a list or a history takes, or of a list without a name.",
        ),
        count(
            not_allowed,
            "rating was left out: you may not rate films here.",
            "ratings were left out: you may not rate films here.",
        ),
        count(
            rate_limited,
            "rating was left out: more than you may add within an hour. Import the file again later.",
            "ratings were left out: more than you may add within an hour. Import the file again later.",
        ),
        count(
            nameless,
            "text was left out: you have no name to show it under. Choose one where you write a review (\u{201c}Shown as\u{201d}), then import the file again.",
            "texts were left out: you have no name to show them under. Choose one where you write a review (\u{201c}Shown as\u{201d}), then import the file again.",
        ),
        count(
            hidden,
            "rating was left out: an operator hid what you wrote of that film before.",
            "ratings were left out: an operator hid what you wrote of these films before.",
        ),
    ]
}

/// What became of so many; nothing of none.
fn count(number: u64, one: &str, many: &str) -> Option<String> {
    match number {
        0 => None,
        1 => Some(format!("1 {one}")),
        number => Some(format!("{} {many}", words::count(number))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_of_a_file_is_said_as_a_person_would() {
        let nothing = ImportReport::default();
        assert_eq!(sentence(&nothing, Some("My list")), "Nothing was added.");
        let ratings = ImportReport { rated: 2, ..ImportReport::default() };
        assert_eq!(sentence(&ratings, Some("My list")), "2 ratings were added.");
        let some = ImportReport { added: 1, known: 2, unmatched_total: 1, unreadable_total: 3, ..ImportReport::default() };
        assert_eq!(
            sentence(&some, Some("your history")),
            "1 entry was added to your history. 2 were there already. 1 film is not in this library. 3 rows could not be read."
        );
        assert!(sentence(&some, None).starts_with("1 entry was added. "), "a document says itself to what");
        let again = ImportReport { rated_before: 3, ..ImportReport::default() };
        assert_eq!(sentence(&again, None), "Nothing was added. 3 ratings were there already.");
    }

    #[test]
    fn what_was_left_out_is_said_by_its_reason_and_by_no_other() {
        let of = |report: ImportReport| left_out(&report).into_iter().flatten().collect::<Vec<_>>();
        let banned = ImportReport { left_out: 2, not_allowed: 2, ..ImportReport::default() };
        assert_eq!(of(banned), ["2 ratings were left out: you may not rate films here."]);
        let beyond = of(ImportReport { left_out: 1, ..ImportReport::default() });
        assert!(matches!(beyond.as_slice(), [one] if one.starts_with("1 was left out: more than a file,")), "{beyond:?}");
        let all =
            of(ImportReport { left_out: 15, not_allowed: 1, rate_limited: 2, nameless: 3, hidden: 4, ..ImportReport::default() });
        let begin = ["5 were left out: ", "1 rating was left out: ", "2 ratings were", "3 texts were", "4 ratings were"];
        assert!(all.len() == 5 && all.iter().zip(begin).all(|(one, begin)| one.starts_with(begin)), "{all:?}");
        assert_eq!(of(ImportReport::default()), [""; 0]);
    }

    #[test]
    fn what_was_published_is_said_with_the_name_that_it_is_shown_under() {
        let published = |reviews| {
            let reviewer = Some("Ada L.".to_owned());
            sentence(&ImportReport { rated: 3, reviews, reviewer, ..ImportReport::default() }, None)
        };
        let ada = quoted("Ada L.");
        assert_eq!(published(2), format!("3 ratings were added. 2 reviews were published as {ada}."));
        assert_eq!(published(1), format!("3 ratings were added. 1 review was published as {ada}."));
        assert_eq!(published(0), "3 ratings were added.");
        let texts = ImportReport { reviews: 1, reviewer: Some("Ada L.".to_owned()), rated_before: 1, ..ImportReport::default() };
        assert_eq!(sentence(&texts, None), format!("1 review was published as {ada}. 1 rating was there already."));
        assert!(PUBLISHED.contains("Shown as") && PUBLISHED.contains("the name in the file"), "said before one is chosen");
    }

    #[test]
    fn the_first_rows_that_could_not_be_read_are_named() {
        let of = |rows: &[u64], unreadable_total| {
            unreadable(&ImportReport { unreadable: rows.to_vec(), unreadable_total, ..ImportReport::default() })
        };
        assert_eq!(of(&[], 0), None);
        assert!(of(&[3], 1).is_some_and(|words| words.starts_with("It is row 3 of the file. ")));
        assert!(of(&[3, 4, 1200], 3).is_some_and(|words| words.starts_with("They are rows 3, 4 and 1,200 of the file. ")));
        let many = of(&[2, 3, 4, 5, 6, 7], 300);
        assert!(many.is_some_and(|words| words.starts_with("They are rows 2, 3, 4, 5, 6 and 295 more. ")));
    }

    #[test]
    fn what_the_titles_were_added_to_is_named_as_the_viewer_calls_it() {
        let own: contract::ids::ListId = "0123456789abcdef0123".parse().unwrap();
        let sunday = TitleList {
            id: own.clone(),
            name: "Sunday".into(),
            note: String::new(),
            is_shared: false,
            is_own: true,
            shared_by: None,
            count: 0,
            has_title: None,
        };
        let lists = [sunday];
        assert_eq!(place(&(ImportPart::Favourites, None), &lists).as_deref(), Some("your favourites"));
        assert_eq!(place(&(ImportPart::List, Some(own.clone())), &lists), Some(quoted("Sunday")));
        assert_eq!(place(&(ImportPart::List, Some(own)), &[]), None, "it was deleted meanwhile");
    }

    #[test]
    fn what_is_open_is_what_is_taken() {
        let own: contract::ids::ListId = "0123456789abcdef0123".parse().unwrap();
        assert_eq!(csv(&Shelf::my_list()), Part::Csv(LibraryPart::Watchlist, None));
        assert_eq!(csv(&Shelf::List(own.clone())), Part::Csv(LibraryPart::List, Some(own)));
        assert_eq!(part(&Shelf::Favourites, false), ImportPart::Favourites);
    }
}
