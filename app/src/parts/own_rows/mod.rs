//! The rows of the home page that are the viewer's own: what is recommended to them, and why.
//!
//! Where they stand is a part of the page ([`OwnRowsPlace`]); what fills it is a chunk's ([`live`]), because a first visit has none of
//! it. A server that renders the page fills the place itself ([`rendered`]), as it would be filled.

mod hidden;
pub mod hide;
pub mod live;
#[cfg(feature = "ssr")]
pub mod rendered;

use contract::discovery::{LikedBy, MyRow, RowAbout, Why};
use leptos::prelude::*;

stylance::import_crate_style!(style, "src/parts/own_rows/own_rows.module.scss");

/// What finds the places in a document.
const PLACE: &str = "[data-own-rows]";
const HIDDEN: &str = "[data-hidden-rows]";

/// Whether the server wrote rows into the page at hand, which is no first visit then: what they can do is wanted at once.
#[cfg(feature = "browser")]
pub fn are_written() -> bool {
    document().query_selector("[data-own-rows] > *").is_ok_and(|row| row.is_some())
}

/// Where the rows stand on the home page.
#[component]
pub fn OwnRowsPlace() -> impl IntoView {
    #[cfg(feature = "ssr")]
    let rows = use_context::<rendered::OwnRows>().map(|rows| rows.0).unwrap_or_default();
    // What a server wrote stays until the chunk is there.
    #[cfg(not(feature = "ssr"))]
    let rows = crate::head::Markup::default();
    crate::head::own_rows(rows)
}

/// What a row is called.
fn heading(about: &RowAbout, viewer: Option<&str>) -> String {
    match about {
        RowAbout::TopPicks => format!("Top picks for {}", viewer.unwrap_or("you")),
        RowAbout::BecauseYouWatched { title, .. } => format!("Because you watched {title}"),
        RowAbout::New => "New here, picked for you".to_owned(),
        RowAbout::PopularHere => "Popular here now".to_owned(),
    }
}

/// The reason that all titles of a row share: it is said once, under the heading.
fn shared_reason(row: &MyRow) -> Option<String> {
    let mut reasons = row.items.iter().map(|item| reason(&row.about, &item.why));
    let first = reasons.next()??;
    reasons.all(|other| other.as_ref() == Some(&first)).then_some(first)
}

/// Why a title is in a row; nothing where the row's name says it.
fn reason(about: &RowAbout, why: &Why) -> Option<String> {
    match about {
        RowAbout::PopularHere => None,
        RowAbout::BecauseYouWatched { .. } if matches!(why, Why::BecauseYouWatched { .. }) => None,
        RowAbout::New | RowAbout::TopPicks | RowAbout::BecauseYouWatched { .. } => Some(fits(why)),
    }
}

fn fits(why: &Why) -> String {
    match why {
        Why::BecauseYouWatched { title, .. } => format!("Because you watched {title}"),
        Why::FitsHistory { liked: Some(liked) } => match liked.by {
            LikedBy::Listed => format!("Because {} is on your lists", liked.title),
            LikedBy::Rated => format!("Because you liked {}", liked.title),
        },
        Why::FitsHistory { liked: None } => "Similar to what you watch and rate".to_owned(),
        Why::Popular => "Watched by many".to_owned(),
        Why::PopularHere => "Watched here lately".to_owned(),
    }
}
