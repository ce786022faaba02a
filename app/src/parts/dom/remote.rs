//! The keys of remote controls, in one table: what a key asks for, whatever a maker calls it.
//!
//! Sources: UI Events `key` values (W3C), and for browsers that give a number alone the key codes of Samsung (Tizen), LG
//! (webOS) and HbbTV.

use super::geometry::Direction;

/// What a key of a remote control asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RemoteKey {
    Move(Direction),
    /// OK: does what a click does.
    Activate,
    /// Closes what is open, or else goes back.
    Back,
    Media(MediaKey),
}

/// A key with the sign of a tape recorder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaKey {
    PlayPause,
    Play,
    Pause,
    Stop,
    Next,
    Previous,
    FastForward,
    Rewind,
}

/// What a key asks for: `key` and `code` are `key` and `keyCode` of a `KeyboardEvent`; where one types, Backspace is the
/// field's.
pub fn remote_key(key: &str, code: u32, is_typing: bool) -> Option<RemoteKey> {
    match key {
        "ArrowLeft" => Some(RemoteKey::Move(Direction::Left)),
        "ArrowRight" => Some(RemoteKey::Move(Direction::Right)),
        "ArrowUp" => Some(RemoteKey::Move(Direction::Up)),
        "ArrowDown" => Some(RemoteKey::Move(Direction::Down)),
        "Enter" | "Select" | "Accept" => Some(RemoteKey::Activate),
        "GoBack" | "BrowserBack" | "XF86Back" | "Escape" => Some(RemoteKey::Back),
        "Backspace" => (!is_typing).then_some(RemoteKey::Back),
        "MediaPlayPause" => Some(RemoteKey::Media(MediaKey::PlayPause)),
        "MediaPlay" => Some(RemoteKey::Media(MediaKey::Play)),
        "MediaPause" => Some(RemoteKey::Media(MediaKey::Pause)),
        "MediaStop" => Some(RemoteKey::Media(MediaKey::Stop)),
        "MediaTrackNext" => Some(RemoteKey::Media(MediaKey::Next)),
        "MediaTrackPrevious" => Some(RemoteKey::Media(MediaKey::Previous)),
        "MediaFastForward" => Some(RemoteKey::Media(MediaKey::FastForward)),
        "MediaRewind" => Some(RemoteKey::Media(MediaKey::Rewind)),
        _ => numbered(code),
    }
}

/// Keys that some televisions give a number and no name.
const fn numbered(code: u32) -> Option<RemoteKey> {
    match code {
        37 => Some(RemoteKey::Move(Direction::Left)),
        38 => Some(RemoteKey::Move(Direction::Up)),
        39 => Some(RemoteKey::Move(Direction::Right)),
        40 => Some(RemoteKey::Move(Direction::Down)),
        13 => Some(RemoteKey::Activate),
        461 | 10009 => Some(RemoteKey::Back),
        10252 => Some(RemoteKey::Media(MediaKey::PlayPause)),
        415 => Some(RemoteKey::Media(MediaKey::Play)),
        19 => Some(RemoteKey::Media(MediaKey::Pause)),
        413 => Some(RemoteKey::Media(MediaKey::Stop)),
        10233 => Some(RemoteKey::Media(MediaKey::Next)),
        10232 => Some(RemoteKey::Media(MediaKey::Previous)),
        417 => Some(RemoteKey::Media(MediaKey::FastForward)),
        412 => Some(RemoteKey::Media(MediaKey::Rewind)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_makers_back_is_back() {
        for (key, code) in
            [("GoBack", 0), ("BrowserBack", 0), ("Escape", 27), ("Unidentified", 461), ("", 10009), ("XF86Back", 10009)]
        {
            assert_eq!(remote_key(key, code, true), Some(RemoteKey::Back), "{key} {code}");
        }
    }

    #[test]
    fn backspace_is_back_only_where_nobody_types() {
        assert_eq!(remote_key("Backspace", 8, false), Some(RemoteKey::Back));
        assert_eq!(remote_key("Backspace", 8, true), None);
    }

    #[test]
    fn media_keys_are_known_by_name_and_by_number() {
        for (name, code, key) in [
            ("MediaPlayPause", 10252, MediaKey::PlayPause),
            ("MediaPlay", 415, MediaKey::Play),
            ("MediaPause", 19, MediaKey::Pause),
            ("MediaStop", 413, MediaKey::Stop),
            ("MediaTrackNext", 10233, MediaKey::Next),
            ("MediaTrackPrevious", 10232, MediaKey::Previous),
            ("MediaFastForward", 417, MediaKey::FastForward),
            ("MediaRewind", 412, MediaKey::Rewind),
        ] {
            assert_eq!(remote_key(name, 0, false), Some(RemoteKey::Media(key)), "{name}");
            assert_eq!(remote_key("Unidentified", code, false), Some(RemoteKey::Media(key)), "{code}");
        }
    }

    #[test]
    fn arrows_and_enter_are_known_by_name_and_by_number() {
        for (name, code, key) in [
            ("ArrowLeft", 37, RemoteKey::Move(Direction::Left)),
            ("ArrowUp", 38, RemoteKey::Move(Direction::Up)),
            ("ArrowRight", 39, RemoteKey::Move(Direction::Right)),
            ("ArrowDown", 40, RemoteKey::Move(Direction::Down)),
            ("Enter", 13, RemoteKey::Activate),
        ] {
            assert_eq!(remote_key(name, 0, true), Some(key));
            assert_eq!(remote_key("Unidentified", code, true), Some(key));
        }
    }

    #[test]
    fn letters_and_digits_are_none_of_a_remotes() {
        for (key, code) in [("a", 65), ("5", 53), ("Tab", 9), (" ", 32), ("PageDown", 34)] {
            assert_eq!(remote_key(key, code, false), None, "{key}");
        }
    }
}
