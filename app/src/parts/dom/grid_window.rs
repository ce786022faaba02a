//! Which part of a long grid is in the document: what is visible, and a screen before and after it.
//!
//! The arithmetic is pure. What is measured is how many columns there are and how high a row is, which is the same for all rows
//! of a grid; what is not in the document is room above and below.

use leptos::{ev, web_sys};

/// What was measured of a grid on the screen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    pub columns: u32,
    /// From one row's top to the next one's, in pixels.
    pub row: f64,
    /// From the top of the window to the top of the grid, in pixels; negative once it is scrolled up.
    pub top: f64,
    /// How high the window is, in pixels.
    pub window: f64,
}

/// The rows of a grid that are in the document, `end` not included.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GridWindow {
    pub columns: u32,
    pub row: f64,
    pub first: u32,
    pub end: u32,
}

impl GridWindow {
    /// The rows within a screen of what is visible.
    pub fn of(measured: Measured) -> Self {
        let Measured { columns, row, top, window } = measured;
        let above = -top - window;
        // Saturates where the grid is below or above all of it.
        let first = (above / row).floor().max(0.0) as u32;
        let end = ((above + 3.0 * window) / row).ceil().max(0.0) as u32;
        Self { columns, row, first, end }
    }

    /// The numbers of the items that are in the document, of so many, `end` not included.
    pub fn items(&self, total: u32) -> (u32, u32) {
        let end = self.end.saturating_mul(self.columns).min(total);
        (self.first.saturating_mul(self.columns).min(end), end)
    }

    /// The room above and below, in pixels, of so many items.
    pub fn room(&self, total: u32) -> (f64, f64) {
        let rows = total.div_ceil(self.columns.max(1));
        let above = self.first.min(rows);
        (f64::from(above) * self.row, f64::from(rows - self.end.clamp(above, rows)) * self.row)
    }

    /// Where an item stands: pixels from the top of the grid, and columns from its beginning.
    pub fn place(&self, item: u32) -> (f64, u32) {
        let columns = self.columns.max(1);
        (f64::from(item / columns) * self.row, item % columns)
    }
}

/// What has the focus in a grid: the number of its item (`data-number`), and which of the item's links it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FocusedItem {
    pub number: u32,
    link: u32,
}

impl FocusedItem {
    /// Where the focus came to.
    pub fn of(event: &ev::FocusEvent) -> Option<Self> {
        #[cfg(feature = "browser")]
        {
            browser::focused(event)
        }
        #[cfg(not(feature = "browser"))]
        {
            let _ = event;
            None
        }
    }

    /// Gives it the focus back where nothing has it: a node that is put elsewhere in the document loses it.
    pub fn restore(self, grid: &web_sys::Element) {
        #[cfg(feature = "browser")]
        browser::restore(self, grid);
        #[cfg(not(feature = "browser"))]
        let _ = grid;
    }
}

/// Tells what part of the grid is to be in the document, now and whenever that changes; until the owner goes away. The grid's
/// items are `li`; one that is `data-pinned` stands beside the rows.
pub fn on_grid_window(grid: &web_sys::Element, act: impl Fn(GridWindow) + 'static) {
    #[cfg(feature = "browser")]
    browser::follow(grid.clone(), act);
    #[cfg(not(feature = "browser"))]
    let _ = (grid, act);
}

#[cfg(feature = "browser")]
mod browser {
    //! The measuring.

    use std::{cell::Cell, rc::Rc};

    use leptos::{ev, prelude::*};
    use wasm_bindgen::JsCast;
    use web_sys::Element;

    use super::{FocusedItem, GridWindow, Measured};
    use crate::parts::dom::{focus_key::is_focus_lost, focus_without_scroll};

    /// What stays while the page is scrolled.
    #[derive(Clone, Copy)]
    struct Shape {
        columns: u32,
        row: f64,
    }

