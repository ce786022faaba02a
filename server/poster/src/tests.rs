//! What every poster promises, drawn with the real typeface.

use std::{collections::HashSet, sync::LazyLock};

use proptest::prelude::*;

use super::*;

static FACE: LazyLock<Typeface> = LazyLock::new(typeface);

fn typeface() -> Typeface {
    let files = testing::typeface();
    let files: Vec<&[u8]> = files.iter().map(Vec::as_slice).collect();
    Typeface::from_woff2(&files).unwrap()
}

const GENRES: [&str; 13] = [
    "Action",
    "Adventure",
    "Animation",
    "Black Comedy",
    "Comedy",
    "Concert/Performance",
    "Documentary",
    "Drama",
    "Horror",
    "Musical",
    "Romantic Comedy",
    "Thriller/Suspense",
    "Western",
];

fn brief<'a>(id: &'a str, title: &'a str) -> Brief<'a> {
    Brief { id, title, year: Some(1958), director: Some("Alfred Hitchcock"), genre: Some("Drama") }
}

fn ids(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("film-{n}")).collect()
}

/// Parses a drawing and says what is wrong with it, if anything.
fn flaw(svg: &str) -> Option<String> {
    let document = match roxmltree::Document::parse(svg) {
        Ok(document) => document,
        Err(error) => return Some(error.to_string()),
    };
    let elements: Vec<_> = document.descendants().filter(roxmltree::Node::is_element).collect();
    if elements.len() > 60 {
        return Some(format!("{} elements", elements.len()));
    }
    let known = ["svg", "g", "path", "text"];
    let strange = elements.iter().find(|element| !known.contains(&element.tag_name().name()));
    let outward = elements
        .iter()
        .flat_map(|element| element.attributes())
        .find(|attribute| attribute.name() == "href" || attribute.name().starts_with("on") || attribute.value().contains("url("));
    let broken = elements.iter().filter_map(|element| element.attribute("d")).find(|d| d.contains(['N', 'i']));
    strange
        .map(|element| format!("<{}>", element.tag_name().name()))
        .or(outward.map(|attribute| format!("{}={}", attribute.name(), attribute.value())))
        .or(broken.map(str::to_owned))
}

#[test]
fn the_same_film_has_the_same_poster_and_another_has_another() {
    assert_eq!(draw(&brief("a", "Vertigo"), &FACE), draw(&brief("a", "Vertigo"), &FACE));
    assert_ne!(draw(&brief("a", "Vertigo"), &FACE), draw(&brief("b", "Vertigo"), &FACE));
}

#[test]
fn neighbours_of_one_genre_are_seldom_alike() {
    let ids = ids(2000);
    for genre in GENRES {
        let briefs: Vec<Brief> = ids.iter().map(|id| Brief { genre: Some(genre), ..brief(id, "A Longer Title") }).collect();
        let pairs = briefs.windows(2).filter(|pair| alike(&pair[0], &pair[1])).count();
        assert!(pairs <= 60, "{genre}: {pairs} of 1999 pairs share motif and inks");
    }
}

#[test]
fn no_two_of_five_hundred_posters_are_the_same_drawing() {
    let ids = ids(500);
    let drawings: HashSet<String> = ids.iter().map(|id| draw(&brief(id, "Solaris"), &FACE)).collect();
    assert_eq!(drawings.len(), 500);
}

#[test]
fn the_colour_is_the_one_that_covers_the_sheet() {
    for id in ids(200) {
        let brief = brief(&id, "Stalker");
        let cover = format!(r#"<path fill="{}" d="M0 0h600v900H0z"/>"#, colour(&brief));
        assert!(draw(&brief, &FACE).contains(&cover), "{id}");
    }
}

#[test]
fn every_motif_in_every_genre_is_sound_on_poster_and_backdrop() {
    for id in ids(24) {
        for genre in GENRES {
            let brief = Brief { genre: Some(genre), ..brief(&id, "The Man Who Knew Too Much") };
            assert_eq!(flaw(&draw(&brief, &FACE)), None, "{id} {genre}");
            assert_eq!(flaw(&backdrop(&brief)), None, "{id} {genre}");
        }
    }
}

#[test]
fn a_usual_poster_takes_a_few_kilobytes() {
    let titles = ["Psycho", "The Birds", "Rear Window", "North by Northwest", "Strangers on a Train"];
    let mut sizes: Vec<usize> =
        ids(300).iter().zip(titles.iter().cycle()).map(|(id, title)| draw(&brief(id, title), &FACE).len()).collect();
    sizes.sort_unstable();
    assert!(sizes[150] < 8 * 1024 && sizes[285] < 12 * 1024, "median {} p95 {}", sizes[150], sizes[285]);
}

#[test]
fn lettering_is_outlines_unless_the_face_lacks_a_letter() {
    for id in ids(40) {
        assert!(!draw(&brief(&id, "Am\u{e9}lie & Zo\u{eb}"), &FACE).contains("<text"));
        assert!(draw(&brief(&id, "\u{6771}\u{4eac}\u{7269}\u{8a9e}"), &FACE).contains("\u{6771}"));
    }
}

#[test]
fn a_film_of_which_nothing_is_known_has_a_poster() {
    let nothing = Brief { id: "x", title: "", year: None, director: None, genre: None };
    assert_eq!(flaw(&draw(&nothing, &FACE)), None);
}

#[test]
fn what_is_no_font_is_refused() {
    assert!(matches!(Typeface::from_woff2(&[]), Err(TypefaceError::Empty)));
    assert!(matches!(Typeface::from_woff2(&[b"no font"]), Err(TypefaceError::Woff2(0))));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(testing::cases(256, 4096)))]
    #[test]
    fn whatever_the_words_the_poster_is_well_formed(
        id in "[a-z0-9-]{1,20}",
        title in prop_oneof![any::<String>(), "[\\PC\\s\\x00-\\x1f]{0,80}", "[א-ת ]{1,40}", "[a-zA-Z ]{1,400}", "[😀-😿\u{200d}\u{fe0f} ]{1,20}"],
        director in prop::option::of(any::<String>()),
        genre in prop::option::of(prop::sample::select(GENRES.to_vec())),
        year: Option<u16>,
    ) {
        let brief = Brief { id: &id, title: &title, year, director: director.as_deref(), genre };
        prop_assert_eq!(flaw(&draw(&brief, &FACE)), None);
    }
}

#[test]
fn a_poster_in_points_takes_some_kilobytes_and_shows_its_colour() {
    for (index, id) in ids(26).iter().enumerate() {
        let brief = Brief { genre: Some(GENRES[index % GENRES.len()]), ..brief(id, "The Wages of Fear") };
        let points = raster(&draw(&brief, &FACE)).unwrap();
        assert!((1_000..40_000).contains(&points.len()), "{id}: {} bytes", points.len());
        let points = png::Decoder::new(std::io::Cursor::new(&points)).read_info().unwrap();
        let palette = points.info().palette.as_ref().unwrap().chunks(3);
        let mut colours = palette.map(|part| format!("#{:02x}{:02x}{:02x}", part[0], part[1], part[2]));
        assert!(colours.any(|shown| shown == colour(&brief)), "{id}");
    }
}
