//! Writes the SVG: paths with whole numbers and relative commands, as few bytes as the drawing allows.
//!
//! Callers speak in poster units (600 wide); the file holds tenths of a unit as whole numbers under one
//! `scale(.1)`, which is exact, the same on every machine, and a fifth shorter than decimals. Must never write a
//! reference to anything outside the file, a filter or a script, nor text that was not escaped.

use std::fmt::Write as _;

use super::colour::Rgb;

const TENTHS: f32 = 10.0;

fn tenths(value: f32) -> i32 {
    (value * TENTHS).round() as i32
}

/// The outline of a shape. The pen position is kept in whole tenths, so rounding never adds up.
#[derive(Default)]
pub struct Path {
    data: String,
    at: (i32, i32),
    start: (i32, i32),
    last: char,
}

impl Path {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn is_empty(&self) -> bool {
        self.data.is_empty()
    }

    fn command(&mut self, letter: char) {
        // A letter that repeats may be left out, except `m`, which would turn into `l`.
        if letter != self.last || letter == 'm' {
            self.data.push(letter);
        }
        self.last = letter;
    }

    fn number(&mut self, value: i32) {
        if value >= 0 && self.data.ends_with(|last: char| last.is_ascii_digit()) {
            self.data.push(' ');
        }
        let _ = write!(self.data, "{value}");
    }

    fn offset(&mut self, to: (i32, i32)) {
        self.number(to.0 - self.at.0);
        self.number(to.1 - self.at.1);
    }

    pub fn move_to(&mut self, x: f32, y: f32) {
        let to = (tenths(x), tenths(y));
        self.command('m');
        self.offset(to);
        self.at = to;
        self.start = to;
    }

    pub fn line_to(&mut self, x: f32, y: f32) {
        let to = (tenths(x), tenths(y));
        match (to.0 - self.at.0, to.1 - self.at.1) {
            (0, 0) => {}
            (across, 0) => {
                self.command('h');
                self.number(across);
            }
            (0, down) => {
                self.command('v');
                self.number(down);
            }
            (_, _) => {
                self.command('l');
                self.offset(to);
            }
        }
        self.at = to;
    }

    pub fn quad_to(&mut self, cx: f32, cy: f32, x: f32, y: f32) {
        let to = (tenths(x), tenths(y));
        self.command('q');
        self.offset((tenths(cx), tenths(cy)));
        self.offset(to);
        self.at = to;
    }

    pub fn cubic_to(&mut self, a: (f32, f32), b: (f32, f32), to: (f32, f32)) {
        let end = (tenths(to.0), tenths(to.1));
        self.command('c');
        self.offset((tenths(a.0), tenths(a.1)));
        self.offset((tenths(b.0), tenths(b.1)));
        self.offset(end);
        self.at = end;
    }

    /// An arc of a circle to a point, the shorter way unless `long`.
    pub fn arc_to(&mut self, radius: f32, long: bool, clockwise: bool, x: f32, y: f32) {
        self.ellipse_to((radius, radius), long, clockwise, x, y);
    }

    fn ellipse_to(&mut self, radii: (f32, f32), long: bool, clockwise: bool, x: f32, y: f32) {
        let to = (tenths(x), tenths(y));
        self.command('a');
        self.number(tenths(radii.0));
        self.number(tenths(radii.1));
        self.number(0);
        self.number(i32::from(long));
        self.number(i32::from(clockwise));
        self.offset(to);
        self.at = to;
    }

    pub fn close(&mut self) {
        self.command('z');
        self.at = self.start;
    }

    pub fn polygon(&mut self, points: &[(f32, f32)]) {
        for (index, &(x, y)) in points.iter().enumerate() {
            if index == 0 { self.move_to(x, y) } else { self.line_to(x, y) }
        }
        self.close();
    }

    pub fn rect(&mut self, x: f32, y: f32, width: f32, height: f32) {
        self.polygon(&[(x, y), (x + width, y), (x + width, y + height), (x, y + height)]);
    }

    pub fn circle(&mut self, x: f32, y: f32, radius: f32) {
        self.ellipse(x, y, radius, radius);
    }

    pub fn ellipse(&mut self, x: f32, y: f32, rx: f32, ry: f32) {
        self.round((x, y), (rx, ry), true);
    }

    fn round(&mut self, (x, y): (f32, f32), radii: (f32, f32), clockwise: bool) {
        self.move_to(x - radii.0, y);
        self.ellipse_to(radii, false, clockwise, x + radii.0, y);
        self.ellipse_to(radii, false, clockwise, x - radii.0, y);
        self.close();
    }

    /// A circle with a round hole; the hole is drawn the other way round, so either fill rule leaves it open.
    pub fn ring(&mut self, x: f32, y: f32, outer: f32, inner: f32) {
        self.round((x, y), (outer, outer), true);
        self.round((x, y), (inner, inner), false);
    }

    /// A slice of a disc between two angles (radians, clockwise from the right), at most half a turn.
    pub fn slice(&mut self, x: f32, y: f32, radius: f32, from: f32, to: f32) {
        self.move_to(x, y);
        self.line_to(x + radius * from.cos(), y + radius * from.sin());
        self.arc_to(radius, false, true, x + radius * to.cos(), y + radius * to.sin());
        self.close();
    }