    pub fn follow(grid: Element, act: impl Fn(GridWindow) + 'static) {
        let shape = Rc::new(Cell::new(None::<Shape>));
        let is_due = Rc::new(Cell::new(false));
        let told = Cell::new(None);
        let look = {
            let (shape, is_due) = (Rc::clone(&shape), Rc::clone(&is_due));
            Rc::new(move || {
                is_due.set(false);
                let Some(Shape { columns, row }) = shape.get().or_else(|| measure(&grid)) else { return };
                shape.set(Some(Shape { columns, row }));
                let window = window().inner_height().ok().and_then(|height| height.as_f64()).unwrap_or(0.0);
                let top = grid.get_bounding_client_rect().top();
                let now = GridWindow::of(Measured { columns, row, top, window });
                if told.replace(Some(now)) != Some(now) {
                    act(now);
                }
            })
        };
        // Once a frame at most.
        let soon = {
            let look = Rc::clone(&look);
            move || {
                if !is_due.replace(true) {
                    let look = Rc::clone(&look);
                    request_animation_frame(move || look());
                }
            }
        };
        look();
        let scrolled = soon.clone();
        let scrolling = window_event_listener(ev::scroll, move |_| scrolled());
        let resizing = window_event_listener(ev::resize, move |_| {
            shape.set(None);
            soon();
        });
        on_cleanup(move || {
            scrolling.remove();
            resizing.remove();
        });
    }

    pub fn focused(event: &ev::FocusEvent) -> Option<FocusedItem> {
        let element = event.target()?.dyn_into::<Element>().ok()?;
        let item = element.closest("[data-number]").ok().flatten()?;
        let number = item.get_attribute("data-number")?.parse().ok()?;
        let links = item.query_selector_all("a").ok()?;
        let link = (0..links.length()).find(|at| links.get(*at).is_some_and(|link| link == *element))?;
        Some(FocusedItem { number, link })
    }

    pub fn restore(item: FocusedItem, grid: &Element) {
        if !is_focus_lost() {
            return;
        }
        let links = grid.query_selector_all(&format!("[data-number=\"{}\"] a", item.number)).ok();
        let link = links.and_then(|links| links.get(item.link)).and_then(|link| link.dyn_into::<Element>().ok());
        if let Some(link) = link {
            focus_without_scroll(&link);
        }
    }

    fn measure(grid: &Element) -> Option<Shape> {
        let item = grid.query_selector("li:not([data-pinned])").ok().flatten()?;
        let style = window().get_computed_style(grid).ok().flatten()?;
        let columns = style.get_property_value("grid-template-columns").ok()?.split_whitespace().count();
        let gap = style.get_property_value("row-gap").ok()?.trim_end_matches("px").parse().unwrap_or(0.0);
        let row = item.get_bounding_client_rect().height() + gap;
        (row > 1.0).then_some(Shape { columns: u32::try_from(columns).ok()?.max(1), row })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(top: f64) -> GridWindow {
        GridWindow::of(Measured { columns: 8, row: 400.0, top, window: 1_000.0 })
    }

    #[test]
    fn what_is_visible_and_a_screen_around_it_is_in_the_document() {
        // The grid begins 200 pixels below the top: two rows and a part of a third are visible.
        assert_eq!((window(200.0).first, window(200.0).end), (0, 5));
        // 10,000 pixels down: the rows from 9,000 to 12,000.
        assert_eq!((window(-10_000.0).first, window(-10_000.0).end), (22, 30));
        assert_eq!((window(9_000.0).first, window(9_000.0).end), (0, 0), "far below what is visible");
    }

    #[test]
    fn the_document_is_as_high_as_with_everything_in_it_wherever_one_is() {
        for total in [0, 1, 8, 9, 100, 3_000] {
            let rows = f64::from(u32::div_ceil(total, 8));
            for scrolled in [0.0, 350.0, 2_500.0, 1e6] {
                let window = window(-scrolled);
                let (above, below) = window.room(total);
                let (from, to) = window.items(total);
                let shown = f64::from((to - from).div_ceil(8));
                assert!((above + shown * 400.0 + below - rows * 400.0).abs() < 0.1, "{total} at {scrolled}");
            }
        }
    }

    #[test]
    fn the_room_above_is_where_the_first_item_begins() {
        let window = window(-10_000.0);
        let (from, _) = window.items(3_000);
        assert_eq!(window.place(from), (window.room(3_000).0, 0));
        assert_eq!(window.place(from + 3), (window.room(3_000).0, 3));
    }
}
