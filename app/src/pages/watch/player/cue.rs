//! Where a cue stands on the film: the settings of WebVTT (W3C, section 6.1 and 6.3.4) as CSS.
//!
//! Pure. A cue without settings stands where the viewer wants captions; one that says where it stands, stands there.

use std::fmt::Write;

/// The height of a line, in the size of its letters: that of `.captions` in captions.module.scss.
const LINE: f64 = 1.35;

/// What a cue says of its own place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Placement {
    pub vertical: Option<Growth>,
    /// Lines from the top, or from the bottom below zero; per cent where lines are not counted; nothing for `auto`.
    pub line: Option<f64>,
    pub counts_lines: bool,
    pub line_align: Align,
    /// Per cent; nothing for `auto`.
    pub position: Option<f64>,
    /// Nothing for `auto`.
    pub position_align: Option<Align>,
    /// Per cent.
    pub size: f64,
    pub align: Align,
}

impl Default for Placement {
    fn default() -> Self {
        Self {
            vertical: None,
            line: None,
            counts_lines: true,
            line_align: Align::Start,
            position: None,
            position_align: None,
            size: 100.0,
            align: Align::Center,
        }
    }
}

/// Which way the lines of vertical text follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Growth {
    RightToLeft,
    LeftToRight,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    Start,
    Center,
    End,
    Left,
    Right,
}

impl Align {
    /// By its name in the browser's objects: of a cue, a line or a position.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "start" => Some(Self::Start),
            "line-left" | "left" => Some(Self::Left),
            "center" | "middle" => Some(Self::Center),
            "end" => Some(Self::End),
            "line-right" | "right" => Some(Self::Right),
            _ => None,
        }
    }

    const fn as_css(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Center => "center",
            Self::End => "end",
            Self::Left => "left",
            Self::Right => "right",
        }
    }
}

/// Where a cue is drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drawn {
    /// Among those that stand where the viewer wants them, one below the other.
    pub flows: bool,
    /// In the lower half, where the controls are.
    pub is_low: bool,
    pub css: String,
}

impl Placement {
    pub fn drawn(&self) -> Drawn {
        let mut css = String::new();
        let (start, size) = self.span();
        let flows = self.line.is_none() && self.vertical.is_none();
        let is_moved = start > 0.0 || size < 100.0;
        // Writing into a string cannot fail.
        let _ = match (flows, self.vertical) {
            (true, _) if is_moved => write!(css, "margin-left:{start}%;width:{size}%;"),
            (true, _) => Ok(()),
            (false, None) => write!(css, "left:{start}%;width:{size}%;{}", self.across("top", "bottom", "Y")),
            (false, Some(Growth::RightToLeft)) => {
                write!(css, "writing-mode:vertical-rl;top:{start}%;height:{size}%;{}", self.across("right", "left", "X"))
            }
            (false, Some(Growth::LeftToRight)) => {
                write!(css, "writing-mode:vertical-lr;top:{start}%;height:{size}%;{}", self.across("left", "right", "X"))
            }
        };
        if self.align != Align::Center {
            let _ = write!(css, "text-align:{};", self.align.as_css());
        }
        let is_low = self.line.is_some_and(|line| if self.counts_lines { line < 0.0 } else { line > 50.0 });
        Drawn { flows, is_low: is_low && self.vertical.is_none(), css }
    }

    /// Where the box begins along its lines, and how long they are, in per cent.
    fn span(&self) -> (f64, f64) {
        let position = self.position.unwrap_or(match self.align {
            Align::Start | Align::Left => 0.0,
            Align::Center => 50.0,
            Align::End | Align::Right => 100.0,
        });
        let position = position.clamp(0.0, 100.0);
        let (most, before) = match self.position_align.unwrap_or(self.align) {
            Align::Start | Align::Left => (100.0 - position, 0.0),
            Align::Center => (2.0 * position.min(100.0 - position), 0.5),
            Align::End | Align::Right => (position, 1.0),
        };
        // What is placed at an edge is to be read all the same.
        let size = self.size.clamp(0.0, most.max(10.0));
        ((position - size * before).clamp(0.0, 100.0 - size), size)
    }

    /// Where the box stands across its lines: from the edge where the first line is, or from the opposite one.
    fn across(&self, first: &str, last: &str, axis: &str) -> String {
        match self.line {
            None => format!("{last}:0;"),
            Some(line) if self.counts_lines && line < 0.0 => format!("{last}:{}em;", (-1.0 - line) * LINE),
            Some(line) if self.counts_lines => format!("{first}:{}em;", line * LINE),
            Some(line) => {
                let line = line.clamp(0.0, 100.0);
                match self.line_align {
                    Align::Center => format!("{first}:{line}%;transform:translate{axis}(-50%);"),
                    Align::End | Align::Right => format!("{last}:{}%;", 100.0 - line),
                    // Near the last edge there is room for one line: more of them grow the other way.
                    Align::Start | Align::Left if line > 80.0 => format!("{last}:{}%;", (95.0 - line).max(0.0)),
                    Align::Start | Align::Left => format!("{first}:{line}%;"),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cue_stands_where_it_says_and_else_where_the_viewer_wants_it() {
        let plain = Placement::default();
        let percent = |line| Placement { line: Some(line), counts_lines: false, ..plain };
        let cases = [
            (plain, true, ""),
            (Placement { align: Align::Start, ..plain }, true, "text-align:start;"),
            (
                Placement { position: Some(20.0), align: Align::Start, ..plain },
                true,
                "margin-left:20%;width:80%;text-align:start;",
            ),
            (Placement { size: 40.0, ..plain }, true, "margin-left:30%;width:40%;"),
            (Placement { position: Some(90.0), ..plain }, true, "margin-left:80%;width:20%;"),
            (Placement { position: Some(100.0), ..plain }, true, "margin-left:90%;width:10%;"),
            (percent(10.0), false, "left:0%;width:100%;top:10%;"),
            (percent(90.0), false, "left:0%;width:100%;bottom:5%;"),
            (
                Placement { line_align: Align::Center, ..percent(50.0) },
                false,
                "left:0%;width:100%;top:50%;transform:translateY(-50%);",
            ),
            (Placement { line_align: Align::End, ..percent(30.0) }, false, "left:0%;width:100%;bottom:70%;"),
            (Placement { line: Some(0.0), ..plain }, false, "left:0%;width:100%;top:0em;"),
            (Placement { line: Some(-1.0), ..plain }, false, "left:0%;width:100%;bottom:0em;"),
            (
                Placement { vertical: Some(Growth::RightToLeft), align: Align::Start, ..percent(10.0) },
                false,
                "writing-mode:vertical-rl;top:0%;height:100%;right:10%;text-align:start;",
            ),
            (
                Placement { vertical: Some(Growth::LeftToRight), ..plain },
                false,
                "writing-mode:vertical-lr;top:0%;height:100%;right:0;",
            ),
        ];
        for (placement, flows, css) in cases {
            let drawn = placement.drawn();
            assert_eq!((drawn.flows, drawn.css.as_str()), (flows, css), "{placement:?}");
        }
    }

    #[test]
    fn what_stands_low_makes_room_for_the_controls() {
        let at = |line, counts_lines| Placement { line: Some(line), counts_lines, ..Placement::default() }.drawn().is_low;
        assert!(at(-2.0, true) && at(85.0, false));
        assert!(!at(0.0, true) && !at(20.0, false) && !Placement::default().drawn().is_low);
    }
}
