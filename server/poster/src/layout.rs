//! Puts motif, title and credits on the sheet.
//!
//! Owns the arrangements. The title is set first and says how much room it needs; the motif gets all the rest. Must
//! never let the motif and lettering overlap but on a cleared ground.

use super::{
    canvas::{Path, Svg},
    colour::Rgb,
    dice::Dice,
    face::Typeface,
    lettering::{Block, CREDIT, Credits, Style},
    motif::{Motif, Stage},
    palette::Palette,
};

pub const WIDTH: f32 = 600.0;
pub const HEIGHT: f32 = 900.0;
/// From the edge of the sheet to lettering.
const MARGIN: f32 = 42.0;
const COLUMN: f32 = WIDTH - 2.0 * MARGIN;

/// How the sheet is divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Layout {
    /// Motif above, title under it on the same ground.
    Below,
    /// Title at the head, motif down to the foot.
    Above,
    /// Motif on a panel of its own with a margin round it, title under it.
    Framed,
    /// Title on a block of colour at the foot.
    Block,
    /// Motif over the whole sheet, title on a band across it.
    Band,
    /// Motif over the whole sheet, title on a label.
    Label,
    /// A short title up the left edge.
    Side,
}

impl Layout {
    pub fn choose(title: &str, motif: Motif, dice: &mut Dice) -> Self {
        // Fewer letters than these would stand lost in their column.
        let suits = (4..=13).contains(&title.len()) && title.is_ascii();
        if suits && dice.chance(0.3) {
            return Self::Side;
        }
        if motif.bears_cover() && dice.chance(0.45) {
            return dice.among([Self::Band, Self::Label]);
        }
        dice.among([Self::Below, Self::Above, Self::Framed, Self::Block])
    }
}

/// Everything that was decided about a poster before a line is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plan {
    pub inks: Palette,
    pub motif: Motif,
    pub layout: Layout,
    pub style: Style,
}

/// The sheet in the making.
pub struct Sheet<'a> {
    pub svg: Svg,
    pub plan: Plan,
    pub title: &'a str,
    pub credits: Credits,
    pub face: &'a Typeface,
    /// For the motif.
    pub motif_dice: Dice,
    /// For small things of the arrangement.
    pub dice: Dice,
}

