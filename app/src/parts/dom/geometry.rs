//! Spatial navigation over rectangles: which of the things on a screen lies that way. Knows no document, so that it is
//! tested without one; [`super::spatial`] measures the document for it.
//!
//! The rules are those of televisions (BBC's lrud-spatial, CSS Spatial Navigation 1): what lies ahead by its nearest edges,
//! distance aside counting more; a row is one thing to whoever comes from above or below, and is entered where it was
//! left; nothing leads out of an open dialog or menu.

/// Where an arrow points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Left,
    Right,
    Up,
    Down,
}

impl Direction {
    pub const fn is_vertical(self) -> bool {
        match self {
            Self::Up | Self::Down => true,
            Self::Left | Self::Right => false,
        }
    }
}

/// A box in pixels, from the top left corner of the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rect {
    pub left: f64,
    pub top: f64,
    pub right: f64,
    pub bottom: f64,
}

/// Something that takes the focus.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Candidate {
    pub area: Rect,
    /// The row that it is in: left and right stay inside, up and down leave it.
    pub row: Option<usize>,
    /// From where to where that row goes across the screen.
    pub row_span: Option<(f64, f64)>,
    /// The row whose heading it is: the way there is left from the row's first item, and no way up or down.
    pub heading_of: Option<usize>,
    /// The open dialog or menu that it is in.
    pub dialog: Option<usize>,
    /// Whether its row was left here.
    pub is_last_focused: bool,
}

/// How much of a thing's own size may lie behind the edge that one leaves by: a card that lifts grows into its neighbour's
/// place (lrud-spatial's overlap).
const OVERLAP: f64 = 0.3;
/// How much more a pixel aside counts than one ahead: up and down keep the column, left and right the line (CSS Spatial
/// Navigation 1, section 8.4.3). What lies below on the way to the side is not meant by an arrow to the side.
const ASIDE_VERTICALLY: f64 = 2.0;
const ASIDE_HORIZONTALLY: f64 = 30.0;

/// Which candidate an arrow leads to from `from`, whose `dialog` is the one that is open, whether it is inside or not.
pub fn nearest(from: &Candidate, candidates: &[Candidate], direction: Direction) -> Option<usize> {
    let is_on_the_way = |candidate: &Candidate| match (from.row, direction.is_vertical()) {
        (None, true) => candidate.heading_of.is_none(),
        (row, true) => candidate.row != row && candidate.heading_of.is_none(),
        (None, false) => true,
        (row, false) => candidate.row == row,
    };
    let best = candidates
        .iter()
        .enumerate()
        .filter(|(_, candidate)| candidate.dialog == from.dialog && is_on_the_way(candidate))
        .filter_map(|(index, candidate)| Some((index, Distance::between(&from.area, candidate, direction)?)))
        .min_by(|(_, one), (_, other)| one.total_cmp(other))
        .map(|(best, _)| best);
    let Some(best) = best else { return heading(from, candidates, direction) };
    let row = candidates.get(best)?.row;
    if !direction.is_vertical() || row.is_none() {
        return Some(best);
    }
    let left_at = candidates
        .iter()
        .position(|candidate| candidate.row == row && candidate.dialog == from.dialog && candidate.is_last_focused);
    left_at.or(Some(best))
}

/// Beyond the first item of a row lies its heading.
fn heading(from: &Candidate, candidates: &[Candidate], direction: Direction) -> Option<usize> {
    let row = from.row.filter(|_| direction == Direction::Left)?;
    candidates.iter().position(|candidate| candidate.heading_of == Some(row))
}

/// Where one begins when nothing has the focus, or the page as a whole: the first thing in `view`, or else the first.
pub fn entry(dialog: Option<usize>, candidates: &[Candidate], view: &Rect) -> Option<usize> {
    let inside = |candidate: &Candidate| candidate.dialog == dialog;
    let is_in_view =
        |area: &Rect| area.top >= view.top && area.bottom <= view.bottom && area.left >= view.left && area.right <= view.right;
    let seen = candidates.iter().position(|candidate| inside(candidate) && is_in_view(&candidate.area));
    seen.or_else(|| candidates.iter().position(inside))
}

/// How far a page is to be scrolled so that this lies in the middle of what is free of a screen so high, of which what stays in sight over
/// the page covers so much at the top.
pub fn to_middle(area: &Rect, covered: f64, height: f64) -> f64 {
    f64::midpoint(area.top, area.bottom) - f64::midpoint(covered, height)
}

/// How far a candidate lies that way.
struct Distance {
    /// Whole pixels, so that things on one line are equally far.
    pixels: f64,
    /// What tells those apart: how far their beginnings lie from that of where one comes from.
    askew: f64,
}

