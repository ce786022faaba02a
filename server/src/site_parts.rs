//! What the site that was built gives the rest of the server: its pages, and the faces that posters are lettered with.

use app::shell::PageAssets;
use axum::Router;
use contract::{Code, Problem};
use poster::{Typeface, TypefaceError};
use storage::events::Events;

use crate::{
    jobs::Jobs,
    mount::problem_response,
    page::Pages,
    site::{Site, SiteError},
};

/// What posters are lettered with: the site's own faces. Without a site, titles are left to the viewer's fonts.
///
/// # Errors
/// [`TypefaceError`] where the faces cannot be read.
pub fn typeface(site: &Site) -> Result<Typeface, TypefaceError> {
    let faces = site.faces();
    if faces.is_empty() { Ok(Typeface::none()) } else { Typeface::from_woff2(&faces) }
}

/// The pages of the site that was built; without one there is nothing to answer with.
///
/// # Errors
/// [`SiteError`] where it is not whole.
pub fn pages(site: &Site, events: &Events, jobs: &Jobs) -> Result<Router, SiteError> {
    let Some(assets) = site.assets() else {
        return Ok(Router::new().fallback(async || problem_response(Problem::new(Code::NotFound))));
    };
    let page_assets = PageAssets {
        css: assets.css.clone(),
        page_css: assets.page_css.clone(),
        js: assets.js.clone(),
        wasm: assets.wasm.clone(),
        font: assets.font.clone(),
        hls: assets.hls.clone(),
    };
    let pages = Pages::new(page_assets, assets.pkg.clone(), site.prefetches()?, events.clone(), jobs.clone());
    Ok(pages.routes())
}
