//! The films that are watched: made and imported once, and copied for each part.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};

use crate::{layout::Layout, process};

/// Half a minute each, 1280x720.
pub const NAMES: [&str; 3] = ["Noise at Dawn", "Noise at Noon", "Noise at Night"];
const SECONDS: u32 = 30;
/// So long that no player loads it whole: hls.js reads ten minutes ahead where the film is small.
pub const LONG: &str = "A Long Evening";
pub const LONG_SECONDS: u32 = 1_500;

pub struct Films {
    /// The data folder of an installation that has them and nothing else.
    pub data: PathBuf,
}

impl Films {
    /// Makes them, unless they were made before.
    ///
    /// # Errors
    /// Where ffmpeg or the import fails.
    pub fn made(layout: &Layout, binary: &Path) -> Result<Self> {
        let folder = layout.at("target/bench/films");
        let films = Self { data: folder.join("data") };
        let done = folder.join("imported");
        if done.is_file() {
            return Ok(films);
        }
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        let files = folder.join("files");
        fs::create_dir_all(&files)?;
        for name in NAMES {
            make(&files, name, "1280x720:rate=24", SECONDS, "25")?;
        }
        make(&files, LONG, "640x360:rate=12", LONG_SECONDS, "3")?;
        let mut import = Command::new(binary);
        import.arg("--data").arg(&films.data).arg("import").arg(&files).current_dir(&folder);
        process::capture(&mut import)?;
        fs::remove_dir_all(&files)?;
        fs::write(done, "")?;
        Ok(films)
    }
}

/// A moving picture with noise, or it would be smaller than any film is.
fn make(folder: &Path, name: &str, size: &str, seconds: u32, noise: &str) -> Result<()> {
    let picture = format!("testsrc2=size={size}:duration={seconds},noise=alls={noise}:allf=t");
    let tone = format!("sine=frequency=440:duration={seconds}");
    let mut ffmpeg = Command::new(process::find_program("ffmpeg").context("ffmpeg is not here")?);
    ffmpeg.args(["-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i", &picture, "-f", "lavfi", "-i", &tone, "-shortest"]);
    ffmpeg.args(["-c:v", "libx264", "-preset", "ultrafast", "-crf", "30", "-pix_fmt", "yuv420p", "-c:a", "aac"]);
    process::capture(ffmpeg.arg(folder.join(format!("{name} (2026).mkv")))).map(drop)
}
