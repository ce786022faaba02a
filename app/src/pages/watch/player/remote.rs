//! What the keys of a remote control ask of the player. While nothing in it has the focus, arrows skip and OK pauses; up and
//! down bring the controls, among which arrows then move.

use super::keys::{Command, Target};
use crate::parts::dom::{Arrow, MediaKey, RemoteKey};

/// Seconds that one press of an arrow skips.
const SKIP_SECONDS: f64 = 10.0;

/// How the player stands when a key is pressed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Scene {
    /// The controls are to be seen.
    pub is_shown: bool,
    /// Something in the player has the focus.
    pub has_focus: bool,
    /// The menu or the sheet of keys is open.
    pub is_open: bool,
    /// The statistics lie beside the film, and leave it the arrows.
    pub has_statistics: bool,
    /// Something that is more than the controls lies over the film: what comes next, an error, the big Play.
    pub is_covered: bool,
    pub target: Target,
}

/// What follows from a key.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Reaction {
    Run(Command),
    /// Shows the controls, with the focus on Play.
    Show,
    Hide,
    /// Closes the menu or the sheet, and gives the focus back to what opened it.
    Close,
    /// Moves the focus.
    Follow(Arrow),
    /// Does to a choice what a click would.
    Activate,
    /// Plays what comes next.
    Next,
    /// Goes back to where the film was chosen.
    Leave,
}

/// What a key does; nothing where the browser does it: OK on a button is a click.
pub fn reaction(key: RemoteKey, scene: Scene) -> Option<Reaction> {
    let is_among_controls = scene.is_open || scene.is_covered || (scene.is_shown && scene.has_focus);
    match key {
        RemoteKey::Move(direction) if !is_among_controls => Some(match direction {
            Arrow::Left => Reaction::Run(Command::Skip(-SKIP_SECONDS)),
            Arrow::Right => Reaction::Run(Command::Skip(SKIP_SECONDS)),
            Arrow::Up | Arrow::Down => Reaction::Show,
        }),
        RemoteKey::Move(direction) => Some(match (direction, scene.target) {
            (Arrow::Left, Target::SeekBar) => Reaction::Run(Command::Skip(-SKIP_SECONDS)),
            (Arrow::Right, Target::SeekBar) => Reaction::Run(Command::Skip(SKIP_SECONDS)),
            (_, _) => Reaction::Follow(direction),
        }),
        RemoteKey::Activate if !(is_among_controls && scene.has_focus) => Some(Reaction::Run(Command::TogglePlay)),
        RemoteKey::Activate => match scene.target {
            Target::SeekBar | Target::Page => Some(Reaction::Run(Command::TogglePlay)),
            Target::Choice => Some(Reaction::Activate),
            Target::Text | Target::Button | Target::Slider => None,
        },
        RemoteKey::Back if scene.is_open => Some(Reaction::Close),
        RemoteKey::Back if scene.has_statistics && !scene.is_covered => Some(Reaction::Close),
        RemoteKey::Back if scene.is_shown && !scene.is_covered => Some(Reaction::Hide),
        RemoteKey::Back => Some(Reaction::Leave),
        RemoteKey::Media(key) => Some(media(key)),
    }
}

