//! The film's chapters: a panel of names, times and pictures, from which one goes to any of them.
//!
//! Only where the film has chapters.

use contract::playback::{Chapter, Storyboard};
use leptos::{ev, prelude::*};

use super::{
    controller::{Controller, Panel},
    glyph::{Glyph, glyph},
    keys::Command,
    screen, timeline,
};
use crate::parts::{
    icon::{Icon, icon},
    time,
};

stylance::import_crate_style!(style, "src/pages/watch/player/chapters.module.scss");

/// Seconds into a chapter that its picture is taken from: the very first one is often black.
const PICTURE_AT: f64 = 1.0;

/// Whether the film has any.
pub fn has_some(controller: Controller) -> bool {
    controller.session.with_value(|session| !session.chapters.is_empty())
}

/// Opens the list, with the focus on the chapter of now.
pub fn open(controller: Controller) {
    controller.open_panel(Panel::Chapters);
    request_animation_frame(|| {
        // Before the first chapter there is none of now.
        screen::focus_first("#player-chapters li button");
        screen::focus_first("#player-chapters [aria-current]");
    });
}

#[component]
pub fn ChaptersButton() -> impl IntoView {
    let controller = expect_context::<Controller>();
    let is_open = move || controller.panel.get() == Some(Panel::Chapters);
    let toggle = move |_| {
        if controller.panel.get_untracked() == Some(Panel::Chapters) {
            controller.run(Command::Close);
        } else {
            open(controller);
        }
    };
    has_some(controller).then(|| {
        view! {
            <button
                class=style::round
                id="player-chapters-button"
                aria-label="Chapters"
                title="Chapters"
                aria-controls="player-chapters"
                aria-expanded=move || is_open().to_string()
                on:click=toggle
            >
                {glyph(Glyph::Chapters)}
            </button>
        }
    })
}

#[component]
pub fn Chapters() -> impl IntoView {
    let controller = expect_context::<Controller>();
    view! {
        <Show when=move || controller.panel.get() == Some(Panel::Chapters)>
            <div class=style::panel id="player-chapters" role="group" aria-label="Chapters" data-focus-dialog="" on:keydown=by_arrows>
                <div class=style::head>
                    <h2>"Chapters"</h2>
                    <button class=style::close aria-label="Close the chapters" on:click=move |_| controller.run(Command::Close)>
                        {icon(Icon::Close)}
                    </button>
                </div>
                <ol>{list(controller)}</ol>
            </div>
        </Show>
    }
    .into_any()
}

fn list(controller: Controller) -> impl IntoView {
    let (chapters, board) = controller.session.with_value(|session| (session.chapters.clone(), session.storyboard.clone()));
    let starts: Vec<f64> = chapters.iter().map(|chapter| chapter.start).collect();
    let current = Memo::new(move |_| timeline::chapter_index(&starts, controller.live.position.get()));
    chapters
        .into_iter()
        .enumerate()
        .map(|(index, chapter)| {
            let start = chapter.start;
            let picture = board.as_ref().and_then(|board| picture(board, &chapter));
            let go = move |_| {
                controller.seek(start);
                controller.run(Command::Close);
            };
            view! {
                <li>
                    <button
                        class=style::chapter
                        aria-current=move || (current.get() == Some(index)).then_some("true")
                        on:click=go
                    >
                        {picture.map(|look| view! { <span class=style::picture style=look aria-hidden="true"></span> })}
                        <span class=style::name>{chapter.title}</span>
                        <span class=style::time>
                            <span aria-hidden="true">{time::clock(start)}</span>
                            <span class=style::spoken>{format!("at {}", time::spoken(start))}</span>
                        </span>
                    </button>
                </li>
            }
        })
        .collect_view()
}

/// The storyboard's picture of a chapter, as the style of a box of any width.
fn picture(board: &Storyboard, chapter: &Chapter) -> Option<String> {
    timeline::tile(board, chapter.start + PICTURE_AT).map(|tile| tile.look(board))
}

/// Up and Down go along the list, from end to end.
fn by_arrows(event: ev::KeyboardEvent) {
    let step = match event.key().as_str() {
        "ArrowDown" => 1,
        "ArrowUp" => -1,
        _ => return,
    };
    if screen::step_focus("#player-chapters li button", step) {
        event.prevent_default();
    }
}
