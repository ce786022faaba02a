//! Runs ffmpeg and ffprobe: limits, progress, and errors in words.
//!
//! Owns the child processes while they run; a dropped future kills its child. Must never let one run for ever, take all
//! memory, or fill ours with its output.

use std::{path::PathBuf, process::ExitStatus, sync::Arc, time::Duration};

use storage::disk;
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader},
    sync::Semaphore,
    time::timeout,
};

use super::{
    argv::Argv,
    child::{self, name, spawn},
};

const GIB: u64 = 1 << 30;
/// What is kept of the end of a program's messages.
const MESSAGE_BYTES: usize = 4096;

/// The programs and how much of the machine they may have.
#[derive(Clone, Debug)]
pub struct Tools {
    pub ffmpeg: PathBuf,
    pub ffprobe: PathBuf,
    /// Threads of one encoder.
    pub threads: u8,
    /// Added to the priority of this process: 0 to 19, higher yields more.
    pub niceness: i32,
    /// How many encoders run at once.
    slots: Arc<Semaphore>,
}

impl Default for Tools {
    /// The programs on `PATH`, one encoder at a time with two threads.
    fn default() -> Self {
        Self::new(1, 2)
    }
}

impl Tools {
    pub fn new(encoders: usize, threads: u8) -> Self {
        Self {
            ffmpeg: "ffmpeg".into(),
            ffprobe: "ffprobe".into(),
            threads: threads.max(1),
            niceness: 10,
            slots: Arc::new(Semaphore::new(encoders.max(1))),
        }
    }
}

/// What one run may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// From start to end.
    pub time: Duration,
    /// Without a sign of life.
    pub silence: Duration,
    /// Bytes of address space.
    pub memory: u64,
}

impl Limits {
    /// For a look at a file and for one picture.
    pub const QUICK: Self = Self { time: Duration::from_secs(120), silence: Duration::from_secs(120), memory: 6 * GIB };

    /// For work on a whole film of so many seconds and so many pixels a picture: 8K on a small machine runs at a
    /// hundredth of its speed, and holds some fifty pictures at once.
    pub fn film(seconds: f64, pixels: u64) -> Self {
        let time = Duration::from_secs(1800) + Duration::from_secs_f64(seconds.clamp(0.0, 172_800.0) * 200.0);
        Self { time, silence: Duration::from_secs(600), memory: 3 * GIB + pixels.saturating_mul(256) }
    }
}

/// What became of a run that did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum ToolError {
    #[error("{0} is not installed or not on the PATH")]
    Missing(String),
    #[error("{program} could not be run: {error}")]
    Start { program: String, error: std::io::Error },
    #[error("{program} took too long and was stopped")]
    TimedOut { program: String },
    #[error("{program} answered more than it should")]
    TooMuch { program: String },
    /// It ended because of what it was given.
    #[error("{program} failed: {words}")]
    Failed { program: String, words: String },
    /// It was built without something that every import needs.
    #[error("this {program} lacks something that is needed: {words}")]
    Incapable { program: String, words: String },
    /// Somebody else ended it: the system that ran out of memory, a person, a limit.
    #[error("{program} was ended from outside ({words}): import again, and it goes on")]
    Ended { program: String, words: String },
    #[error("{program} found no room on the disk")]
    Full { program: String },
}

/// Runs to the end and answers what was written to standard output, at most `most` bytes of it.
pub async fn capture(argv: Argv, most: usize) -> Result<Vec<u8>, ToolError> {
    let program = name(&argv);
    let time = argv.limits.time;
    let mut child = spawn(&argv)?;
    let mut out = child.stdout.take();
    let mut err = child.stderr.take();
    let work = async {
        let read = async {
            let mut bytes = Vec::new();
            if let Some(out) = &mut out {
                // One byte more than allowed tells that there is more.
                let read = out.take(most as u64 + 1).read_to_end(&mut bytes).await;
                read.map_err(|error| ToolError::Start { program: program.clone(), error })?;
            }
            if bytes.len() > most { Err(ToolError::TooMuch { program: program.clone() }) } else { Ok(bytes) }
        };
        let (bytes, message) = tokio::try_join!(read, async { Ok(tail(&mut err).await) })?;
        finish(&program, child.wait().await, &message).map(|()| bytes)
    };
    timeout(time, work).await.unwrap_or(Err(ToolError::TimedOut { program: program.clone() }))
}

