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
    ToggleSheet,
    Close,
}

/// What a key does where it was pressed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Place {
    /// In a field that takes text.
    pub in_field: bool,
    /// On a button, link or slider, which has its own use for Space, Enter and arrows.
    pub on_control: bool,
    /// Ctrl, Alt or Meta is held: the key belongs to the browser.
    pub with_modifier: bool,
    /// Single-letter keys are on (WCAG 2.2, 2.1.4).
    pub letter_keys: bool,
}

/// Keys with what they do, for the sheet.
pub const SHEET: [(&str, &str); 12] = [
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
    ("?", "This list"),
];

/// What `key` (the `key` of a `KeyboardEvent`, UI Events section 4.3) does.
pub fn command(key: &str, place: Place) -> Option<Command> {
    if place.in_field || place.with_modifier {
        return None;
    }
    match key {
        "Escape" => Some(Command::Close),
        _ if place.on_control => letter(key, place),
        " " => Some(Command::TogglePlay),
        "ArrowLeft" => Some(Command::Skip(-5.0)),
        "ArrowRight" => Some(Command::Skip(5.0)),
        "ArrowUp" => Some(Command::Volume(5)),
        "ArrowDown" => Some(Command::Volume(-5)),
        "Home" => Some(Command::JumpTo(0.0)),
        "End" => Some(Command::JumpTo(1.0)),
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
        "?" => Some(Command::ToggleSheet),
        digit => digit.parse::<u8>().ok().filter(|tenth| *tenth <= 9).map(|tenth| Command::JumpTo(f64::from(tenth) / 10.0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FREE: Place = Place { in_field: false, on_control: false, with_modifier: false, letter_keys: true };

    #[test]
    fn every_key_of_the_sheet_does_something() {
        for key in [
            " ",
            "k",
            "ArrowLeft",
            "ArrowRight",
            "j",
            "l",
            "ArrowUp",
            "ArrowDown",
            "0",
            "9",
            "Home",
            "End",
            "m",
            "f",
            "c",
            "<",
            ">",
            ",",
            ".",
            "?",
        ] {
            assert!(command(key, FREE).is_some(), "{key}");
        }
        assert_eq!(command("5", FREE), Some(Command::JumpTo(0.5)));
        assert_eq!(command("x", FREE), None);
        assert_eq!(command("10", FREE), None);
    }

    #[test]
    fn fields_and_the_browser_keep_their_keys() {
        assert_eq!(command("k", Place { in_field: true, ..FREE }), None);
        assert_eq!(command("f", Place { with_modifier: true, ..FREE }), None);
    }

    #[test]
    fn a_control_keeps_space_and_arrows_but_letters_go_to_the_player() {
        let on_control = Place { on_control: true, ..FREE };
        assert_eq!(command(" ", on_control), None);
        assert_eq!(command("ArrowLeft", on_control), None);
        assert_eq!(command("m", on_control), Some(Command::ToggleMute));
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
