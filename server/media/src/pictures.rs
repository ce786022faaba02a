//! Storyboard sheets, poster and backdrop.
//!
//! Owns their sizes. All of them read renditions that were packaged before, key frames only: seconds for a whole film.
//! Must never seek in a source, where times may leap and nothing says where a picture is, and must never enlarge a
//! picture.

use std::path::Path;

use super::{
    argv::{Argv, Input},
    choose,
    error::ImportError,
    hls,
    ladder::{Rung, even},
    manifest::{Picture, StoryboardSheets},
    run::{Limits, Tools, capture, encode},
    video,
};

/// Seconds from one picture of the storyboard to the next.
pub const INTERVAL: u32 = 10;
const COLUMNS: u16 = 10;
const ROWS: u16 = 10;
const TILE_WIDTH: u16 = 160;
/// At most so many moments are judged for the poster.
const MOMENTS: f64 = 400.0;

/// Draws the sheets into `folder` from the rendition in `packaged`.
pub async fn storyboard(
    tools: &Tools,
    packaged: &Path,
    rung: Rung,
    seconds: f64,
    folder: &Path,
) -> Result<StoryboardSheets, ImportError> {
    let tile_height = even(f64::from(TILE_WIDTH) * f64::from(rung.height) / f64::from(rung.width)).min(640);
    // Half a picture of grace: a key frame may come a moment after its whole second.
    let chain = format!(
        "select='gte(t+0.1,selected_n*{INTERVAL})',scale={TILE_WIDTH}:{tile_height}:flags=area,tile={COLUMNS}x{ROWS},{}",
        video::TO_JPEG
    );
    let argv = Argv::ffmpeg(tools, Limits::film(seconds, rung_pixels(rung)))
        .within(folder)
        .args(["-skip_frame", "nokey"])
        .input(Input::Packaged(&packaged.join(hls::PLAYLIST)))
        .set("-vf", chain)
        .args(["-fps_mode", "passthrough", "-q:v", "5", "-f", "image2", "-start_number", "0", "%d.jpg"]);
    encode(tools, argv, &mut |_| {}).await?;
    let count = (seconds / f64::from(INTERVAL)).ceil().max(1.0) as u32;
    let sheets = count.div_ceil(u32::from(COLUMNS) * u32::from(ROWS));
    let sheets: Vec<String> = (0..sheets).map(|sheet| format!("storyboard/{sheet}.jpg")).collect();
    let made = |sheet: &String| sheet.strip_prefix("storyboard/").is_some_and(|name| folder.join(name).is_file());
    if !sheets.iter().all(made) {
        return Err(ImportError::Broken("its storyboard came out shorter than the film".into()));
    }
    let interval_seconds = f64::from(INTERVAL);
    Ok(StoryboardSheets { interval_seconds, columns: COLUMNS, rows: ROWS, tile_width: TILE_WIDTH, tile_height, count, sheets })
}

fn rung_pixels(rung: Rung) -> u64 {
    u64::from(rung.width) * u64::from(rung.height)
}

/// The poster and the backdrop, cut from the same moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Artwork {
    pub poster: Option<Picture>,
    pub backdrop: Option<Picture>,
}

