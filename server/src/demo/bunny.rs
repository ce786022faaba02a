//! The opening of Big Buck Bunny, from a file that the demo command finds.
//!
//! Must never be shown without its attribution.

use std::path::Path;

use contract::catalog::v1::Role;
use media::{
    collect::source_at,
    error::ImportError,
    import::{Imported, Importer},
    progress::Progress,
    sink::CatalogueSink,
};

use super::DemoTitle;

/// What the catalogue says of it. The credits are those of www.bigbuckbunny.org.
pub const TITLE: DemoTitle = DemoTitle {
    key: "big-buck-bunny",
    title: "Big Buck Bunny (opening)",
    year: 2008,
    synopsis: "A spring morning, a burrow in a green hill, and a very large rabbit who has just woken up. The first half \
               minute of the Blender Foundation's open film, in full HD and with surround sound.",
    genres: &["Animation", "Comedy", "Short"],
    people: &[("Sacha Goedegebure", Role::Director), ("Ton Roosendaal", Role::Producer), ("Jan Morgenstern", Role::Composer)],
    attribution: Some("Big Buck Bunny (c) 2008 Blender Foundation, www.bigbuckbunny.org, Creative Commons Attribution 3.0"),
    languages: &[],
};

/// Packages the file, goes on with it, or finds that it is there. The caller has made its title.
pub async fn import(
    path: &Path,
    importer: &Importer,
    sink: &dyn CatalogueSink,
    progress: &dyn Progress,
) -> Result<Imported, ImportError> {
    let film = importer.look(source_at(path)?).await?;
    importer.package(&film, TITLE.id()?, sink, progress).await
}