/// What a film does when it is asked twice is for the film to know: whether it plays is told late.
const fn media(key: MediaKey) -> Reaction {
    match key {
        MediaKey::PlayPause => Reaction::Run(Command::TogglePlay),
        MediaKey::Play => Reaction::Run(Command::Play),
        MediaKey::Pause => Reaction::Run(Command::Pause),
        MediaKey::Stop => Reaction::Leave,
        MediaKey::Next => Reaction::Next,
        MediaKey::Previous => Reaction::Run(Command::JumpTo(0.0)),
        MediaKey::FastForward => Reaction::Run(Command::Skip(SKIP_SECONDS)),
        MediaKey::Rewind => Reaction::Run(Command::Skip(-SKIP_SECONDS)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A film that plays, and nothing but it.
    const FILM: Scene = Scene {
        is_shown: false,
        has_focus: false,
        is_open: false,
        has_statistics: false,
        is_covered: false,
        target: Target::Page,
    };
    const CONTROLS: Scene = Scene { is_shown: true, has_focus: true, target: Target::Button, ..FILM };
    const SEEK_BAR: Scene = Scene { target: Target::SeekBar, ..CONTROLS };
    const MENU: Scene = Scene { is_open: true, target: Target::Choice, ..CONTROLS };

    fn press(arrow: Arrow, scene: Scene) -> Option<Reaction> {
        reaction(RemoteKey::Move(arrow), scene)
    }

    #[test]
    fn without_controls_arrows_to_the_side_skip_and_ok_pauses() {
        assert_eq!(press(Arrow::Left, FILM), Some(Reaction::Run(Command::Skip(-10.0))));
        assert_eq!(press(Arrow::Right, FILM), Some(Reaction::Run(Command::Skip(10.0))));
        assert_eq!(reaction(RemoteKey::Activate, FILM), Some(Reaction::Run(Command::TogglePlay)));
    }

    #[test]
    fn up_and_down_bring_the_controls_and_never_change_the_volume() {
        for scene in [FILM, Scene { is_shown: true, ..FILM }] {
            assert_eq!(press(Arrow::Up, scene), Some(Reaction::Show));
            assert_eq!(press(Arrow::Down, scene), Some(Reaction::Show));
        }
    }

    #[test]
    fn among_controls_arrows_move_and_ok_is_the_buttons_own() {
        for arrow in [Arrow::Left, Arrow::Right, Arrow::Up, Arrow::Down] {
            assert_eq!(press(arrow, CONTROLS), Some(Reaction::Follow(arrow)));
        }
        assert_eq!(reaction(RemoteKey::Activate, CONTROLS), None);
    }

    #[test]
    fn the_seek_bar_seeks_to_the_side_and_is_left_up_and_down() {
        assert_eq!(press(Arrow::Right, SEEK_BAR), Some(Reaction::Run(Command::Skip(10.0))));
        assert_eq!(press(Arrow::Down, SEEK_BAR), Some(Reaction::Follow(Arrow::Down)));
        assert_eq!(press(Arrow::Up, SEEK_BAR), Some(Reaction::Follow(Arrow::Up)));
        assert_eq!(reaction(RemoteKey::Activate, SEEK_BAR), Some(Reaction::Run(Command::TogglePlay)));
    }

    #[test]
    fn ok_checks_a_choice_of_the_menu() {
        assert_eq!(reaction(RemoteKey::Activate, MENU), Some(Reaction::Activate));
        assert_eq!(press(Arrow::Left, MENU), Some(Reaction::Follow(Arrow::Left)));
    }

    #[test]
    fn back_closes_the_menu_then_hides_the_controls_then_leaves() {
        assert_eq!(reaction(RemoteKey::Back, MENU), Some(Reaction::Close));
        assert_eq!(reaction(RemoteKey::Back, CONTROLS), Some(Reaction::Hide));
        assert_eq!(reaction(RemoteKey::Back, FILM), Some(Reaction::Leave));
        assert_eq!(reaction(RemoteKey::Back, Scene { is_covered: true, ..CONTROLS }), Some(Reaction::Leave));
    }

    #[test]
    fn back_closes_the_statistics_and_arrows_skip_beside_them() {
        let figures = Scene { has_statistics: true, ..FILM };
        assert_eq!(reaction(RemoteKey::Back, figures), Some(Reaction::Close));
        assert_eq!(reaction(RemoteKey::Back, Scene { has_statistics: true, ..CONTROLS }), Some(Reaction::Close));
        assert_eq!(press(Arrow::Right, figures), Some(Reaction::Run(Command::Skip(10.0))));
    }

    #[test]
    fn play_and_pause_of_a_remote_never_do_the_contrary() {
        let media = |key| reaction(RemoteKey::Media(key), FILM);
        assert_eq!(media(MediaKey::Play), Some(Reaction::Run(Command::Play)));
        assert_eq!(media(MediaKey::Pause), Some(Reaction::Run(Command::Pause)));
        assert_eq!(media(MediaKey::PlayPause), Some(Reaction::Run(Command::TogglePlay)));
    }

    #[test]
    fn the_other_media_keys_wind_leave_and_go_on() {
        let media = |key| reaction(RemoteKey::Media(key), FILM);
        assert_eq!(media(MediaKey::FastForward), Some(Reaction::Run(Command::Skip(10.0))));
        assert_eq!(media(MediaKey::Rewind), Some(Reaction::Run(Command::Skip(-10.0))));
        assert_eq!(media(MediaKey::Previous), Some(Reaction::Run(Command::JumpTo(0.0))));
        assert_eq!(media(MediaKey::Next), Some(Reaction::Next));
        assert_eq!(media(MediaKey::Stop), Some(Reaction::Leave));
    }

    #[test]
    fn what_covers_the_film_takes_the_arrows_and_ok_without_focus_plays() {
        let covered = Scene { is_covered: true, ..FILM };
        assert_eq!(press(Arrow::Right, covered), Some(Reaction::Follow(Arrow::Right)));
        assert_eq!(reaction(RemoteKey::Activate, covered), Some(Reaction::Run(Command::TogglePlay)));
    }
}
