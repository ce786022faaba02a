//! A film before its import: what its file holds, and what it is known by.
//!
//! Must never read more of a file than its heads and tails: a library is looked at again on every run.

use super::{
    argv::Argv,
    collect::Source,
    error::ImportError,
    fingerprint::{Fingerprint, fingerprint},
    import::{Importer, blocking},
    probe::{DynamicRange, Probe, probe},
    run::{Limits, capture},
};

/// A film that was looked at and can be imported.
#[derive(Clone, Debug)]
pub struct Candidate {
    pub source: Source,
    pub probe: Probe,
    pub fingerprint: Fingerprint,
}

impl Importer {
    /// Looks into a file: what it holds, and what it is known by.
    pub async fn look(&self, source: Source) -> Result<Candidate, ImportError> {
        let probe = probe(&self.tools, &source.path).await?;
        if probe.video.range != DynamicRange::Standard {
            self.can_map_tones(probe.video.range).await?;
        }
        let (path, name) = (source.path.clone(), source.file_name.clone());
        let fingerprint = blocking(move || fingerprint(&path, &name).map_err(ImportError::Unreadable)).await?;
        Ok(Candidate { source, probe, fingerprint })
    }

    async fn can_map_tones(&self, range: DynamicRange) -> Result<(), ImportError> {
        let ask = Argv::ffmpeg(&self.tools, Limits::QUICK).arg("-filters");
        let answer = capture(ask, 1 << 20).await?;
        if String::from_utf8_lossy(&answer).contains(" zscale ") {
            return Ok(());
        }
        Err(ImportError::ToneMapping(match range {
            DynamicRange::Hlg => "HDR (HLG)",
            DynamicRange::Pq | DynamicRange::Standard => "HDR (PQ)",
        }))
    }
}
