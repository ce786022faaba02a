//! What a key asks the player to do. The list is also the sheet that `?` shows.

/// Something the player can be asked to do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Command {
    TogglePlay,
    Play,
    Pause,
    /// Seconds, back or on.
    Skip(f64),
    /// A fraction of the whole.
    JumpTo(f64),
    /// Per cent, less or more.
    Volume(i8),
    ToggleMute,
    ToggleFullScreen,
    ToggleCaptions,
    /// Steps along the list of speeds.
    Speed(i8),
    /// Frames, back or on; pauses.
    Step(i8),
    ToggleShortcuts,
    ToggleStatistics,
    /// What is open over the film: one thing at a time.
    Close,
}

impl Command {
    /// Whether doing it again undoes it: a key that is held asks for it once.
    pub const fn is_toggle(self) -> bool {
        match self {
            Self::TogglePlay
            | Self::ToggleMute
            | Self::ToggleFullScreen
            | Self::ToggleCaptions
            | Self::ToggleShortcuts
            | Self::ToggleStatistics => true,
            Self::Play
            | Self::Pause
            | Self::Skip(_)
            | Self::JumpTo(_)
            | Self::Volume(_)
            | Self::Speed(_)
            | Self::Step(_)
            | Self::Close => false,
        }
    }
}

/// What a key was pressed on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Target {
    /// The page as a whole, or something without keys of its own.
    #[default]
    Page,
    /// A field that takes text.
    Text,
    /// A button or link: it has a use for Space and Enter.
    Button,
    /// One of several choices: it has a use for Space and arrows.
    Choice,
    /// A slider but the seek bar: it has a use for arrows, Home and End.
    Slider,
    SeekBar,
}

/// Where a key was pressed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Place {
    pub target: Target,
    /// Ctrl, Alt or Meta is held: the key belongs to the browser.
    pub with_modifier: bool,
    /// Single-letter keys are on (WCAG 2.2, 2.1.4).
    pub letter_keys: bool,
}

/// Keys with what they do, for the sheet.
pub const SHORTCUTS: [(&str, &str); 13] = [
    ("Space or K", "Play or pause"),
    ("\u{2190} \u{2192}", "5 seconds back or on"),
    ("J  L", "10 seconds back or on"),
    ("\u{2191} \u{2193}", "Louder or quieter"),
    ("0 to 9", "Jump to a tenth"),
    ("Home  End", "To the beginning or the end"),
    ("M", "Sound off or on"),
    ("F", "Full screen"),
    ("C", "Captions off or on"),
    ("<  >", "Slower or faster"),
    (",  .", "One frame back or on"),
    ("I", "Statistics"),
    ("?", "This list"),
];

/// What `key` (the `key` of a `KeyboardEvent`, UI Events section 4.3) does.
pub fn command(key: &str, place: Place) -> Option<Command> {
    if place.with_modifier || place.target == Target::Text {
        return None;
    }
    let is_slider = match place.target {
        Target::Choice | Target::Slider => true,
        Target::Page | Target::Text | Target::Button | Target::SeekBar => false,
    };
    match (key, place.target) {
        ("Escape", _) => Some(Command::Close),
        (" ", Target::Button | Target::Choice) => None,
        (" ", _) => Some(Command::TogglePlay),
        ("ArrowLeft" | "ArrowRight" | "ArrowUp" | "ArrowDown" | "Home" | "End", _) if is_slider => None,
        ("ArrowLeft", _) | ("ArrowDown", Target::SeekBar) => Some(Command::Skip(-5.0)),
        ("ArrowRight", _) | ("ArrowUp", Target::SeekBar) => Some(Command::Skip(5.0)),
        ("ArrowUp", _) => Some(Command::Volume(5)),
        ("ArrowDown", _) => Some(Command::Volume(-5)),
        ("Home", _) => Some(Command::JumpTo(0.0)),
        ("End", _) => Some(Command::JumpTo(1.0)),
        _ => letter(key, place),
    }
}

