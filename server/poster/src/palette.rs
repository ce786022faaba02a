//! What each genre is printed in: a ground, a shape and an ink that reads on the ground.
//!
//! Owns every colour of the posters. Must never hold a pair of ink and ground below 4.5:1, nor a ground that
//! glares in a dark room; the tests read all of them.

use super::{colour::Rgb, dice::Dice};

/// The kinds of film that have a look of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Genre {
    Action,
    Adventure,
    Animation,
    BlackComedy,
    Comedy,
    Concert,
    Documentary,
    Drama,
    Horror,
    Musical,
    RomanticComedy,
    Thriller,
    Western,
    Other,
}

impl Genre {
    #[cfg(test)]
    pub const ALL: [Self; 14] = [
        Self::Action,
        Self::Adventure,
        Self::Animation,
        Self::BlackComedy,
        Self::Comedy,
        Self::Concert,
        Self::Documentary,
        Self::Drama,
        Self::Horror,
        Self::Musical,
        Self::RomanticComedy,
        Self::Thriller,
        Self::Western,
        Self::Other,
    ];

    /// The look for a genre's name as catalogues write it, in any case; near kin share a look.
    pub fn of(name: Option<&str>) -> Self {
        let Some(name) = name else { return Self::Other };
        match name.trim().to_lowercase().as_str() {
            "action" | "martial arts" | "sport" | "war" => Self::Action,
            "adventure" | "fantasy" | "science fiction" | "sci-fi" => Self::Adventure,
            "animation" | "procedural" | "abstract" | "experimental" | "short" => Self::Animation,
            "black comedy" => Self::BlackComedy,
            "comedy" | "family" | "children" => Self::Comedy,
            "concert/performance" | "concert" | "music" | "performance" => Self::Concert,
            "documentary" | "biography" | "history" | "nature" => Self::Documentary,
            "drama" => Self::Drama,
            "horror" => Self::Horror,
            "musical" | "dance" => Self::Musical,
            "romantic comedy" | "romance" => Self::RomanticComedy,
            "thriller/suspense" | "thriller" | "suspense" | "crime" | "mystery" | "film noir" => Self::Thriller,
            "western" => Self::Western,
            _ => Self::Other,
        }
    }
}

/// Three inks of one print.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Palette {
    /// Covers the sheet: the dominant colour.
    pub ground: Rgb,
    /// What the motif is made of.
    pub shape: Rgb,
    /// Lettering, and the one accent of the motif.
    pub ink: Rgb,
}

/// The least contrast of lettering to what it stands on (WCAG 2.2, 1.4.3).
pub const LEGIBLE: f32 = 4.5;
/// The least contrast at which a large shape stands out from its ground.
const VISIBLE: f32 = 1.45;
/// The brightest ground, as relative luminance, that a dark interface bears.
const GLARE: f32 = 0.62;

impl Palette {
    const fn new([ground, shape, ink]: [u32; 3]) -> Self {
        Self { ground: Rgb::hex(ground), shape: Rgb::hex(shape), ink: Rgb::hex(ink) }
    }

    /// Shape and ground change places, where the print stays good.
    fn turned(self) -> Option<Self> {
        let turned = Self { ground: self.shape, shape: self.ground, ink: self.ink };
        turned.is_printable().then_some(turned)
    }

    fn is_printable(self) -> bool {
        self.ink.contrast(self.ground) >= LEGIBLE
            && self.shape.contrast(self.ground) >= VISIBLE
            && self.ground.luminance() <= GLARE
    }

    /// Between ground and shape: for what lies further back.
    pub fn tint(self) -> Rgb {
        self.ground.mix(self.shape, 0.45)
    }

    /// A block's colour and the lettering on it: the shape if one of the others reads on it, else the ink.
    pub fn block(self) -> (Rgb, Rgb) {
        let letters = if self.ground.contrast(self.shape) > self.ink.contrast(self.shape) { self.ground } else { self.ink };
        if letters.contrast(self.shape) >= LEGIBLE { (self.shape, letters) } else { (self.ink, self.ground) }
    }
}

/// The palette of a film: one of its genre's, as printed or with shape and ground changed over.
pub fn choose(genre: Genre, dice: &mut Dice) -> Palette {
    let inks = inks(genre);
    let palette = Palette::new(inks[dice.pick(inks.len())]);
    let turn = dice.chance(0.4);
    palette.turned().filter(|_| turn).unwrap_or(palette)
}

