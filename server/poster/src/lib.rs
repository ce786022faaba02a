//! The poster artist: draws a film that has no artwork a bill of its own, in the manner of mid-century cinema.
//!
//! A pure function of what is known of the film and of the typeface: the same poster on every machine, on every day.
//! [`dice`](Dice) turns the id into choices, [`palette`] and [`motif`] hold what is chosen from, [`lettering`] sets
//! the title by real metrics, [`layout`] puts it all on the sheet, [`canvas`] writes the SVG, [`raster`] makes points of it.
//! Must never read a clock, a file or the network, and never fail: whatever the title, there is a poster.

mod canvas;
mod colour;
mod dice;
mod face;
mod layout;
mod lettering;
mod lines;
mod motif;
mod palette;
mod raster;
#[cfg(test)]
mod tests;

use canvas::Svg;
use dice::Dice;
pub use face::{Typeface, TypefaceError};
use layout::{Layout, Plan, Sheet};
use lettering::{Credits, Style};
use motif::Stage;
use palette::Genre;
pub use raster::raster;

/// What is known of a film.
#[derive(Clone, Copy, Debug)]
pub struct Brief<'a> {
    /// Decides about everything that the genre leaves open.
    pub id: &'a str,
    pub title: &'a str,
    pub year: Option<u16>,
    pub director: Option<&'a str>,
    /// As the catalogue writes it; an unknown one is as good as none.
    pub genre: Option<&'a str>,
}

impl Brief<'_> {
    fn dice(&self, aspect: &str) -> Dice {
        Dice::new(self.id, aspect)
    }

    fn plan(&self) -> Plan {
        let genre = Genre::of(self.genre);
        let motif = motif::choose(genre, &mut self.dice("motif"));
        Plan {
            inks: palette::choose(genre, &mut self.dice("palette")),
            motif,
            layout: Layout::choose(&lettering::clean(self.title), motif, &mut self.dice("layout")),
            style: Style::choose(genre, &mut self.dice("style")),
        }
    }
}

/// The poster: an SVG of 600 by 900 units that refers to nothing outside itself.
///
/// Lettering is drawn as outlines. Only a title with letters that the typeface lacks is left, escaped, to the
/// viewer's own fonts.
pub fn draw(brief: &Brief, face: &Typeface) -> String {
    let plan = brief.plan();
    let sheet = Sheet {
        svg: Svg::new(600, 900, plan.inks.ground),
        plan,
        title: &lettering::clean(brief.title),
        credits: Credits::new(brief.director, brief.year),
        face,
        motif_dice: brief.dice("shapes"),
        dice: brief.dice("arrangement"),
    };
    sheet.compose()
}

/// The poster's dominant colour as `#rrggbb`: what to show while it loads.
pub fn colour(brief: &Brief) -> String {
    palette::choose(Genre::of(brief.genre), &mut brief.dice("palette")).ground.to_string()
}

/// Whether two films would get the same motif in the same inks: near each other they would look like one.
///
/// Whoever makes ids can ask before it settles on one. Chance says yes for about one pair in a hundred of a genre.
pub fn alike(one: &Brief, other: &Brief) -> bool {
    let (one, other) = (one.plan(), other.plan());
    one.motif == other.motif && one.inks == other.inks
}

/// The poster's motif alone, 1600 by 900 units, to stand behind a page about the film.
pub fn backdrop(brief: &Brief) -> String {
    let plan = brief.plan();
    let mut svg = Svg::new(1600, 900, plan.inks.ground);
    let (width, height) = (1600.0, 900.0);
    plan.motif.draw(&mut Stage { svg: &mut svg, width, height, inks: plan.inks, dice: brief.dice("shapes") });
    svg.finish()
}
