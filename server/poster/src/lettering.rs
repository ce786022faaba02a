//! Sets the title and the credits: which cut and case, which lines, and where each letter goes.
//!
//! Owns everything that reads as text. Must never let untrusted text reach the drawing but as outlines, or escaped
//! where our face lacks a letter.

use unicode_normalization::UnicodeNormalization;

use super::{
    canvas::{Path, Svg},
    colour::Rgb,
    dice::Dice,
    face::{Cut, Setting, Typeface},
    lines::{self, Frame, Line},
    palette::Genre,
};

/// How a poster's title is set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Style {
    pub weight: f32,
    pub width: f32,
    pub capitals: bool,
    pub justified: bool,
    pub centred: bool,
    /// An article in front is set small, above the rest.
    pub small_article: bool,
}

impl Style {
    pub fn choose(genre: Genre, dice: &mut Dice) -> Self {
        // Weight, width, capitals, justified: loud or quiet, wide or narrow, as the genre's bills were.
        let (weight, width, capitals, justified) = match genre {
            Genre::Action => dice.among([(800.0, 75.0, true, true), (800.0, 88.0, true, false), (800.0, 75.0, true, false)]),
            Genre::Adventure => dice.among([(800.0, 100.0, true, true), (700.0, 88.0, false, false), (800.0, 80.0, true, false)]),
            Genre::Animation => {
                dice.among([(800.0, 100.0, false, false), (800.0, 88.0, true, true), (400.0, 100.0, false, false)])
            }
            Genre::BlackComedy => {
                dice.among([(300.0, 75.0, true, true), (800.0, 100.0, false, false), (800.0, 75.0, true, false)])
            }
            Genre::Comedy => dice.among([(800.0, 100.0, false, false), (800.0, 90.0, true, true), (700.0, 80.0, false, false)]),
            Genre::Concert => dice.among([(800.0, 75.0, true, true), (250.0, 88.0, true, false), (800.0, 100.0, false, false)]),
            Genre::Documentary => {
                dice.among([(600.0, 88.0, false, false), (300.0, 100.0, false, false), (700.0, 75.0, true, true)])
            }
            Genre::Drama => dice.among([
                (300.0, 100.0, false, false),
                (600.0, 85.0, false, false),
                (700.0, 75.0, true, true),
                (250.0, 80.0, true, false),
            ]),
            Genre::Horror => dice.among([(800.0, 75.0, true, true), (800.0, 75.0, false, false), (250.0, 75.0, true, true)]),
            Genre::Musical => dice.among([(800.0, 100.0, false, false), (400.0, 100.0, false, false), (800.0, 85.0, true, true)]),
            Genre::RomanticComedy => {
                dice.among([(500.0, 100.0, false, false), (800.0, 95.0, false, false), (350.0, 85.0, false, false)])
            }
            Genre::Thriller => dice.among([(800.0, 75.0, true, true), (700.0, 85.0, false, false), (250.0, 75.0, true, false)]),
            Genre::Western => dice.among([(800.0, 75.0, true, true), (800.0, 88.0, true, true), (700.0, 75.0, true, false)]),
            Genre::Other => dice.among([(700.0, 88.0, false, false), (800.0, 75.0, true, true), (350.0, 95.0, false, false)]),
        };
        let centred = dice.chance(if justified { 0.7 } else { 0.2 });
        Self { weight, width, capitals, justified, centred, small_article: dice.chance(0.6) }
    }

    fn title_cut(&self, width: f32) -> Cut {
        Cut { weight: self.weight, width, optical: 96.0 }
    }

    fn small_cut(&self) -> Cut {
        Cut { weight: self.weight.clamp(450.0, 650.0), width: self.width.max(85.0), optical: 20.0 }
    }

    fn tracking(&self) -> f32 {
        if self.capitals { 0.0 } else { -0.012 }
    }
}

/// Titles longer than this many letters end in an ellipsis.
const LONGEST: usize = 140;
/// A word longer than this is cut into pieces.
const LONGEST_WORD: usize = 40;
/// Below this em the next narrower cut is tried.
const COMFORTABLE: f32 = 74.0;