fn letter(key: &str, place: Place) -> Option<Command> {
    if !place.letter_keys {
        return None;
    }
    match key {
        "k" | "K" => Some(Command::TogglePlay),
        "j" | "J" => Some(Command::Skip(-10.0)),
        "l" | "L" => Some(Command::Skip(10.0)),
        "m" | "M" => Some(Command::ToggleMute),
        "f" | "F" => Some(Command::ToggleFullScreen),
        "c" | "C" => Some(Command::ToggleCaptions),
        "<" => Some(Command::Speed(-1)),
        ">" => Some(Command::Speed(1)),
        "," => Some(Command::Step(-1)),
        "." => Some(Command::Step(1)),
        "i" | "I" => Some(Command::ToggleStatistics),
        "?" => Some(Command::ToggleShortcuts),
        digit => digit.parse::<u8>().ok().filter(|tenth| *tenth <= 9).map(|tenth| Command::JumpTo(f64::from(tenth) / 10.0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FREE: Place = Place { target: Target::Page, with_modifier: false, letter_keys: true };

    fn on(target: Target) -> Place {
        Place { target, ..FREE }
    }

    /// The keys that a line of the sheet names, as browsers call them.
    fn keys_of(line: &str) -> Vec<String> {
        let browsers = |name: &str| match name {
            "Space" => " ".to_owned(),
            "\u{2190}" => "ArrowLeft".to_owned(),
            "\u{2192}" => "ArrowRight".to_owned(),
            "\u{2191}" => "ArrowUp".to_owned(),
            "\u{2193}" => "ArrowDown".to_owned(),
            letter if letter.len() == 1 => letter.to_lowercase(),
            other => other.to_owned(),
        };
        line.split_whitespace().filter(|word| !["or", "to"].contains(word)).map(browsers).collect()
    }

    #[test]
    fn every_key_of_the_sheet_does_something() {
        for (line, what) in SHORTCUTS {
            let keys = keys_of(line);
            assert!(!keys.is_empty(), "{what}");
            for key in keys {
                assert!(command(&key, FREE).is_some_and(|command| command != Command::Close), "{key}: {what}");
            }
        }
        assert_eq!(command("5", FREE), Some(Command::JumpTo(0.5)));
        assert_eq!(command("x", FREE), None);
        assert_eq!(command("10", FREE), None);
    }

    #[test]
    fn fields_and_the_browser_keep_their_keys() {
        assert_eq!(command("k", on(Target::Text)), None);
        assert_eq!(command("f", Place { with_modifier: true, ..FREE }), None);
    }

    #[test]
    fn a_button_keeps_space_and_leaves_arrows_and_letters_to_the_player() {
        assert_eq!(command(" ", on(Target::Button)), None);
        assert_eq!(command("Enter", on(Target::Button)), None);
        assert_eq!(command("ArrowLeft", on(Target::Button)), Some(Command::Skip(-5.0)));
        assert_eq!(command("m", on(Target::Button)), Some(Command::ToggleMute));
    }

    #[test]
    fn a_slider_and_a_choice_keep_their_arrows() {
        for target in [Target::Slider, Target::Choice] {
            for key in ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End"] {
                assert_eq!(command(key, on(target)), None, "{key} on {target:?}");
            }
        }
        assert_eq!(command(" ", on(Target::Slider)), Some(Command::TogglePlay));
    }

    #[test]
    fn all_four_arrows_move_the_seek_bar_and_none_the_volume() {
        for (key, seconds) in [("ArrowLeft", -5.0), ("ArrowDown", -5.0), ("ArrowRight", 5.0), ("ArrowUp", 5.0)] {
            assert_eq!(command(key, on(Target::SeekBar)), Some(Command::Skip(seconds)), "{key}");
        }
    }

    #[test]
    fn a_key_that_is_held_goes_on_seeking_and_toggles_once() {
        assert!(Command::TogglePlay.is_toggle() && Command::ToggleFullScreen.is_toggle());
        assert!(!Command::Skip(5.0).is_toggle() && !Command::Volume(5).is_toggle());
    }

    #[test]
    fn letters_can_be_turned_off_and_the_rest_stays() {
        let off = Place { letter_keys: false, ..FREE };
        assert_eq!(command("m", off), None);
        assert_eq!(command("?", off), None);
        assert_eq!(command(" ", off), Some(Command::TogglePlay));
        assert_eq!(command("Escape", off), Some(Command::Close));
    }
}