/// Runs ffmpeg to the end; `at` is told how many seconds of the output are done.
pub async fn encode(tools: &Tools, argv: Argv, at: &mut (dyn FnMut(f64) + Send)) -> Result<(), ToolError> {
    let program = name(&argv);
    // The semaphore is never closed: an error here cannot happen, and waiting is all that it would cost.
    let _slot = tools.slots.acquire().await;
    let limits = argv.limits;
    let mut child = spawn(&Argv { args: with_progress(argv.args), ..argv })?;
    let mut lines = child.stdout.take().map(|out| BufReader::new(out).lines());
    let mut err = child.stderr.take();
    let work = async {
        let watch = async {
            while let Some(lines) = &mut lines {
                match timeout(limits.silence, lines.next_line()).await {
                    Ok(Ok(Some(line))) => {
                        if let Some(seconds) = seconds_done(&line) {
                            at(seconds);
                        }
                    }
                    Ok(Ok(None) | Err(_)) => return Ok(()),
                    Err(_) => return Err(ToolError::TimedOut { program: program.clone() }),
                }
            }
            Ok(())
        };
        // Both end when the child closes its pipes; silence ends the first, and with it the wait.
        let ((), message) = tokio::try_join!(watch, async { Ok(tail(&mut err).await) })?;
        finish(&program, child.wait().await, &message)
    };
    timeout(limits.time, work).await.unwrap_or(Err(ToolError::TimedOut { program: program.clone() }))
}

fn with_progress(mut args: Vec<std::ffi::OsString>) -> Vec<std::ffi::OsString> {
    args.splice(0..0, ["-progress", "pipe:1"].map(Into::into));
    args
}

/// Seconds of output from one line of `-progress`: `out_time_us=9943267`.
fn seconds_done(line: &str) -> Option<f64> {
    let micros: i64 = line.strip_prefix("out_time_us=")?.trim().parse().ok()?;
    (micros >= 0).then(|| micros as f64 / 1e6)
}

/// The end of what a program said.
async fn tail(from: &mut Option<impl AsyncRead + Unpin>) -> Vec<u8> {
    let Some(from) = from else { return Vec::new() };
    let mut kept = Vec::with_capacity(MESSAGE_BYTES);
    let mut buffer = [0; 1024];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        kept.extend_from_slice(&buffer[..count]);
        let over = kept.len().saturating_sub(MESSAGE_BYTES);
        kept.drain(..over);
    }
    kept
}

fn finish(program: &str, status: std::io::Result<ExitStatus>, message: &[u8]) -> Result<(), ToolError> {
    let status = status.map_err(|error| ToolError::Start { program: program.to_owned(), error })?;
    let program = program.to_owned();
    let text = String::from_utf8_lossy(message);
    // ffmpeg may say so and still end as if all were well.
    if disk::is_full_in_words(&text) {
        return Err(ToolError::Full { program });
    }
    if status.success() {
        return Ok(());
    }
    if child::was_missing(status.code(), &text) {
        return Err(ToolError::Missing(program));
    }
    let words = last_words(message).unwrap_or_else(|| status.to_string());
    if was_ended(status) {
        return Err(ToolError::Ended { program, words: status.to_string() });
    }
    let lacks = ["Unknown encoder", "No such filter", "Unrecognized option", "Option not found"];
    match lacks.iter().any(|lack| text.contains(lack)) {
        true => Err(ToolError::Incapable { program, words }),
        false => Err(ToolError::Failed { program, words }),
    }
}

/// Whether something outside ended it: a signal, except for those that a program's own fault brings upon it. ffmpeg ends
/// with 255 after a signal that it caught.
fn was_ended(status: ExitStatus) -> bool {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        use rustix::process::Signal;
        return ![Signal::SEGV, Signal::BUS, Signal::FPE, Signal::ILL, Signal::ABORT].iter().any(|own| own.as_raw() == signal);
    }
    status.code().is_none_or(|code| code == 255)
}