impl Sheet<'_> {
    pub fn compose(mut self) -> String {
        match self.plan.layout {
            Layout::Below => self.below(),
            Layout::Above => self.above(),
            Layout::Framed => self.framed(),
            Layout::Block => self.block(),
            Layout::Band => self.band(),
            Layout::Label => self.label(),
            Layout::Side => self.side(),
        }
        self.svg.finish()
    }

    fn set(&self, style: Style, size: (f32, f32), largest: f32) -> Block {
        Block::set(self.title, style, size, largest, self.face)
    }

    fn motif(&mut self, window: (f32, f32, f32, f32), inks: Palette) {
        self.svg.open_window(window);
        let dice = std::mem::replace(&mut self.motif_dice, Dice::new("", "spent"));
        self.plan.motif.draw(&mut Stage { svg: &mut self.svg, width: window.2, height: window.3, inks, dice });
        self.svg.close_window();
    }

    fn panel(&mut self, colour: Rgb, (x, y, width, height): (f32, f32, f32, f32)) {
        let mut path = Path::new();
        path.rect(x, y, width, height);
        self.svg.fill(colour, &path);
    }

    fn credit_line(&mut self, colour: Rgb, at: (f32, f32), width: f32) {
        let centred = self.plan.style.centred;
        self.credits.draw(&mut self.svg, colour, at, width, centred, self.face);
    }

    /// Height that the credits take, with the space that parts them from the title.
    fn credit_room(&self, space: f32) -> f32 {
        if self.credits.is_empty() { 0.0 } else { CREDIT * 0.7 + space }
    }

    fn below(&mut self) {
        let inks = self.plan.inks;
        let block = self.set(self.plan.style, (COLUMN, 330.0), 250.0);
        let foot = HEIGHT - MARGIN;
        let top = foot - self.credit_room(34.0) - block.height();
        self.motif((0.0, 0.0, WIDTH, top - 38.0), inks);
        block.draw(&mut self.svg, inks.ink, (MARGIN, top), self.face);
        self.credit_line(inks.ink, (MARGIN, foot), COLUMN);
    }

    fn above(&mut self) {
        let inks = self.plan.inks;
        let block = self.set(self.plan.style, (COLUMN, 330.0), 250.0);
        let mut y = MARGIN + 6.0;
        if !self.credits.is_empty() {
            y += CREDIT * 0.7;
            self.credit_line(inks.ink, (MARGIN, y), COLUMN);
            self.panel(inks.ink, (MARGIN, y + 17.0, COLUMN, 3.0));
            y += 48.0;
        }
        block.draw(&mut self.svg, inks.ink, (MARGIN, y), self.face);
        y += block.height() + 40.0;
        self.motif((0.0, y, WIDTH, HEIGHT - y), inks);
    }

    fn framed(&mut self) {
        let inks = self.plan.inks;
        let edge = 34.0;
        let wide = WIDTH - 2.0 * edge;
        let block = self.set(self.plan.style, (wide, 290.0), 220.0);
        let foot = HEIGHT - edge - 4.0;
        let top = foot - self.credit_room(30.0) - block.height();
        let panel = (edge, edge, wide, top - 30.0 - edge);
        self.panel(inks.shape, panel);
        // On its panel the motif is cut out of the shape's colour.
        // A little over the panel's edge: what has the margin's colour must not leave a hair of the panel's.
        let window = (panel.0 - 2.0, panel.1 - 2.0, panel.2 + 4.0, panel.3 + 4.0);
        self.motif(window, Palette { ground: inks.shape, shape: inks.ground, ink: inks.ink });
        block.draw(&mut self.svg, inks.ink, (edge, top), self.face);
        self.credit_line(inks.ink, (edge, foot), wide);
    }

    fn block(&mut self) {
        let inks = self.plan.inks;
        let (colour, letters) = inks.block();
        let block = self.set(self.plan.style, (COLUMN, 310.0), 240.0);
        let foot = HEIGHT - MARGIN;
        let title_top = foot - self.credit_room(34.0) - block.height();
        let top = title_top - 44.0;
        self.motif((0.0, 0.0, WIDTH, top), inks);
        // A little over the motif's edge, or a seam shows where both have the same colour.
        self.panel(colour, (0.0, top - 2.0, WIDTH, HEIGHT - top + 2.0));
        block.draw(&mut self.svg, letters, (MARGIN, title_top), self.face);
        self.credit_line(letters, (MARGIN, foot), COLUMN);
    }

    fn band(&mut self) {
        let inks = self.plan.inks;
        let block = self.set(self.plan.style, (COLUMN, 270.0), 210.0);
        let tall = block.height() + self.credit_room(30.0) + 2.0 * 36.0;
        let top = ((HEIGHT - tall) * self.dice.among([0.5, 0.66, 0.78])).round();
        self.motif((0.0, 0.0, WIDTH, HEIGHT), inks);
        self.panel(inks.ground, (0.0, top, WIDTH, tall));
        block.draw(&mut self.svg, inks.ink, (MARGIN, top + 36.0), self.face);
        self.credit_line(inks.ink, (MARGIN, top + tall - 36.0), COLUMN);
    }

    fn label(&mut self) {
        let inks = self.plan.inks;
        let (x, wide, pad) = (60.0, 480.0, 34.0);
        let style = Style { centred: true, ..self.plan.style };
        self.plan.style = style;
        let block = self.set(style, (wide - 2.0 * pad, 250.0), 180.0);
        let tall = block.height() + self.credit_room(28.0) + 2.0 * pad;
        let top = ((HEIGHT - tall) * self.dice.among([0.42, 0.5, 0.7])).round();
        self.motif((0.0, 0.0, WIDTH, HEIGHT), inks);
        self.panel(inks.ground, (x, top, wide, tall));
        self.panel(inks.ink, (x, top, wide, 5.0));
        self.panel(inks.ink, (x, top + tall - 5.0, wide, 5.0));
        block.draw(&mut self.svg, inks.ink, (x + pad, top + pad), self.face);
        self.credit_line(inks.ink, (x + pad, top + tall - pad), wide - 2.0 * pad);
    }

    fn side(&mut self) {
        let inks = self.plan.inks;
        let long = HEIGHT - 2.0 * MARGIN;
        let style = Style { centred: false, justified: false, ..self.plan.style };
        self.plan.style = style;
        let block = self.set(style, (long, 150.0), 200.0);
        let across = block.height() + self.credit_room(28.0);
        self.svg.open_quarter_turn(MARGIN, HEIGHT - MARGIN);
        block.draw(&mut self.svg, inks.ink, (0.0, 0.0), self.face);
        self.credit_line(inks.ink, (0.0, across), long);
        self.svg.close_turn();
        let x = MARGIN + across + 38.0;
        self.motif((x, 0.0, WIDTH - x, HEIGHT), inks);
    }
}