/// What is left of a text when control characters and runs of space are gone; composed, and with a true apostrophe.
pub fn clean(text: &str) -> String {
    let printable =
        |letter: &char| !matches!(letter, '\u{fffe}' | '\u{ffff}') && (letter.is_whitespace() || !letter.is_control());
    let composed: String = text.nfc().filter(printable).take(4 * LONGEST).collect();
    let words: Vec<&str> = composed.split_whitespace().collect();
    let line = words.join(" ").replace('\'', "\u{2019}");
    if line.chars().count() <= LONGEST {
        return line;
    }
    let mut short: String = line.chars().take(LONGEST - 1).collect();
    if let Some(end) = short.rfind(' ').filter(|&end| end > LONGEST / 2) {
        short.truncate(end);
    }
    short.push('\u{2026}');
    short
}

/// A title's parts: article, main words, and what follows a colon in long titles.
#[derive(Debug, PartialEq)]
struct TitleParts<'a> {
    article: Option<&'a str>,
    main: &'a str,
    rest: Option<&'a str>,
}

fn parts(title: &str, small_article: bool) -> TitleParts<'_> {
    let (main, rest) = match title.split_once(": ") {
        Some((main, rest)) if title.chars().count() > 22 && main.len() > 1 && rest.len() > 6 => (main, Some(rest)),
        Some(_) | None => (title, None),
    };
    let article = main.split_once(' ').filter(|(first, _)| small_article && matches!(*first, "The" | "A" | "An"));
    match article {
        Some((article, main)) => TitleParts { article: Some(article), main, rest },
        None => TitleParts { article: None, main, rest },
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Voice {
    Title,
    Small,
}

struct Row {
    line: Line,
    /// From the row above to the top of this one.
    above: f32,
    voice: Voice,
}

/// A title, set. Lengths in poster units.
pub struct Block {
    rows: Vec<Row>,
    rise: f32,
    fall: f32,
    width: f32,
    cut_width: f32,
    ours: bool,
    style: Style,
}

impl Block {
    /// Sets a cleaned title in a box, none larger than `largest`.
    pub fn set(title: &str, style: Style, (width, height): (f32, f32), largest: f32, face: &Typeface) -> Self {
        let cased = |text: &str| if style.capitals { text.to_uppercase() } else { text.to_owned() };
        let parts = parts(title, style.small_article);
        let (main, rest, article) = (cased(parts.main), parts.rest.map(cased), parts.article.map(cased));
        let whole = cased(title);
        let ours = face.set(style.title_cut(style.width)).covers(&whole);
        let accented = whole.chars().any(|letter| !letter.is_ascii() && letter.is_alphabetic());
        let drops = !style.capitals && main.contains(['g', 'j', 'p', 'q', 'y', ',', ';']);
        let words = words(&main);

        let mut best: Option<(f32, f32, Vec<Line>, f32)> = None;
        for cut_width in [style.width, 85.0, 75.0].into_iter().filter(|&narrow| narrow <= style.width) {
            let setting = face.set(style.title_cut(cut_width));
            let rise = if ours { setting.cap_height() } else { 0.75 };
            let gap = if ours { if style.capitals { 0.16 } else { 0.27 } } else { 0.45 } + if accented { 0.13 } else { 0.0 };
            let fall = if !ours || drops { 0.2 } else { 0.0 };
            let frame = Frame { width, height, largest, rise, fall, gap, justified: style.justified };
            let fitted = lines::fit(&words, &frame, |text| measure(&setting, ours, text, style.tracking()));
            let smallest = fitted.iter().map(|line| line.size).fold(f32::INFINITY, f32::min);
            if best.as_ref().is_none_or(|(least, ..)| smallest > least * 1.02) {
                best = Some((smallest, cut_width, fitted, gap));
            }
            if smallest >= COMFORTABLE {
                break;
            }
        }
        let (smallest, cut_width, fitted, gap) = best.unwrap_or((0.0, style.width, Vec::new(), 0.0));
        let rise = if ours { face.set(style.title_cut(cut_width)).cap_height() } else { 0.75 };
        let mut block = Self { rows: Vec::new(), rise, fall: 0.0, width, cut_width, ours, style };
        let small = face.set(style.small_cut());
        if let (Some(article), Some(first)) = (article, fitted.first()) {
            let size = (first.size * 0.4).clamp(18.0, 64.0);
            let ems = measure(&small, ours, &article, 0.0).max(0.05);
            block.rows.push(Row { line: Line { text: article, size, ems }, above: 0.0, voice: Voice::Small });
        }
        let mean = fitted.iter().map(|line| line.size).sum::<f32>() / fitted.len().max(1) as f32;
        for line in fitted {
            let above = if block.rows.is_empty() { 0.0 } else { mean * gap };
            block.rows.push(Row { line, above, voice: Voice::Title });
        }
        if let Some(rest) = rest {
            let largest = (smallest * 0.55).clamp(20.0, 50.0);
            let frame = Frame { width, height, largest, rise, fall: 0.0, gap: 0.42, justified: false };
            let pieces = self::words(&rest);
            for (index, line) in lines::fit(&pieces, &frame, |text| measure(&small, ours, text, 0.0)).into_iter().enumerate() {
                let first_gap = mean * if drops { 0.34 } else { 0.24 };
                let above = if index == 0 { first_gap.max(line.size * 0.5) } else { line.size * frame.gap };
                block.rows.push(Row { line, above, voice: Voice::Small });
            }
        } else {
            block.fall = if !ours || drops { 0.2 } else { 0.0 };
        }
        block.shrink_to(height);
        block
    }

    /// All of a block's lengths are proportional, so one factor makes it fit.
    fn shrink_to(&mut self, height: f32) {
        let factor = height / self.height().max(1.0);
        if factor < 1.0 {
            for row in &mut self.rows {
                row.line.size *= factor;
                row.above *= factor;
            }
        }
    }

    /// From the top of the first line to the lowest ink; 0 without a title.
    pub fn height(&self) -> f32 {
        let rows: f32 = self.rows.iter().map(|row| row.above + row.line.size * self.rise).sum();
        rows + self.rows.last().map_or(0.0, |row| row.line.size * self.fall)
    }

    /// Draws the block with its upper left corner at `x`, `y`.
    pub fn draw(&self, svg: &mut Svg, colour: Rgb, (x, y): (f32, f32), face: &Typeface) {
        let title = face.set(self.style.title_cut(self.cut_width));
        let small = face.set(self.style.small_cut());
        let mut path = Path::new();
        let mut baseline = y;
        for row in &self.rows {
            let Line { text, size, ems } = &row.line;
            baseline += row.above + size * self.rise;
            let indent = if self.style.centred { (self.width - size * ems).max(0.0) / 2.0 } else { 0.0 };
            match (self.ours, row.voice) {
                (true, Voice::Title) => title.outline(&mut path, text, (x + indent, baseline), *size, self.style.tracking()),
                (true, Voice::Small) => small.outline(&mut path, text, (x + indent, baseline), *size, 0.0),
                // The middle is the middle in either direction of writing.
                (false, _) => svg.system_text(colour, (x + self.width / 2.0, baseline), *size, "middle", text),
            }
        }
        svg.fill(colour, &path);
    }
}

/// The words of a text, with endless ones cut into pieces.
fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    for mut word in text.split(' ').filter(|word| !word.is_empty()) {
        while let Some((end, _)) = word.char_indices().nth(LONGEST_WORD) {
            words.push(&word[..end]);
            word = &word[end..];
        }
        words.push(word);
    }
    words
}