/// The last line that says something, without the addresses of ffmpeg's objects and without folders. What ffmpeg
/// says of every file that it cannot read comes last, and only counts where nothing better was said before.
fn last_words(message: &[u8]) -> Option<String> {
    const ANYTHING: &str = "Invalid data found when processing input";
    let text = String::from_utf8_lossy(message);
    let lines = || text.lines().rev().map(str::trim).filter(|line| !line.is_empty());
    let line = lines().find(|line| !line.ends_with(ANYTHING)).or_else(|| lines().next())?;
    let line = line.rsplit_once("] ").map_or(line, |(_, rest)| rest);
    let line = if line.starts_with("file:") { line.rsplit_once(": ").map_or(line, |(_, rest)| rest) } else { line };
    Some(line.chars().filter(|c| !c.is_control()).take(200).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_read_in_seconds_and_nonsense_is_passed_over() {
        assert_eq!(seconds_done("out_time_us=9943267"), Some(9.943267));
        for line in ["out_time_us=N/A", "out_time_us=-9223372036854775807", "frame=3", "out_time=00:00:01", ""] {
            assert_eq!(seconds_done(line), None, "{line}");
        }
    }

    #[test]
    fn a_message_keeps_its_words_and_loses_its_folder() {
        let told =
            b"[mov,mp4 @ 0x55] moov atom not found\nfile:/home/me/secret/x.mp4: Invalid data found when processing input\n";
        assert_eq!(last_words(told).as_deref(), Some("moov atom not found"));
        assert_eq!(last_words(&told[37..]).as_deref(), Some("Invalid data found when processing input"));
        assert_eq!(last_words(b"file:/home/me/x.mp4: No such file\n").as_deref(), Some("No such file"));
        assert_eq!(last_words(b"\n\n"), None);
    }

    #[tokio::test]
    async fn a_program_that_is_not_there_is_named() {
        let tools = Tools { ffprobe: "no-such-ffprobe".into(), ..Tools::default() };
        let told = capture(Argv::ffprobe(&tools), 10).await.unwrap_err();
        assert_eq!(told.to_string(), "no-such-ffprobe is not installed or not on the PATH");
    }

    #[tokio::test]
    async fn a_run_that_takes_too_long_is_stopped() {
        let limits = Limits { time: Duration::from_millis(300), ..Limits::QUICK };
        let endless =
            Argv::ffmpeg(&Tools::default(), limits).args(["-re", "-f", "lavfi", "-i", "testsrc2=s=64x64", "-f", "null", "-"]);
        let began = std::time::Instant::now();
        let told = encode(&Tools::default(), endless, &mut |_| {}).await.unwrap_err();
        assert!(matches!(told, ToolError::TimedOut { .. }), "{told}");
        assert!(began.elapsed() < Duration::from_secs(10));
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_disk_that_fills_at_the_last_byte_is_told_although_ffmpeg_calls_it_a_success() {
        let tools = Tools::default();
        let full = Argv::ffmpeg(&tools, Limits::QUICK).args(["-f", "lavfi", "-i", "sine=d=1", "-f", "wav", "/dev/full"]);
        let told = encode(&tools, full, &mut |_| {}).await.unwrap_err();
        assert!(matches!(told, ToolError::Full { .. }), "{told}");
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn what_the_system_ended_is_not_called_a_fault_of_the_file() {
        use std::os::unix::process::ExitStatusExt;
        let ended = |raw| finish("ffmpeg", Ok(ExitStatus::from_raw(raw)), b"").unwrap_err();
        for raw in [9, 15, 24, 255 << 8] {
            assert!(matches!(ended(raw), ToolError::Ended { .. }), "{raw}");
        }
        for raw in [11, 6, 1 << 8, 69 << 8] {
            assert!(matches!(ended(raw), ToolError::Failed { .. }), "{raw}");
        }
    }

    #[tokio::test]
    async fn an_ffmpeg_that_lacks_an_encoder_is_not_called_a_fault_of_the_file() {
        let tools = Tools::default();
        let argv =
            Argv::ffmpeg(&tools, Limits::QUICK).args(["-f", "lavfi", "-i", "sine=d=1", "-c:a", "no_such", "-f", "null", "-"]);
        let told = encode(&tools, argv, &mut |_| {}).await.unwrap_err();
        assert!(matches!(told, ToolError::Incapable { .. }), "{told}");
    }

    #[tokio::test]
    async fn an_answer_that_is_too_long_is_refused() {
        let argv = Argv::ffmpeg(&Tools::default(), Limits::QUICK).args([
            "-f",
            "lavfi",
            "-i",
            "testsrc2=s=64x64:d=1",
            "-f",
            "rawvideo",
            "pipe:1",
        ]);
        assert!(matches!(capture(argv, 1000).await, Err(ToolError::TooMuch { .. })));
    }
}
