//! Where things are along a film: fractions, storyboard tiles, chapters, what is buffered.

use contract::playback::{Chapter, Storyboard};

/// One picture of a storyboard: which sheet, and where on it, in pixels.
#[derive(Clone, Debug, PartialEq)]
pub struct Tile {
    pub sheet: String,
    pub x: u32,
    pub y: u32,
    pub width: u16,
    pub height: u16,
}

impl Tile {
    /// The style of a box of any width that shows this picture, and nothing else of its sheet.
    pub fn look(&self, board: &Storyboard) -> String {
        // A background's place is a fraction of what the sheet is larger than the box by (CSS Backgrounds 3, section 3.6).
        let place = |at: u32, size: u16, count: u16| {
            let steps = f64::from(count.max(2) - 1) * f64::from(size.max(1));
            f64::from(at) / steps * 100.0
        };
        format!(
            "aspect-ratio:{}/{};background-image:url({});background-size:{}% {}%;background-position:{:.3}% {:.3}%",
            self.width,
            self.height,
            self.sheet,
            u32::from(board.columns) * 100,
            u32::from(board.rows) * 100,
            place(self.x, self.width, board.columns),
            place(self.y, self.height, board.rows),
        )
    }
}

/// How far `seconds` is along `duration`, 0 to 1.
pub fn fraction(seconds: f64, duration: f64) -> f64 {
    let fraction = seconds / duration;
    if fraction.is_finite() { fraction.clamp(0.0, 1.0) } else { 0.0 }
}

/// The picture for a time; nothing where the storyboard has none.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the number of pictures before")]
pub fn tile(board: &Storyboard, seconds: f64) -> Option<Tile> {
    let on_sheet = u32::from(board.columns) * u32::from(board.rows);
    if board.count == 0 || on_sheet == 0 || board.interval_seconds <= 0.0 || !seconds.is_finite() {
        return None;
    }
    let number = (seconds / board.interval_seconds).clamp(0.0, f64::from(board.count - 1)) as u32;
    let place = number % on_sheet;
    Some(Tile {
        sheet: board.sheets.get((number / on_sheet) as usize)?.clone(),
        x: place % u32::from(board.columns) * u32::from(board.tile_width),
        y: place / u32::from(board.columns) * u32::from(board.tile_height),
        width: board.tile_width,
        height: board.tile_height,
    })
}

/// The chapter that a time is in.
pub fn chapter(chapters: &[Chapter], seconds: f64) -> Option<&Chapter> {
    chapters.iter().rev().find(|chapter| chapter.start <= seconds)
}

/// The same by its number, of chapters that begin at these seconds.
pub fn chapter_index(starts: &[f64], seconds: f64) -> Option<usize> {
    starts.iter().rposition(|start| *start <= seconds)
}

/// How far ahead of `position` the film is there without a gap, as a fraction of `duration`.
pub fn buffered_until(ranges: &[(f64, f64)], position: f64, duration: f64) -> f64 {
    // Half a second of slack: a seek lands a little before the first frame that is there.
    let here = ranges.iter().find(|(start, end)| *start - 0.5 <= position && position <= *end);
    here.map_or(0.0, |(_, end)| fraction(*end, duration))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn board() -> Storyboard {
        Storyboard {
            sheets: vec!["a.jpg".into(), "b.jpg".into()],
            interval_seconds: 10.0,
            columns: 2,
            rows: 2,
            tile_width: 160,
            tile_height: 90,
            count: 6,
        }
    }

    #[test]
    fn a_time_finds_its_picture_across_sheets_and_never_past_the_last() {
        let at = |seconds| tile(&board(), seconds).map(|tile| (tile.sheet, tile.x, tile.y)).unwrap();
        assert_eq!(at(0.0), ("a.jpg".into(), 0, 0));
        assert_eq!(at(35.0), ("a.jpg".into(), 160, 90));
        assert_eq!(at(41.0), ("b.jpg".into(), 0, 0));
        assert_eq!(at(9_999.0), ("b.jpg".into(), 160, 0));
        assert_eq!(at(-5.0), ("a.jpg".into(), 0, 0));
        assert_eq!(tile(&Storyboard { count: 0, ..board() }, 1.0), None);
        assert_eq!(tile(&board(), f64::NAN), None);
    }

    #[test]
    fn a_picture_fills_a_box_of_any_width() {
        let look = |seconds| tile(&board(), seconds).map(|tile| tile.look(&board())).unwrap();
        let shared = "aspect-ratio:160/90;background-image:url(a.jpg);background-size:200% 200%;background-position:";
        assert_eq!(look(0.0), format!("{shared}0.000% 0.000%"));
        assert_eq!(look(35.0), format!("{shared}100.000% 100.000%"));
        let single = Storyboard { columns: 1, rows: 1, ..board() };
        let tile = tile(&single, 0.0).unwrap();
        assert!(tile.look(&single).ends_with("background-size:100% 100%;background-position:0.000% 0.000%"));
    }

    #[test]
    fn a_chapter_lasts_until_the_next() {
        let chapters = [Chapter { title: "One".into(), start: 0.0 }, Chapter { title: "Two".into(), start: 60.0 }];
        assert_eq!(chapter(&chapters, 59.9).unwrap().title, "One");
        assert_eq!(chapter(&chapters, 60.0).unwrap().title, "Two");
        assert_eq!(chapter(&[], 3.0), None);
        assert_eq!((chapter_index(&[0.0, 60.0], 60.0), chapter_index(&[5.0], 3.0)), (Some(1), None));
    }

    #[test]
    fn only_what_joins_the_position_counts_as_buffered() {
        let ranges = [(0.0, 10.0), (30.0, 60.0)];
        assert_eq!(buffered_until(&ranges, 5.0, 100.0), 0.1);
        assert_eq!(buffered_until(&ranges, 29.8, 100.0), 0.6);
        assert_eq!(buffered_until(&ranges, 20.0, 100.0), 0.0);
        assert_eq!(fraction(3.0, 0.0), 0.0);
    }
}
