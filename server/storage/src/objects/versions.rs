//! What a bucket of S3 that keeps versions holds under a name, whatever was put over it or hides it: ListObjectVersions
//! (Amazon S3 API Reference), which object_store does not ask for.
//!
//! Whoever may write into a bucket with Object Lock cannot remove what is locked, and can hide it: behind a mark of
//! deletion, or behind a newer version. Must never change anything.

use std::{collections::BTreeMap, fmt, time::Duration};

use http::Method;
use object_store::{
    aws::AmazonS3,
    path::Path,
    signer::{SignedUrlOptions, Signer},
};
use serde::Deserialize;

/// Of one request.
const REQUEST: Duration = Duration::from_secs(20);
/// The version of what was put while the bucket kept none.
const UNVERSIONED: &str = "null";

/// A bucket, asked for the versions below one folder.
pub struct Versions {
    bucket: AmazonS3,
    folder: Path,
    client: reqwest::Client,
}

/// The version of an object that was there first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct First {
    /// Absent where there is but one, of no name.
    pub version: Option<String>,
    /// Something was put over it, or it was marked as deleted.
    pub is_covered: bool,
}

/// Why versions cannot be listed.
#[derive(Debug, thiserror::Error)]
pub enum VersionsError {
    #[error(transparent)]
    Store(#[from] object_store::Error),
    // A request's address holds its signature: an error says it without.
    #[error("the bucket's versions: {}", chain(.0))]
    Request(reqwest::Error),
    #[error("the bucket's versions cannot be listed ({0})")]
    Refused(http::StatusCode),
    #[error("the bucket's versions: its answer cannot be read: {0}")]
    Answer(#[from] quick_xml::DeError),
}

impl From<VersionsError> for object_store::Error {
    fn from(error: VersionsError) -> Self {
        match error {
            VersionsError::Store(error) => error,
            error @ (VersionsError::Request(_) | VersionsError::Refused(_) | VersionsError::Answer(_)) => {
                Self::Generic { store: "S3", source: Box::new(error) }
            }
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listing {
    is_truncated: bool,
    next_key_marker: Option<String>,
    next_version_id_marker: Option<String>,
    // What is newer comes first.
    #[serde(default)]
    version: Vec<Listed>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    key: String,
    version_id: String,
    is_latest: bool,
}

impl Versions {
    /// # Errors
    /// Where there can be no client of HTTP.
    pub(super) fn new(bucket: AmazonS3, folder: Path) -> Result<Self, VersionsError> {
        let client = reqwest::Client::builder().timeout(REQUEST).build().map_err(VersionsError::Request)?;
        Ok(Self { bucket, folder, client })
    }

    /// The first version of the objects below `folder` whose paths come after `after`, by their file names: the next of
    /// them, in order; none where there are no more.
    ///
    /// # Errors
    /// [`VersionsError`].
    pub async fn first(&self, folder: &str, after: &Path) -> Result<BTreeMap<String, First>, VersionsError> {
        let prefix = format!("{}/", self.place(&Path::from(folder)));
        let after = self.place(after);
        let (mut key, mut version) = (Some(after.clone()), None);
        let mut found = BTreeMap::new();
        loop {
            let listing = self.list(&prefix, key.as_deref(), version.as_deref()).await?;
            for listed in listing.version {
                let Some(name) = listed.key.strip_prefix(&prefix) else { continue };
                // Some servers begin with the marker's own object.
                if listed.key <= after {
                    continue;
                }
                let is_unnamed = listed.is_latest && listed.version_id == UNVERSIONED;
                let version = (!is_unnamed).then_some(listed.version_id);
                // An older one takes the place of a newer one.
                found.insert(name.to_owned(), First { version, is_covered: !listed.is_latest });
            }
            let is_further = listing.next_key_marker.is_some()
                && (&listing.next_key_marker, &listing.next_version_id_marker) != (&key, &version);
            if !listing.is_truncated || !is_further {
                return Ok(found);
            }
            if found.len() > 1 {
                // The page may end between two versions of its last object.
                found.pop_last();
                return Ok(found);
            }
            (key, version) = (listing.next_key_marker, listing.next_version_id_marker);
        }
    }

    async fn list(&self, prefix: &str, key: Option<&str>, version: Option<&str>) -> Result<Listing, VersionsError> {
        let mut query = vec![("versions", ""), ("prefix", prefix)];
        query.extend(key.map(|key| ("key-marker", key)));
        query.extend(version.map(|version| ("version-id-marker", version)));
        let options = SignedUrlOptions::new().with_query(query);
        let address = self.bucket.signed_url_opts(Method::GET, &Path::default(), REQUEST, &options).await?;
        let request = |error: reqwest::Error| VersionsError::Request(error.without_url());
        let answer = self.client.get(address).send().await.map_err(request)?;
        if !answer.status().is_success() {
            return Err(VersionsError::Refused(answer.status()));
        }
        Ok(quick_xml::de::from_str(&answer.text().await.map_err(request)?)?)
    }

    /// The whole path in the bucket.
    fn place(&self, path: &Path) -> String {
        self.folder.parts().chain(path.parts()).collect::<Path>().to_string()
    }
}

impl fmt::Debug for Versions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Versions({})", self.folder)
    }
}

fn chain(error: &reqwest::Error) -> String {
    let cause = std::error::Error::source(error).map_or_else(String::new, |cause| format!(": {cause}"));
    format!("{error}{cause}")
}
