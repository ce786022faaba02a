//! Writes events that are made to a file, makes every report of it, and prints how much of a processor it took and how much memory
//! at most. Seconds are of processor time, so that whoever else uses the machine counts little.
//!
//! `cargo run --release -p usage --example measure -- EVENTS FILE`. A file that is there already is read as it is.

use std::{
    error::Error,
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::Path,
};

use usage::{
    Batches, Columns, Name, Report, Scope, Writer,
    generate::{Size, generate},
    report::Kind,
};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let events: usize = arguments.next().unwrap_or_else(|| "10000000".to_owned()).parse()?;
    let path = arguments.next().unwrap_or_else(|| "/tmp/usage.parquet".to_owned());
    let path = Path::new(&path);
    let mut out = io::stdout().lock();
    if !path.exists() {
        let mut made = generate(Size::default());
        let mut writer = Writer::new(BufWriter::new(File::create(path)?))?;
        let (mut left, mut pushing) = (events, 0.0);
        while left > 0 {
            // Making them is not measured.
            let some: Vec<_> = made.by_ref().take(left.min(100_000)).collect();
            left -= some.len();
            let begun = spent()?;
            some.iter().try_for_each(|event| writer.push(event))?;
            pushing += spent()? - begun;
        }
        let begun = spent()?;
        writer.finish()?.into_inner()?;
        pushing += spent()? - begun;
        writeln!(
            out,
            "written: {events} events in {pushing:.1} s, {:.0} a second; at most {}",
            events as f64 / pushing,
            peak()?
        )?;
    }
    let length = fs::metadata(path)?.len() as f64 / 1e6;
    writeln!(out, "file: {length:.1} MB, {:.1} bytes an event", length * 1e6 / events as f64)?;
    for kind in Kind::ALL {
        let begun = spent()?;
        let mut report = Report::new(kind, Scope::default());
        report.read(File::open(path)?)?;
        let table = report.finish();
        let seconds = spent()? - begun;
        let (rate, rows) = (length / seconds, table.rows.len());
        writeln!(out, "{kind}: {seconds:.2} s, {rate:.0} MB/s of the file, {rows} rows; at most {}", peak()?)?;
    }
    let begun = spent()?;
    let (mut batches, mut columns) = (Batches::open(File::open(path)?, Name::ALL)?, Columns::default());
    let mut rows = 0;
    while batches.read(&mut columns)? {
        columns.each(|row| rows += usize::from(row.title.is_some()));
    }
    let seconds = spent()? - begun;
    writeln!(out, "all columns: {seconds:.2} s, {:.0} MB/s, {rows} rows with a title; at most {}", length / seconds, peak()?)?;
    Ok(())
}

/// Seconds of a processor's time until now. There is one thread.
fn spent() -> io::Result<f64> {
    let statistics = fs::read_to_string("/proc/self/schedstat")?;
    let nanoseconds = statistics.split(' ').next().and_then(|number| number.parse::<u64>().ok());
    Ok(nanoseconds.unwrap_or(0) as f64 / 1e9)
}

fn peak() -> io::Result<String> {
    let status = fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("unknown");
    Ok(peak.trim().to_owned())
}
