//! Who hears how far the demo library is: the terminal, and through the jobs the home page.

use std::sync::atomic::{AtomicBool, Ordering};

use media::progress::{Progress, Update};

use crate::jobs::JobHandle;

/// Listens; returns at once.
pub trait Listener: Send + Sync {
    /// Something worth a line.
    fn note(&self, text: &str);
    /// A film is so far, 0 to 1.
    fn progress(&self, name: &str, stage: &str, fraction: f64);
    /// A film can be watched; `unchanged` where that was so before.
    fn finished(&self, name: &str, unchanged: bool);
}

/// Nobody listens.
#[derive(Clone, Copy, Debug, Default)]
pub struct Quiet;

impl Listener for Quiet {
    fn note(&self, _: &str) {}
    fn progress(&self, _: &str, _: &str, _: f64) {}
    fn finished(&self, _: &str, _: bool) {}
}

/// Tells the job and the listener the same.
pub struct Both<'a> {
    pub job: &'a JobHandle,
    pub listener: &'a dyn Listener,
    /// The film's title: its file's name means nothing to anybody.
    pub name: &'a str,
    /// Its file was drawn first, which is [`DRAWING`] of the work.
    pub drawn: AtomicBool,
}

/// The part of a short's work that ends with its file.
const DRAWING: f64 = 0.3;

impl Progress for Both<'_> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped before")]
    fn update(&self, update: &Update<'_>) {
        let packaged = |fraction: f64| {
            let before = if self.drawn.load(Ordering::Relaxed) { DRAWING } else { 0.0 };
            before + fraction * (1.0 - before)
        };
        let (stage, fraction) = match update.step {
            "drawing" => {
                self.drawn.store(true, Ordering::Relaxed);
                ("drawing".to_owned(), update.fraction)
            }
            "" => ("done".to_owned(), packaged(update.fraction)),
            step => (format!("preparing {step}"), packaged(update.fraction)),
        };
        self.job.report(&stage, (fraction * 100.0).clamp(0.0, 100.0) as u8);
        self.listener.progress(self.name, &stage, fraction);
    }
}
