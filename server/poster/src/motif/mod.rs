//! The one geometric motif of a poster: which families suit a genre, and the stage that they are drawn on.
//!
//! A motif fills any stage, from a tall column to a wide backdrop, with a handful of paths in three inks. Must never
//! set a letter, nor use a colour that is not of the palette or a mixture of it.

mod field;
mod figure;
mod radial;
mod scene;
mod stripes;

use super::{
    canvas::Svg,
    dice::Dice,
    palette::{Genre, Palette},
};

/// Where a motif is drawn. Its corner is at 0, 0 and everything outside `width` and `height` is cut off.
pub struct Stage<'a> {
    pub svg: &'a mut Svg,
    pub width: f32,
    pub height: f32,
    pub inks: Palette,
    pub dice: Dice,
}

impl Stage<'_> {
    /// The shorter side.
    fn side(&self) -> f32 {
        self.width.min(self.height)
    }

    /// From corner to corner: nothing is further away.
    fn reach(&self) -> f32 {
        self.width.hypot(self.height)
    }
}

macro_rules! motifs {
    ($($name:ident => $draw:path,)*) => {
        /// The families of shapes.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Motif { $($name,)* }

        impl Motif {
            #[cfg(test)]
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            pub fn draw(self, stage: &mut Stage) {
                match self { $(Self::$name => $draw(stage),)* }
            }
        }
    };
}

motifs! {
    Sunburst => radial::sunburst,
    Arcs => radial::arcs,
    Spiral => radial::spiral,
    Eclipse => radial::eclipse,
    Eye => radial::eye,
    Star => radial::star,
    Petals => radial::petals,
    Reel => radial::reel,
    Record => radial::record,
    Shards => radial::shards,
    Bars => stripes::bars,
    Equaliser => stripes::equaliser,
    Stairs => stripes::stairs,
    Diagonal => stripes::diagonal,
    Chevrons => stripes::chevrons,
    Blinds => stripes::blinds,
    Keys => stripes::keys,
    Comet => stripes::comet,
    Teeth => stripes::teeth,
    Horizon => scene::horizon,
    Ridges => scene::ridges,
    Spotlights => scene::spotlights,
    Skyline => scene::skyline,
    Road => scene::road,
    Waves => scene::waves,
    Window => scene::window,
    Dots => field::dots,
    Halves => field::halves,
    Scales => field::scales,
    Pipes => field::pipes,
    Squares => field::squares,
    Quilt => field::quilt,
    Cutouts => figure::cutouts,
    Discs => figure::discs,
    Mobile => figure::mobile,
    Confetti => figure::confetti,
    Heart => figure::heart,
    Keyhole => figure::keyhole,
    Ladder => figure::ladder,
    Aperture => figure::aperture,
}

impl Motif {
    /// Whether what is left still speaks when a title lies over the middle of it.
    pub fn bears_cover(self) -> bool {
        use Motif::*;
        match self {
            Sunburst | Arcs | Spiral | Shards | Equaliser | Diagonal | Chevrons | Blinds | Dots | Halves | Scales | Pipes
            | Squares | Quilt | Confetti => true,
            Bars | Eclipse | Eye | Star | Petals | Reel | Record | Stairs | Keys | Comet | Teeth | Horizon | Ridges
            | Spotlights | Skyline | Road | Waves | Window | Cutouts | Discs | Mobile | Heart | Keyhole | Ladder | Aperture => {
                false
            }
        }
    }
}

/// The motif of a film.
pub fn choose(genre: Genre, dice: &mut Dice) -> Motif {
    let suited = suited(genre);
    suited[dice.pick(suited.len())]
}

const fn suited(genre: Genre) -> &'static [Motif] {
    use Motif::*;
    match genre {
        Genre::Action => &[Chevrons, Comet, Shards, Diagonal, Sunburst, Stairs, Bars, Star, Skyline, Arcs, Road],
        Genre::Adventure => &[Sunburst, Ridges, Horizon, Waves, Star, Road, Scales, Arcs, Ladder, Eclipse],
        Genre::Animation => &[Pipes, Quilt, Squares, Spiral, Halves, Dots, Scales, Confetti, Petals],
        Genre::BlackComedy => &[Squares, Cutouts, Diagonal, Eye, Dots, Teeth, Halves, Ladder, Keyhole],
        Genre::Comedy => &[Halves, Confetti, Mobile, Quilt, Discs, Arcs, Sunburst, Stairs, Dots, Petals, Scales, Ladder],
        Genre::Concert => &[Equaliser, Record, Spotlights, Keys, Bars, Arcs, Star, Spiral],
        Genre::Documentary => &[Reel, Eye, Aperture, Arcs, Bars, Window, Ridges, Record, Skyline],
        Genre::Drama => &[
            Horizon, Cutouts, Window, Arcs, Eclipse, Stairs, Discs, Skyline, Waves, Blinds, Diagonal, Ladder, Road, Bars, Ridges,
        ],
        Genre::Horror => &[Teeth, Eclipse, Shards, Eye, Window, Keyhole, Spiral, Blinds, Horizon, Stairs],
        Genre::Musical => &[Keys, Spotlights, Petals, Scales, Confetti, Record, Sunburst, Mobile],
        Genre::RomanticComedy => &[Discs, Heart, Petals, Scales, Halves, Mobile, Horizon, Window, Confetti],
        Genre::Thriller => &[Spiral, Blinds, Eye, Keyhole, Stairs, Squares, Cutouts, Shards, Skyline, Aperture, Diagonal, Window],
        Genre::Western => &[Ridges, Sunburst, Star, Horizon, Road, Bars, Eclipse, Quilt, Chevrons, Arcs, Window],
        Genre::Other => &[Arcs, Sunburst, Bars, Horizon, Halves, Reel, Discs, Diagonal, Spotlights, Aperture, Stairs, Quilt],
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_genre_has_at_least_six_motifs_and_none_twice() {
        for genre in Genre::ALL {
            let motifs = suited(genre);
            let distinct: HashSet<_> = motifs.iter().collect();
            assert!(distinct.len() >= 6 && distinct.len() == motifs.len(), "{genre:?}");
        }
    }

    #[test]
    fn every_motif_suits_some_genre() {
        let used: HashSet<_> = Genre::ALL.into_iter().flat_map(|genre| suited(genre).iter().copied()).collect();
        assert!(Motif::ALL.iter().all(|motif| used.contains(motif)));
    }
}
