//! The set of icons: inline SVG, hidden from screen readers, in the colour of the text beside them.

use leptos::prelude::*;

stylance::import_crate_style!(style, "src/parts/icon/icon.module.scss");

/// What an icon stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Icon {
    Home,
    Search,
    MyList,
    Person,
    Play,
    Pause,
    Left,
    Right,
    Down,
    Close,
    Info,
    Star,
    Retry,
    Check,
    Lock,
    Plus,
    Pencil,
}

impl Icon {
    /// Its shape in a square of 24.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Home => "M3.5 11 12 3.5l8.5 7.5v9.5h-6V14h-5v6.5h-6z",
            Self::Search => "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM15.3 15.3 20.5 20.5",
            Self::MyList => "M6.5 4h11v16.5L12 16l-5.5 4.5z",
            Self::Person => "M12 3.5a4.2 4.2 0 1 0 0 8.4 4.2 4.2 0 0 0 0-8.4zM4 20.5c.4-3.7 3.6-5.5 8-5.5s7.6 1.8 8 5.5",
            Self::Play => "M7.5 4.8v14.4L19.5 12z",
            Self::Pause => "M8.5 5v14M15.5 5v14",
            Self::Left => "m14.5 5-7 7 7 7",
            Self::Right => "m9.5 5 7 7-7 7",
            Self::Down => "m5 9 7 7 7-7",
            Self::Close => "m6 6 12 12M18 6 6 18",
            Self::Info => "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zM12 11v5.5M12 7.6v.1",
            Self::Star => "m12 3.8 2.5 5.1 5.7.8-4.1 4 1 5.6-5.1-2.7-5.1 2.7 1-5.6-4.1-4 5.7-.8z",
            Self::Retry => "M19.5 12a7.5 7.5 0 1 1-2.2-5.3L19.5 9M19.5 4v5h-5",
            Self::Check => "m5 12.5 4.5 4.5L19 7.5",
            Self::Lock => "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
            Self::Plus => "M12 5v14M5 12h14",
            Self::Pencil => "M5 19l1-4L16.5 4.5l3 3L9 18z",
        }
    }

    /// Whether its shape is filled and not drawn as a line.
    const fn is_solid(self) -> bool {
        match self {
            Self::Play | Self::Star => true,
            Self::Home
            | Self::Search
            | Self::MyList
            | Self::Person
            | Self::Pause
            | Self::Left
            | Self::Right
            | Self::Down
            | Self::Close
            | Self::Info
            | Self::Retry
            | Self::Check
            | Self::Lock
            | Self::Plus
            | Self::Pencil => false,
        }
    }
}

/// Draws an icon.
pub fn icon(shape: Icon) -> impl IntoView {
    drawn(shape.path(), shape.is_solid())
}

/// Draws what a part has of its own: a path in a square of 24, filled or as a line.
pub fn drawn(path: &'static str, is_solid: bool) -> impl IntoView {
    let class = if is_solid { style::solid } else { style::line };
    view! {
        <svg class=class viewBox="0 0 24 24" aria-hidden="true">
            <path d=path></path>
        </svg>
    }
}