    /// Half a disc whose flat side runs through the centre; `angle` is where the flat side begins.
    pub fn half(&mut self, x: f32, y: f32, radius: f32, angle: f32) {
        let (dx, dy) = (radius * angle.cos(), radius * angle.sin());
        self.move_to(x + dx, y + dy);
        self.arc_to(radius, false, true, x - dx, y - dy);
        self.close();
    }
}

/// An SVG document in the making.
pub struct Svg {
    text: String,
}

impl Svg {
    /// A sheet of the given size, covered with `ground`.
    pub fn new(width: u32, height: u32, ground: Rgb) -> Self {
        let mut text = String::with_capacity(8 * 1024);
        let _ = write!(
            text,
            r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"><path fill="{ground}" d="M0 0h{width}v{height}H0z"/><g transform="scale(.1)">"#
        );
        Self { text }
    }

    pub fn fill(&mut self, colour: Rgb, path: &Path) {
        if !path.is_empty() {
            let _ = write!(self.text, r#"<path fill="{colour}" d="{}"/>"#, path.data);
        }
    }

    /// Fills what an odd number of outlines surround: a shape over another shows in the ground's colour.
    pub fn counterchange(&mut self, colour: Rgb, path: &Path) {
        let _ = write!(self.text, r#"<path fill="{colour}" fill-rule="evenodd" d="{}"/>"#, path.data);
    }

    /// Thin enough to see through; `percent` is below 100.
    pub fn wash(&mut self, colour: Rgb, percent: u8, path: &Path) {
        let _ = write!(self.text, r#"<path fill="{colour}" fill-opacity=".{percent:02}" d="{}"/>"#, path.data);
    }

    pub fn stroke(&mut self, colour: Rgb, width: f32, path: &Path) {
        if !path.is_empty() {
            let width = tenths(width);
            let _ = write!(self.text, r#"<path fill="none" stroke="{colour}" stroke-width="{width}" d="{}"/>"#, path.data);
        }
    }

    /// A window in which the following is drawn from its own corner, and beyond which nothing shows.
    pub fn open_window(&mut self, (x, y, width, height): (f32, f32, f32, f32)) {
        let (x, y, width, height) = (tenths(x), tenths(y), tenths(width), tenths(height));
        let _ = write!(self.text, r#"<svg x="{x}" y="{y}" width="{width}" height="{height}">"#);
    }

    pub fn close_window(&mut self) {
        self.text.push_str("</svg>");
    }

    /// What follows is turned about a point, by a quarter to the left.
    pub fn open_quarter_turn(&mut self, x: f32, y: f32) {
        let _ = write!(self.text, r#"<g transform="translate({} {})rotate(-90)">"#, tenths(x), tenths(y));
    }

    pub fn close_turn(&mut self) {
        self.text.push_str("</g>");
    }

    /// Letters in whatever face the viewer's system has: only for writing that our own face lacks.
    pub fn system_text(&mut self, colour: Rgb, (x, y): (f32, f32), size: f32, anchor: &str, words: &str) {
        let (x, y, size) = (tenths(x), tenths(y), tenths(size));
        let _ = write!(
            self.text,
            r#"<text x="{x}" y="{y}" fill="{colour}" font-family="system-ui,sans-serif" font-weight="700" font-size="{size}" text-anchor="{anchor}">"#
        );
        for letter in words.chars() {
            match letter {
                '&' => self.text.push_str("&amp;"),
                '<' => self.text.push_str("&lt;"),
                '>' => self.text.push_str("&gt;"),
                plain => self.text.push(plain),
            }
        }
        self.text.push_str("</text>");
    }

    pub fn finish(mut self) -> String {
        self.text.push_str("</g></svg>");
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rectangle_takes_few_bytes() {
        let mut path = Path::new();
        path.rect(1.0, 2.0, 30.0, 4.5);
        assert_eq!(path.data, "m10 20h300v45h-300z");
    }

    #[test]
    fn rounding_does_not_add_up() {
        let mut path = Path::new();
        path.move_to(0.0, 0.0);
        for step in 1..=1000 {
            path.line_to(step as f32 * 0.033, step as f32 * 0.066);
        }
        assert_eq!(path.at, (330, 660));
    }

    #[test]
    fn a_second_shape_starts_where_it_should() {
        let mut path = Path::new();
        path.rect(0.0, 0.0, 1.0, 1.0);
        path.rect(5.0, 5.0, 1.0, 1.0);
        assert!(path.data.ends_with("zm50 50h10v10h-10z"), "{}", path.data);
    }

    #[test]
    fn text_is_escaped() {
        let mut svg = Svg::new(600, 900, Rgb(0, 0, 0));
        svg.system_text(Rgb(1, 2, 3), (0.0, 0.0), 10.0, "start", "<a> & b");
        assert!(svg.finish().contains("&lt;a&gt; &amp; b</text>"));
    }
}