/// Width in ems. Letters of a face we do not have are taken as wide as such letters get.
fn measure(setting: &Setting, ours: bool, text: &str, tracking: f32) -> f32 {
    if ours {
        return setting.width(text, tracking);
    }
    text.chars().map(|letter| if letter >= '\u{1100}' { 1.1 } else { 0.72 }).sum()
}

/// The em of the credits.
pub const CREDIT: f32 = 21.0;
const CREDIT_TRACKING: f32 = 0.05;
const CREDIT_CUT: Cut = Cut { weight: 600.0, width: 100.0, optical: 18.0 };

/// Who and when, small: the name at one edge and the year at the other, or both in the middle.
pub struct Credits {
    name: Option<String>,
    year: Option<String>,
}

impl Credits {
    pub fn new(director: Option<&str>, year: Option<u16>) -> Self {
        let name = director.map(clean).filter(|name| !name.is_empty()).map(|name| name.to_uppercase());
        Self { name, year: year.map(|year| year.to_string()) }
    }

    pub fn is_empty(&self) -> bool {
        self.name.is_none() && self.year.is_none()
    }

    /// Draws the line with its baseline at `y`, from `x` over `width`.
    pub fn draw(&self, svg: &mut Svg, colour: Rgb, (x, y): (f32, f32), width: f32, centred: bool, face: &Typeface) {
        let setting = face.set(CREDIT_CUT);
        let ours = self.name.as_ref().is_none_or(|name| setting.covers(name));
        let wide = |text: &str| measure(&setting, ours, text, CREDIT_TRACKING) * CREDIT;
        let year_width = self.year.as_deref().map_or(0.0, |year| setting.width(year, CREDIT_TRACKING) * CREDIT);
        let between = 18.0;
        let name_width = self.name.as_deref().map_or(0.0, wide);
        // A long name gives way; the year keeps its size.
        let size = CREDIT * ((width - year_width - between) / name_width.max(1.0)).min(1.0);
        let name_width = name_width * size / CREDIT;
        let (name_at, year_at) = match (centred, &self.name, &self.year) {
            (true, Some(_), Some(_)) => {
                let left = x + (width - name_width - between - year_width) / 2.0;
                (left, left + name_width + between)
            }
            (true, Some(_), None) => (x + (width - name_width) / 2.0, 0.0),
            (true, None, _) => (0.0, x + (width - year_width) / 2.0),
            (false, Some(_), _) => (x, x + width - year_width),
            (false, None, _) => (0.0, x),
        };
        let mut path = Path::new();
        match &self.name {
            Some(name) if ours => setting.outline(&mut path, name, (name_at, y), size, CREDIT_TRACKING),
            Some(name) => svg.system_text(colour, (name_at + name_width / 2.0, y), size, "middle", name),
            None => {}
        }
        if let Some(year) = &self.year {
            setting.outline(&mut path, year, (year_at, y), CREDIT, CREDIT_TRACKING);
        }
        svg.fill(colour, &path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_and_runs_of_space_are_gone() {
        assert_eq!(clean("  A\u{0}\u{7}  Touch\n\tof Zen\u{ffff} "), "A Touch of Zen");
    }

    #[test]
    fn letters_and_their_accents_are_joined() {
        assert_eq!(clean("Ame\u{301}lie"), "Am\u{e9}lie");
    }

    #[test]
    fn an_endless_title_ends_in_an_ellipsis() {
        let title = clean(&"word ".repeat(100));
        assert!(title.chars().count() <= LONGEST && title.ends_with("word\u{2026}"), "{title}");
    }

    #[test]
    fn an_article_and_a_subtitle_step_back() {
        let title = "The Chronicles of Narnia: The Lion, the Witch and the Wardrobe";
        assert_eq!(
            parts(title, true),
            TitleParts { article: Some("The"), main: "Chronicles of Narnia", rest: Some("The Lion, the Witch and the Wardrobe") }
        );
    }

    #[test]
    fn a_short_title_with_a_colon_stays_whole() {
        assert_eq!(parts("Alien: Resurrection", true).main, "Alien: Resurrection");
    }

    #[test]
    fn an_article_alone_is_a_title() {
        assert_eq!(parts("The", true), TitleParts { article: None, main: "The", rest: None });
    }

    #[test]
    fn an_endless_word_is_cut_and_loses_nothing() {
        let long = "a".repeat(95);
        let pieces = words(&long);
        assert_eq!(pieces.len(), 3);
        assert_eq!(pieces.concat(), long);
    }
}
