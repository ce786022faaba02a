//! The player's own icons: inline SVG lines, hidden from screen readers.

use leptos::prelude::*;

stylance::import_crate_style!(style, "src/pages/watch/player/glyph.module.scss");

/// What an icon stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Glyph {
    Play,
    Pause,
    Replay,
    Back,
    On,
    Sound,
    Silence,
    Captions,
    Settings,
    Window,
    Full,
    Small,
    Keys,
    Chapters,
    Lock,
}

impl Glyph {
    const fn path(self) -> &'static str {
        match self {
            Self::Play => "M7.5 4.8v14.4L19.5 12z",
            Self::Pause => "M8 5h2.5v14H8zM13.5 5H16v14h-2.5z",
            Self::Replay => "M4.5 12a7.5 7.5 0 1 0 2.2-5.3L4.5 9M4.5 4v5h5",
            Self::Back => "M11.5 5 6 8l5.5 3M6.5 8H14a5.5 5.5 0 0 1 0 11H8",
            Self::On => "M12.5 5 18 8l-5.5 3M17.5 8H10a5.5 5.5 0 0 0 0 11h6",
            Self::Sound => "M4 9.5v5h3.5L12 18.5v-13L7.5 9.5zM15.5 9a4.2 4.2 0 0 1 0 6M18 6.5a7.8 7.8 0 0 1 0 11",
            Self::Silence => "M4 9.5v5h3.5L12 18.5v-13L7.5 9.5zM16 9.5l5 5M21 9.5l-5 5",
            Self::Captions => "M3.5 5.5h17v13h-17zM10.5 10.5a2.2 2.2 0 1 0 0 3M17.5 10.5a2.2 2.2 0 1 0 0 3",
            Self::Settings => "M4 7h9M17 7h3M15 5v4M4 12h3M11 12h9M9 10v4M4 17h9M17 17h3M15 15v4",
            Self::Window => "M3.5 5.5h17v13h-17zM12 11.5h6v5h-6z",
            Self::Full => "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5",
            Self::Small => "M9 4v5H4M20 9h-5V4M15 20v-5h5M4 15h5v5",
            Self::Keys => "M3.5 6.5h17v11h-17zM7 10h.1M10.5 10h.1M14 10h.1M17 10h.1M8 14h8",
            Self::Chapters => "M4 6h4v4H4zM4 14h4v4H4zM12 8h8M12 16h8",
            Self::Lock => "M6 11h12v8.5H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
        }
    }

    const fn is_solid(self) -> bool {
        match self {
            Self::Play | Self::Pause => true,
            Self::Replay
            | Self::Back
            | Self::On
            | Self::Sound
            | Self::Silence
            | Self::Captions
            | Self::Settings
            | Self::Window
            | Self::Full
            | Self::Small
            | Self::Keys
            | Self::Chapters
            | Self::Lock => false,
        }
    }
}

/// Draws an icon.
pub fn glyph(shape: Glyph) -> impl IntoView {
    let class = if shape.is_solid() { style::solid } else { style::line };
    view! {
        <svg class=class viewBox="0 0 24 24" aria-hidden="true">
            <path d=shape.path()></path>
        </svg>
    }
    .into_any()
}
