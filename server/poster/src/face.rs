//! The typeface: how wide words are in it and what their outlines look like.
//!
//! Reads advances (`hmtx`, `HVAR`), outlines (`glyf`, `gvar`) and pair kerning (`GPOS`) of a variable font that
//! comes in one or more WOFF2 subsets. Must never shape what needs more than that: a caller asks
//! [`Setting::covers`] first and leaves other writing to the viewer's system.

use ttf_parser::{
    Face, GlyphId, OutlineBuilder, Tag,
    gpos::{PairAdjustment, PositioningSubtable, ValueRecord},
    opentype_layout::LookupSubtables,
};

use super::canvas::Path;

/// Why a font cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TypefaceError {
    #[error("no font was given")]
    Empty,
    #[error("font {0} is no WOFF2 file")]
    Woff2(usize),
    #[error("font {0} cannot be read: {1}")]
    Font(usize, ttf_parser::FaceParsingError),
}

/// A typeface in memory, its subsets in order of preference. Made once and shared.
pub struct Typeface {
    files: Vec<Vec<u8>>,
}

/// Where on the font's axes letters are set. An axis that the font lacks is left alone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cut {
    /// `wght`, 200 to 800.
    pub weight: f32,
    /// `wdth`, 75 to 100 percent.
    pub width: f32,
    /// `opsz`, 12 to 96 points.
    pub optical: f32,
}

impl Typeface {
    /// Unpacks subsets of one typeface, the most used first.
    ///
    /// # Errors
    /// A file that is no WOFF2 or holds no readable font, or no file at all.
    pub fn from_woff2(files: &[&[u8]]) -> Result<Self, TypefaceError> {
        if files.is_empty() {
            return Err(TypefaceError::Empty);
        }
        let mut unpacked = Vec::with_capacity(files.len());
        for (index, file) in files.iter().enumerate() {
            let data = wuff::decompress_woff2(file).map_err(|_| TypefaceError::Woff2(index))?;
            Face::parse(&data, 0).map_err(|error| TypefaceError::Font(index, error))?;
            unpacked.push(data);
        }
        Ok(Self { files: unpacked })
    }

    /// Without a single letter: all lettering is left to the viewer's own fonts.
    pub fn none() -> Self {
        Self { files: Vec::new() }
    }

    /// The typeface in one cut, ready to measure and draw. Cheap: only table headers are read.
    pub fn set(&self, cut: Cut) -> Setting<'_> {
        let subsets = self.files.iter().filter_map(|data| Subset::new(data, cut)).collect();
        Setting { subsets }
    }
}

struct Subset<'a> {
    face: Face<'a>,
    kerning: Vec<LookupSubtables<'a>>,
    em: f32,
}

impl<'a> Subset<'a> {
    fn new(data: &'a [u8], cut: Cut) -> Option<Self> {
        let mut face = Face::parse(data, 0).ok()?;
        // An axis that is not there answers None, which is fine.
        let _ = face.set_variation(Tag::from_bytes(b"wght"), cut.weight);
        let _ = face.set_variation(Tag::from_bytes(b"wdth"), cut.width);
        let _ = face.set_variation(Tag::from_bytes(b"opsz"), cut.optical);
        let em = f32::from(face.units_per_em());
        let kerning = kerning_lookups(&face);
        Some(Self { face, kerning, em })
    }

    fn kern(&self, left: GlyphId, right: GlyphId) -> f32 {
        self.kerning.iter().find_map(|lookup| self.kern_in(*lookup, left, right)).unwrap_or(0.0)
    }

    /// The first subtable that knows the pair decides, as the OpenType specification says (GPOS lookup type 2).
    fn kern_in(&self, lookup: LookupSubtables<'a>, left: GlyphId, right: GlyphId) -> Option<f32> {
        lookup.into_iter::<PositioningSubtable>().find_map(|subtable| {
            let PositioningSubtable::Pair(pairs) = subtable else { return None };
            let index = pairs.coverage().get(left)?;
            let (value, _) = match pairs {
                PairAdjustment::Format1 { sets, .. } => sets.get(index)?.get(right)?,
                PairAdjustment::Format2 { classes, matrix, .. } => matrix.get((classes.0.get(left), classes.1.get(right)))?,
            };
            Some(self.advance_of(value))
        })
    }

    fn advance_of(&self, value: ValueRecord) -> f32 {
        let varied = match value.x_advance_device {
            Some(ttf_parser::gpos::Device::Variation(device)) => {
                let coordinates = self.face.variation_coordinates();
                let gdef = self.face.tables().gdef;
                gdef.and_then(|gdef| gdef.glyph_variation_delta(device.outer_index, device.inner_index, coordinates))
            }
            Some(ttf_parser::gpos::Device::Hinting(_)) | None => None,
        };
        f32::from(value.x_advance) + varied.unwrap_or(0.0)
    }
}