/// Ground, shape, ink.
const fn inks(genre: Genre) -> &'static [[u32; 3]] {
    match genre {
        Genre::Action => &[
            [0x1a1614, 0xe2452b, 0xf2dfb8],
            [0xb3271a, 0x17120f, 0xf6e3bd],
            [0xe0a02a, 0xb3261a, 0x17130f],
            [0x20242c, 0xf0b429, 0xefe6d2],
            [0xe0602f, 0xf3d9a4, 0x14100e],
            [0x26394a, 0xe8663a, 0xf4e4c6],
            [0x3a1f1c, 0xe8a03a, 0xf3e2c0],
            [0x8f9a8a, 0xa82d1c, 0x131512],
            [0x14262b, 0xd9573a, 0xf0e4cb],
        ],
        Genre::Adventure => &[
            [0x0f4a4c, 0xe8963a, 0xf2e2bd],
            [0xd99a3d, 0x0f3d47, 0x161310],
            [0x1d3a5f, 0xe9b44c, 0xf3e3c3],
            [0x8a3a1d, 0xe6b35a, 0xf6e7ca],
            [0xcdb583, 0xc4532d, 0x1c282c],
            [0x2c4a36, 0xe0b64a, 0xf1e6c6],
        ],
        Genre::Animation => &[
            [0x14143a, 0x38d0b0, 0xf3ead0],
            [0x2a0f3f, 0xff8a3d, 0xf7e6c8],
            [0x0d2f2a, 0xe8e05a, 0xf1ecd2],
            [0xe2b83e, 0x2a3fa0, 0x141428],
            [0xe06a58, 0x1c2f5a, 0x120f1a],
            [0x123a6b, 0xf28fb0, 0xf6ecd8],
        ],
        Genre::BlackComedy => &[
            [0x141313, 0xf27ea0, 0xf4e7d0],
            [0xd9c437, 0xc43c6a, 0x151412],
            [0xd96a8b, 0xf3e0b8, 0x17110f],
            [0x2b2140, 0xd7e04a, 0xf1ead6],
            [0xc4bba5, 0xd6402e, 0x181614],
            [0x17383a, 0xf0a03c, 0xf3e8cf],
        ],
        Genre::Comedy => &[
            [0xe5a637, 0x2f6f9f, 0x1b1512],
            [0xe0683f, 0xf6d88b, 0x1a110d],
            [0x1f5c68, 0xf4b942, 0xf8e9c9],
            [0xd0bb8e, 0xd9432b, 0x1f1b1b],
            [0xe88573, 0x24506b, 0x1b1416],
            [0x86b09c, 0xe8512f, 0x14201d],
            [0x5a2a4a, 0xf28c5a, 0xf8e4cc],
            [0x2f5a3c, 0xf2c14a, 0xf6ead0],
            [0xe8b7a0, 0x2f5f5a, 0x1f1716],
            [0x3b3f78, 0xf2a35e, 0xf7ead6],
        ],
        Genre::Concert => &[
            [0x1c1430, 0xee5a36, 0xf5dcae],
            [0x3a1b57, 0xf2a541, 0xf6e3cf],
            [0x0f1a2b, 0x2fb8a8, 0xf3e6c4],
            [0xa31f4c, 0xf4b13e, 0xf9e6cf],
            [0x12110f, 0xe9c13b, 0xefe3cf],
        ],
        Genre::Documentary => &[
            [0x2f3a34, 0xc9b458, 0xece3cd],
            [0xbfb59a, 0xa8432b, 0x1c1d1b],
            [0x24323d, 0xd8753c, 0xe9e1cf],
            [0xa3a487, 0x2f4b4f, 0x151815],
            [0x4a2e22, 0xd9a65a, 0xf0e2c8],
            [0x1f2a38, 0x9db4b0, 0xefe7d4],
        ],
        Genre::Drama => &[
            [0x16233a, 0xc9553a, 0xecdcbc],
            [0x3b1f2e, 0xd98f4e, 0xf0dfc6],
            [0xc7b48e, 0x6a2e2a, 0x1d1a1c],
            [0x1e1d22, 0x8fa3ad, 0xefe4d0],
            [0xb98a45, 0x21324a, 0x15120f],
            [0x3a4a54, 0xe6c074, 0xf5ead4],
            [0x6b2a22, 0xe0a862, 0xf6e6cb],
            [0x97a6a0, 0x2b3d52, 0x13171c],
            [0x2c4038, 0xd8a15e, 0xf2e6ce],
            [0xc98f6a, 0x6b2233, 0x180f12],
            [0x4a3a5a, 0xd8a27a, 0xf4e6d4],
        ],
        Genre::Horror => &[
            [0x0e0d0d, 0xc11f1f, 0xe9dcc4],
            [0x951313, 0x0f0c0c, 0xf2dfc4],
            [0x101a14, 0x9fc23c, 0xe8e6c8],
            [0x1d1024, 0xd9482b, 0xe9dabf],
            [0xb0ac84, 0x5a1420, 0x14120f],
            [0x152028, 0xb9c4b0, 0xf0ead8],
        ],
        Genre::Musical => &[
            [0x7a1f4b, 0xf2b544, 0xf8e3cc],
            [0x123f52, 0xf07f6b, 0xf7e6c4],
            [0xdd9a9a, 0x5b2a6e, 0x221429],
            [0xd8a531, 0xa3203f, 0x1d120f],
            [0x2d1a4d, 0xef6fa0, 0xf6e4d2],
        ],
        Genre::RomanticComedy => &[
            [0xe58a7e, 0x8c1f3a, 0x240c13],
            [0xe8a993, 0xd03a48, 0x33101b],
            [0x8a1d3d, 0xf3a58b, 0xfae3d0],
            [0x23566b, 0xf2a0a0, 0xfaead6],
            [0xd9b78a, 0xc5384a, 0x2a1416],
            [0x5b2f5f, 0xf3b35c, 0xf9e6d2],
        ],
        Genre::Thriller => &[
            [0xe0521f, 0xf0dcb0, 0x120e0c],
            [0x11151c, 0xd63a2a, 0xe6dfcf],
            [0x1d2b33, 0xe8c547, 0xece7d8],
            [0xb0ad9e, 0xb12a22, 0x15191d],
            [0x0f2f3a, 0xe0703a, 0xefe3c8],
            [0x2a2a2a, 0x9cc0c4, 0xf0e9da],
            [0xd1a82c, 0x82201a, 0x120f0a],
        ],
        Genre::Western => &[
            [0xc9793a, 0x5a1f12, 0x1c0f0a],
            [0x7a2e16, 0xe8b04f, 0xf6e3bd],
            [0xd3ab64, 0xa83a1c, 0x24140c],
            [0x1f4a4d, 0xdd8b3f, 0xf3e0b5],
            [0x2a1a14, 0xd9632b, 0xecd7a8],
            [0x4b5a4a, 0xd8b36a, 0xf5ead0],
            [0xc9653a, 0xf0cf8e, 0x160c08],
            [0x8f9c8c, 0x7a2f1c, 0x17130f],
        ],
        Genre::Other => &[
            [0x23262e, 0xe0a83e, 0xefe6d3],
            [0x5a2a27, 0xe2b26a, 0xf3e4cc],
            [0xc2a878, 0x254a5a, 0x191a1c],
            [0x1d3b3a, 0xe2704a, 0xefe2c6],
            [0xd0643c, 0xf2d39b, 0x150d09],
            [0x46415f, 0xe9a27c, 0xf5e8d6],
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every_palette() -> Vec<(Genre, Palette)> {
        let of = |genre| {
            inks(genre).iter().flat_map(move |&inks| {
                let palette = Palette::new(inks);
                [Some(palette), palette.turned()].into_iter().flatten().map(move |palette| (genre, palette))
            })
        };
        Genre::ALL.into_iter().flat_map(of).collect()
    }

    #[test]
    fn lettering_reads_on_its_ground_in_every_palette() {
        for (genre, palette) in every_palette() {
            let ratio = palette.ink.contrast(palette.ground);
            assert!(ratio >= LEGIBLE, "{genre:?} {palette:?}: {ratio:.2}");
        }
    }

    #[test]
    fn lettering_reads_on_its_block_in_every_palette() {
        for (genre, palette) in every_palette() {
            let (block, letters) = palette.block();
            let ratio = block.contrast(letters);
            assert!(ratio >= LEGIBLE, "{genre:?} {palette:?}: {ratio:.2}");
        }
    }

    #[test]
    fn no_ground_glares_and_every_shape_shows() {
        for (genre, palette) in every_palette() {
            assert!(palette.is_printable(), "{genre:?} {palette:?}");
        }
    }

    #[test]
    fn the_accent_stands_out_from_the_shape() {
        for (genre, palette) in every_palette() {
            let (ink, shape) = (palette.ink, palette.shape);
            let apart = ink.0.abs_diff(shape.0).max(ink.1.abs_diff(shape.1)).max(ink.2.abs_diff(shape.2));
            assert!(apart >= 50, "{genre:?} {palette:?}: {apart}");
        }
    }

    #[test]
    fn every_genre_has_at_least_four_palettes() {
        assert!(Genre::ALL.into_iter().all(|genre| inks(genre).len() >= 4));
    }

    #[test]
    fn a_genre_is_known_in_any_case_and_an_unknown_one_has_a_look_too() {
        assert_eq!(Genre::of(Some("thriller/suspense")), Genre::Thriller);
        assert_eq!(Genre::of(Some(" Western ")), Genre::Western);
        assert_eq!(Genre::of(Some("Gastronomy")), Genre::Other);
        assert_eq!(Genre::of(None), Genre::Other);
    }
}