impl Distance {
    /// Nothing where the candidate lies another way. Up and down, a row is as wide as it is drawn: what is in it may be a
    /// short line at one end.
    fn between(from: &Rect, candidate: &Candidate, direction: Direction) -> Option<Self> {
        let to = &candidate.area;
        let (left, right) = candidate.row_span.unwrap_or((to.left, to.right));
        let (ahead, size) = match direction {
            Direction::Left => (from.left - to.right, to.right - to.left),
            Direction::Right => (to.left - from.right, to.right - to.left),
            Direction::Up => (from.top - to.bottom, to.bottom - to.top),
            Direction::Down => (to.top - from.bottom, to.bottom - to.top),
        };
        if ahead < -OVERLAP * size {
            return None;
        }
        let gap = |start: f64, end: f64, other_start: f64, other_end: f64| (other_start - end).max(start - other_end).max(0.0);
        let (aside, askew) = if direction.is_vertical() {
            (gap(from.left, from.right, left, right) * ASIDE_VERTICALLY, (from.left - to.left).abs())
        } else {
            (gap(from.top, from.bottom, to.top, to.bottom) * ASIDE_HORIZONTALLY, (from.top - to.top).abs())
        };
        Some(Self { pixels: (ahead.max(0.0) + aside).round(), askew })
    }

    fn total_cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.pixels.total_cmp(&other.pixels).then(self.askew.total_cmp(&other.askew))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(left: f64, top: f64, width: f64, height: f64) -> Candidate {
        Candidate { area: Rect { left, top, right: left + width, bottom: top + height }, ..Candidate::default() }
    }

    fn in_row(row: usize, candidate: Candidate) -> Candidate {
        Candidate { row: Some(row), ..candidate }
    }

    fn in_dialog(dialog: usize, candidate: Candidate) -> Candidate {
        Candidate { dialog: Some(dialog), ..candidate }
    }

    /// Five posters of 100 by 150, 20 apart.
    fn row(number: usize, top: f64) -> [Candidate; 5] {
        [0.0, 120.0, 240.0, 360.0, 480.0].map(|left| in_row(number, at(left, top, 100.0, 150.0)))
    }

    #[test]
    fn what_is_gone_to_lies_in_the_middle_of_what_is_free_with_its_heading_above_it() {
        let choice = Rect { left: 0.0, top: 1200.0, right: 100.0, bottom: 1260.0 };
        assert_eq!(to_middle(&choice, 0.0, 1080.0), 690.0);
        let top = choice.top - to_middle(&choice, 500.0, 1080.0);
        assert_eq!(top, 760.0, "as far below what covers the top as above the end of the screen");
        assert_eq!(1080.0 - (top + 60.0), top - 500.0);
    }

    #[test]
    fn up_and_down_lead_from_row_to_row_past_headings_and_left_leads_from_a_row_to_its_own() {
        let heading_of = |row, top| Candidate { heading_of: Some(row), ..at(0.0, top, 200.0, 30.0) };
        let mut all = vec![heading_of(1, 0.0)];
        all.extend(row(1, 40.0));
        all.push(heading_of(2, 220.0));
        all.extend(row(2, 260.0));
        assert_eq!(nearest(&all[0], &all, Direction::Down), Some(1));
        assert_eq!(nearest(&all[3], &all, Direction::Down), Some(9));
        assert_eq!(nearest(&all[9], &all, Direction::Up), Some(3));
        assert_eq!(nearest(&all[6], &all, Direction::Up), Some(1), "and from a heading");
        assert_eq!(nearest(&all[7], &all, Direction::Left), Some(6));
        assert_eq!(nearest(&all[8], &all, Direction::Left), Some(7));
    }

    #[test]
    fn rows_keep_their_column() {
        let all: Vec<_> = row(1, 0.0).into_iter().chain(row(2, 200.0)).collect();
        for column in 0..5 {
            assert_eq!(nearest(&all[column], &all, Direction::Down), Some(column + 5));
            assert_eq!(nearest(&all[column + 5], &all, Direction::Up), Some(column));
        }
    }

    #[test]
    fn a_row_is_entered_where_it_was_left() {
        let mut all: Vec<_> = row(1, 0.0).into_iter().chain(row(2, 200.0)).collect();
        all[8].is_last_focused = true;
        assert_eq!(nearest(&all[0], &all, Direction::Down), Some(8));
    }

    #[test]
    fn a_row_whose_stops_stand_at_one_end_is_not_skipped_on_the_way_down() {
        let wide = |candidate| Candidate { row_span: Some((0.0, 1000.0)), ..in_row(1, candidate) };
        let from = at(0.0, 0.0, 100.0, 40.0);
        let below = at(0.0, 400.0, 100.0, 40.0);
        let all = [wide(at(700.0, 100.0, 44.0, 44.0)), wide(at(744.0, 100.0, 44.0, 44.0)), below];
        assert_eq!(nearest(&from, &all, Direction::Down), Some(0));
        assert_eq!(nearest(&below, &all, Direction::Up), Some(0), "and not on the way up");
        assert_eq!(nearest(&all[1], &all, Direction::Down), Some(2), "and is left");
    }