fn kerning_lookups<'a>(face: &Face<'a>) -> Vec<LookupSubtables<'a>> {
    let Some(gpos) = face.tables().gpos else { return Vec::new() };
    let kern = Tag::from_bytes(b"kern");
    let mut indices: Vec<u16> =
        gpos.features.into_iter().filter(|feature| feature.tag == kern).flat_map(|f| f.lookup_indices).collect();
    indices.sort_unstable();
    indices.dedup();
    indices.into_iter().filter_map(|index| gpos.lookups.get(index)).map(|lookup| lookup.subtables).collect()
}

/// The typeface in one cut.
pub struct Setting<'a> {
    subsets: Vec<Subset<'a>>,
}

impl Setting<'_> {
    fn glyph(&self, letter: char) -> Option<(usize, GlyphId)> {
        self.subsets.iter().enumerate().find_map(|(index, subset)| Some((index, subset.face.glyph_index(letter)?)))
    }

    /// Whether every letter is in the face.
    pub fn covers(&self, text: &str) -> bool {
        text.chars().all(|letter| self.glyph(letter).is_some())
    }

    /// How far a line of text advances, in ems, with `tracking` ems added between letters.
    pub fn width(&self, text: &str, tracking: f32) -> f32 {
        let mut pen = 0.0;
        self.walk(text, tracking, |_, _, _, end| pen = end);
        pen
    }

    /// Calls `place(subset, glyph, x, x after it)` for each letter; distances in ems, without tracking after the last.
    fn walk(&self, text: &str, tracking: f32, mut place: impl FnMut(&Subset, GlyphId, f32, f32)) {
        let mut pen = 0.0;
        let mut before: Option<(usize, GlyphId)> = None;
        for letter in text.chars() {
            let Some((index, glyph)) = self.glyph(letter) else { continue };
            let subset = &self.subsets[index];
            if let Some((last_index, last)) = before {
                pen += tracking;
                if last_index == index {
                    pen += subset.kern(last, glyph) / subset.em;
                }
            }
            let advance = f32::from(subset.face.glyph_hor_advance(glyph).unwrap_or(0)) / subset.em;
            place(subset, glyph, pen, pen + advance);
            pen += advance;
            before = Some((index, glyph));
        }
    }

    /// Draws a line of text with its first letter's ink at `x` and its baseline at `y`; `size` is the em.
    ///
    /// Ink rather than advance meets the edge, so that large lines align to the eye.
    pub fn outline(&self, path: &mut Path, text: &str, (x, y): (f32, f32), size: f32, tracking: f32) {
        let left = self.left_bearing(text) * size;
        self.walk(text, tracking, |subset, glyph, at, _| {
            let scale = size / subset.em;
            let mut pen = Pen { path: &mut *path, x: x - left + at * size, y, scale };
            // A blank has no outline: None is as good as an empty one.
            let _ = subset.face.outline_glyph(glyph, &mut pen);
        });
    }

    fn left_bearing(&self, text: &str) -> f32 {
        let Some((index, glyph)) = text.chars().next().and_then(|letter| self.glyph(letter)) else { return 0.0 };
        let subset = &self.subsets[index];
        subset.face.glyph_bounding_box(glyph).map_or(0.0, |bounds| f32::from(bounds.x_min) / subset.em)
    }

    /// Height of a capital letter in ems.
    pub fn cap_height(&self) -> f32 {
        let height = self.subsets.first().and_then(|s| Some(f32::from(s.face.capital_height()?) / s.em));
        height.filter(|height| (0.4..1.0).contains(height)).unwrap_or(0.7)
    }
}

struct Pen<'a> {
    path: &'a mut Path,
    x: f32,
    y: f32,
    scale: f32,
}

impl Pen<'_> {
    fn place(&self, x: f32, y: f32) -> (f32, f32) {
        (self.x + x * self.scale, self.y - y * self.scale)
    }
}

impl OutlineBuilder for Pen<'_> {
    fn move_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.place(x, y);
        self.path.move_to(x, y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.place(x, y);
        self.path.line_to(x, y);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let ((x1, y1), (x, y)) = (self.place(x1, y1), self.place(x, y));
        self.path.quad_to(x1, y1, x, y);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        self.path.cubic_to(self.place(x1, y1), self.place(x2, y2), self.place(x, y));
    }

    fn close(&mut self) {
        self.path.close();
    }
}
