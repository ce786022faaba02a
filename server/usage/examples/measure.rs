//! What events and reports cost: `cargo run --release -p usage --example measure -- EVENTS [KIND]`.
//!
//! Writes so many made events into files of ten million each, in the folder for temporary files, and makes reports of them, one file after
//! the other, as `marquee report` does. Prints lines of a name, a figure and its unit. Processor time counts, so that other work on the
//! machine does not.

use std::{
    error::Error,
    fs::{self, File},
    io::BufWriter,
    path::PathBuf,
};

use usage::{
    Report, Scope, Writer,
    generate::{Size, generate},
    report::Kind,
};

/// Events of a file.
const OF_A_FILE: usize = 10_000_000;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let events: usize = arguments.next().ok_or("how many events?")?.parse()?;
    let kinds = match arguments.next() {
        Some(kind) => vec![kind.parse()?],
        None => Kind::ALL.to_vec(),
    };
    let folder = std::env::temp_dir().join(format!("usage-{}", std::process::id()));
    fs::create_dir(&folder)?;
    let measured = measure(&folder, events, &kinds);
    fs::remove_dir_all(&folder)?;
    measured
}

fn measure(folder: &std::path::Path, events: usize, kinds: &[Kind]) -> Result<(), Box<dyn Error>> {
    let mut made = generate(Size::default());
    let (mut left, mut files, mut bytes) = (events, Vec::<PathBuf>::new(), 0);
    let begun = seconds()?;
    while left > 0 {
        let path = folder.join(format!("{:04}.parquet", files.len()));
        let mut writer = Writer::new(BufWriter::new(File::create(&path)?))?;
        for event in made.by_ref().take(left.min(OF_A_FILE)) {
            writer.push(&event)?;
        }
        writer.finish()?;
        left = left.saturating_sub(OF_A_FILE);
        bytes += fs::metadata(&path)?.len();
        files.push(path);
    }
    let megabytes = bytes as f64 / 1e6;
    tell("write", events as f64 / (seconds()? - begun), "events/s");
    tell("files", megabytes, "MB");
    for kind in kinds {
        let begun = seconds()?;
        let mut report = Report::new(*kind, Scope::default());
        for file in &files {
            report.read(File::open(file)?)?;
        }
        let rows = report.finish().rows.len();
        let took = seconds()? - begun;
        tell(kind.as_str(), megabytes / took, "MB/s");
        tell(&format!("{kind}_rows"), rows as f64, "rows");
    }
    tell("memory", peak()? / 1e6, "MB");
    Ok(())
}

#[expect(clippy::print_stdout, reason = "it is what this is for")]
fn tell(name: &str, value: f64, unit: &str) {
    println!("{name} {value:.2} {unit}");
}

/// Of the processor, that this process took (proc_pid_stat(5), in hundredths).
fn seconds() -> Result<f64, Box<dyn Error>> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|text| text.parse::<f64>().ok()).unwrap_or(0.0);
    Ok((ticks(11) + ticks(12)) / 100.0)
}

/// The most memory that was resident, in bytes.
fn peak() -> Result<f64, Box<dyn Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<f64>()? * 1024.0)
}
