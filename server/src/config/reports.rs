//! Where scheduled reports may be written beside the object store.

use std::path::PathBuf;

use serde::Deserialize;

/// `[reports]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Reports {
    /// A folder for reports whose schedule asks for one; without it none can.
    pub folder: Option<PathBuf>,
}
