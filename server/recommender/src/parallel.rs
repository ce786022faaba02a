//! Work on equal parts of rows, on as many threads as are given.

use std::thread;

/// Runs `work` on parts of `rows`, of `width` numbers each, with the number of the first row of each part.
pub fn on_rows<S>(
    rows: &mut [f32],
    width: usize,
    threads: usize,
    make: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, usize, &mut [f32]) + Sync,
) where
    S: Send,
{
    /// Rows that are taken at a time: small enough that threads end together.
    const PART: usize = 256;
    let width = width.max(1);
    let parts = std::sync::Mutex::new(rows.chunks_mut(PART * width).enumerate());
    let (parts, make, work) = (&parts, &make, &work);
    let run = move || {
        let mut state = make();
        loop {
            let next = parts.lock().unwrap_or_else(std::sync::PoisonError::into_inner).next();
            let Some((part, rows)) = next else { return };
            for (at, row) in rows.chunks_mut(width).enumerate() {
                work(&mut state, part * PART + at, row);
            }
        }
    };
    thread::scope(|scope| {
        for _ in 1..threads.max(1) {
            scope.spawn(run);
        }
        run();
    });
}
