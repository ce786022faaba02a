//! One folder per reusable part: its view, its styles, its variants.

pub mod dom;
pub mod frame;