/// Chooses a moment of the rendition in `packaged` and draws both into `folder`.
pub async fn artwork(tools: &Tools, packaged: &Path, rung: Rung, seconds: f64, folder: &Path) -> Result<Artwork, ImportError> {
    let packaged = packaged.join(hls::PLAYLIST);
    let step = (seconds / f64::from(hls::GOP_SECONDS) / MOMENTS).ceil().max(1.0) as u32;
    let look = Argv::ffmpeg(tools, Limits::film(seconds, rung_pixels(rung)))
        .args(["-skip_frame", "nokey"])
        .input(Input::Packaged(&packaged))
        .set("-vf", format!("select='not(mod(n,{step}))',scale={}:{}:flags=area", choose::WIDTH, choose::HEIGHT))
        .args(["-fps_mode", "passthrough", "-pix_fmt", "rgb24", "-f", "rawvideo", "pipe:1"]);
    let moments = capture(look, 4 * MOMENTS as usize * choose::BYTES).await?;
    let Some(best) = choose::best(&moments) else { return Ok(Artwork { poster: None, backdrop: None }) };
    let shown = &moments[best * choose::BYTES..(best + 1) * choose::BYTES];
    let number = best * step as usize;
    let drawn = [("backdrop.jpg", cut(rung, 16.0 / 9.0, 1280, 720)), ("poster.jpg", cut(rung, 2.0 / 3.0, 480, 720))];
    let cuts: Vec<(&str, Cut)> = drawn.into_iter().filter_map(|(file, cut)| Some((file, cut?))).collect();
    draw(tools, &packaged, Limits::film(seconds, rung_pixels(rung)), number, &cuts, folder).await?;
    let taken = |name: &str| cuts.iter().find(|(file, _)| *file == name).map(|(file, cut)| picture(file, *cut, shown));
    Ok(Artwork { poster: taken("poster.jpg"), backdrop: taken("backdrop.jpg") })
}

/// A picture that is scaled to cover a frame and cut at the middle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cut {
    scaled: (u16, u16),
    frame: (u16, u16),
}

/// How to cut a frame of this form out of a rendition; `None` where so little is left that it says nothing: less than a
/// quarter of the picture, or fewer than 180 pixels of its height.
fn cut(rung: Rung, form: f64, most_width: u16, most_height: u16) -> Option<Cut> {
    let (width, height) = (f64::from(rung.width), f64::from(rung.height));
    let (kept_width, kept_height) = if width / height > form { (height * form, height) } else { (width, width / form) };
    if kept_width * kept_height < width * height / 4.0 || kept_height < 180.0 {
        return None;
    }
    let factor = (f64::from(most_width) / kept_width).min(f64::from(most_height) / kept_height).min(1.0);
    let frame = (even(kept_width * factor - 0.5), even(kept_height * factor - 0.5));
    let scaled = (even(width * factor).max(frame.0), even(height * factor).max(frame.1));
    Some(Cut { scaled, frame })
}

fn picture(file: &str, cut: Cut, shown: &[u8]) -> Picture {
    let visible = f64::from(cut.frame.0) / f64::from(cut.scaled.0) * choose::WIDTH as f64;
    let from = ((choose::WIDTH as f64 - visible) / 2.0).max(0.0) as usize;
    let colour = choose::colour(shown, from, choose::WIDTH - from);
    Picture { file: file.to_owned(), width: cut.frame.0, height: cut.frame.1, colour }
}

/// Draws a key frame of our own playlist by its number: ffmpeg misses some of those that it is told to seek by their time.
async fn draw(
    tools: &Tools,
    playlist: &Path,
    limits: Limits,
    number: usize,
    cuts: &[(&str, Cut)],
    folder: &Path,
) -> Result<(), ImportError> {
    if cuts.is_empty() {
        return Ok(());
    }
    let start = Argv::ffmpeg(tools, limits).within(folder).args(["-skip_frame", "nokey"]).input(Input::Packaged(playlist));
    let argv = cuts.iter().fold(start, |argv, (file, cut)| {
        let Cut { scaled: (width, height), frame } = cut;
        let scale = format!("select='eq(n,{number})',scale=w={width}:h={height}:flags=bicubic");
        argv.args(["-map", "0:v:0"]).set("-vf", format!("{scale},crop={}:{},{}", frame.0, frame.1, video::TO_JPEG)).args([
            "-fps_mode",
            "passthrough",
            "-frames:v",
            "1",
            "-q:v",
            "3",
            "-f",
            "image2",
            "-update",
            "1",
            file,
        ])
    });
    encode(tools, argv, &mut |_| {}).await?;
    let missing = cuts.iter().find(|(file, _)| !folder.join(file).is_file());
    missing.map_or(Ok(()), |(file, _)| Err(ImportError::Broken(format!("no picture was drawn for its {file}"))))
}