    #[test]
    fn a_button_at_the_end_of_a_line_of_words_is_a_stop_on_the_way_down_where_the_line_is_a_row() {
        let orders = [in_row(1, at(0.0, 0.0, 120.0, 44.0)), in_row(1, at(130.0, 0.0, 90.0, 44.0))];
        let show_it = |row_span| Candidate { row_span, ..in_row(2, at(420.0, 120.0, 90.0, 44.0)) };
        let helpful = at(0.0, 180.0, 90.0, 44.0);
        let all = |row_span| [orders[0], orders[1], show_it(row_span), helpful];
        assert_eq!(nearest(&orders[0], &all(None), Direction::Down), Some(3), "by its own place it lies aside");
        let all = all(Some((0.0, 900.0)));
        assert_eq!(nearest(&orders[0], &all, Direction::Down), Some(2));
        assert_eq!(nearest(&all[2], &all, Direction::Down), Some(3));
        assert_eq!(nearest(&helpful, &all, Direction::Up), Some(2));
    }

    #[test]
    fn left_and_right_stay_in_the_row_and_end_at_its_ends() {
        let mut all: Vec<_> = row(1, 0.0).to_vec();
        all.push(at(700.0, 50.0, 100.0, 40.0));
        assert_eq!(nearest(&all[3], &all, Direction::Right), Some(4));
        assert_eq!(nearest(&all[4], &all, Direction::Right), None);
        assert_eq!(nearest(&all[0], &all, Direction::Left), None);
        assert_eq!(nearest(&all[5], &all, Direction::Left), Some(4), "from outside a row is reached from the side too");
    }

    #[test]
    fn down_leaves_a_row_that_goes_over_two_lines() {
        let all = [in_row(1, at(0.0, 0.0, 44.0, 44.0)), in_row(1, at(0.0, 50.0, 44.0, 44.0)), at(0.0, 200.0, 100.0, 40.0)];
        assert_eq!(nearest(&all[0], &all, Direction::Down), Some(2));
    }

    #[test]
    fn nothing_outside_of_an_open_dialog_is_chosen_and_one_outside_of_it_is_led_in() {
        let all = [at(0.0, 0.0, 100.0, 40.0), in_dialog(1, at(0.0, 300.0, 100.0, 40.0)), at(0.0, 100.0, 100.0, 40.0)];
        assert_eq!(nearest(&all[1], &all, Direction::Up), None);
        let outside = Candidate { dialog: Some(1), ..all[0] };
        assert_eq!(nearest(&outside, &all, Direction::Down), Some(1));
        assert_eq!(entry(Some(1), &all, &SCREEN), Some(1));
    }

    #[test]
    fn what_lies_straight_ahead_is_chosen_before_what_is_nearer_and_aside() {
        let from = at(0.0, 0.0, 100.0, 40.0);
        let all = [at(400.0, 50.0, 100.0, 40.0), at(0.0, 150.0, 100.0, 40.0)];
        assert_eq!(nearest(&from, &all, Direction::Down), Some(1));
    }

    #[test]
    fn right_goes_to_the_far_end_of_the_line_before_a_card_that_lies_just_below() {
        let more = at(0.0, 0.0, 100.0, 40.0);
        let all = [at(120.0, 100.0, 100.0, 150.0), at(900.0, 0.0, 40.0, 40.0)];
        assert_eq!(nearest(&more, &all, Direction::Right), Some(1));
    }

    #[test]
    fn a_lifted_card_that_overlaps_its_neighbour_reaches_it_and_one_beside_it_is_not_below() {
        let lifted = at(-6.0, -9.0, 112.0, 168.0);
        let all = [at(100.0, 0.0, 100.0, 150.0), at(0.0, 156.0, 100.0, 150.0)];
        assert_eq!(nearest(&lifted, &all, Direction::Right), Some(0));
        assert_eq!(nearest(&lifted, &all, Direction::Down), Some(1));
    }

    #[test]
    fn a_wide_thing_leads_to_the_first_of_those_below_it() {
        let seek_bar = at(0.0, 0.0, 1000.0, 40.0);
        let buttons = [at(500.0, 50.0, 44.0, 44.0), at(0.0, 50.0, 44.0, 44.0), at(950.0, 50.0, 44.0, 44.0)];
        assert_eq!(nearest(&seek_bar, &buttons, Direction::Down), Some(1), "by where it lies, not by its place in the document");
        assert_eq!(nearest(&buttons[2], &[seek_bar], Direction::Up), Some(0));
    }

    const SCREEN: Rect = Rect { left: 0.0, top: 0.0, right: 1000.0, bottom: 600.0 };

    #[test]
    fn one_begins_with_the_first_thing_that_is_wholly_in_view() {
        let all = [at(0.0, -500.0, 100.0, 40.0), at(0.0, -20.0, 100.0, 40.0), at(0.0, 90.0, 100.0, 40.0)];
        assert_eq!(entry(None, &all, &SCREEN), Some(2));
        assert_eq!(entry(None, &all[..2], &SCREEN), Some(0));
        assert_eq!(entry(None, &[], &SCREEN), None);
    }
}
