//! From a URL to an object store: a directory, S3 and what speaks its protocol, Google Cloud Storage, Azure.
//!
//! `s3://BUCKET/FOLDER?endpoint=...&region=...` and the like: the options are object_store's own names, what a
//! provider's usual variables say (`AWS_ACCESS_KEY_ID`, ...) holds where the URL says nothing, and an option that ends in
//! `_file` is read from that file, so that no secret has to stand in a config. Must never repeat an option's value.

use std::{fs, path::Path, str::FromStr, sync::Arc, time::Duration};

use futures::StreamExt;
use object_store::{
    BackoffConfig, ClientOptions, ObjectStore, RetryConfig,
    aws::{AmazonS3, AmazonS3Builder, AmazonS3ConfigKey},
    azure::{AzureConfigKey, MicrosoftAzureBuilder},
    gcp::{GoogleCloudStorageBuilder, GoogleConfigKey},
    path::Path as StorePath,
    prefix::PrefixStore,
};
use tokio::time::timeout;
use url::Url;

use super::{
    StoreIdentity,
    directory::{Directory, DirectoryError},
    versions::{Versions, VersionsError},
};

/// What an object store's URL can be.
pub const SCHEMES: [&str; 4] = ["file", "s3", "gs", "az"];

const CONNECT: Duration = Duration::from_secs(3);
/// Of one request, its body included: eight mebibytes over a slow line.
const REQUEST: Duration = Duration::from_secs(60);
/// For asking once whether there is a bucket that can be read.
const FIRST_ANSWER: Duration = Duration::from_secs(10);

/// Why a URL opens no store, in words for whoever wrote it.
#[derive(Debug, thiserror::Error)]
pub enum AddressError {
    #[error("it is no URL: {0}")]
    Malformed(#[from] url::ParseError),
    #[error("no store is known by this scheme")]
    UnknownScheme,
    #[error("it names no directory; write it as file:PATH")]
    NoDirectory,
    #[error("the directory cannot be made: {0}")]
    Directory(#[from] std::io::Error),
    #[error("it names no bucket; write it as {0}://BUCKET/FOLDER")]
    NoBucket(String),
    #[error("`{0}` is no option of such a store")]
    UnknownOption(String),
    #[error("the file of option `{option}` cannot be read: {source}")]
    OptionFile { option: String, source: std::io::Error },
    #[error("{}", chain(.0))]
    Refused(object_store::Error),
    #[error("no answer within {} s", FIRST_ANSWER.as_secs())]
    Silent,
}

/// Opens what `url` names: a directory, which is made where it is missing, or a bucket, which is asked once whether it is
/// there and lets us in.
///
/// # Errors
/// [`AddressError`]; a key or a password that the store refused is not repeated.
pub async fn open_store(url: &str) -> Result<Arc<dyn ObjectStore>, AddressError> {
    match url.split_once(':') {
        Some(("file", path)) => {
            let directory = Directory::new(path_of(path), None)?;
            directory.begin()?;
            Ok(Arc::new(directory))
        }
        Some(("s3" | "gs" | "az", _)) => open_bucket(&Url::parse(url)?).await,
        Some(_) | None => Err(AddressError::UnknownScheme),
    }
}

/// The directory that `url` names, where it names one, opened where it is there; one that is missing or empty is not made, and one
/// that is another store is away.
///
/// # Errors
/// [`AddressError`]: it is there and cannot be used.
pub(super) fn find_directory(url: &str, expected: Option<StoreIdentity>) -> Result<Option<Directory>, AddressError> {
    let Some(("file", path)) = url.split_once(':') else { return Ok(None) };
    let directory = Directory::new(path_of(path), expected)?;
    match directory.find() {
        Ok(()) | Err(DirectoryError::Empty(_)) => Ok(Some(directory)),
        Err(error @ DirectoryError::Other { .. }) => {
            tracing::error!(%error, "a store of objects is away");
            Ok(Some(directory))
        }
        Err(
            error @ (DirectoryError::Gone(_)
            | DirectoryError::Unreadable { .. }
            | DirectoryError::Unusable { .. }
            | DirectoryError::Refused(_)),
        ) => Err(error.into()),
    }
}

/// As [`find_directory`], for one that may be away: what cannot be opened now is opened by whoever uses it later.
///
/// # Errors
/// [`AddressError`], for what no later try mends: a path where something else than a directory is.
pub(super) fn late_directory(url: &str, expected: Option<StoreIdentity>) -> Result<Option<Directory>, AddressError> {
    let Some(("file", path)) = url.split_once(':') else { return Ok(None) };
    let directory = Directory::new(path_of(path), expected)?;
    match directory.find() {
        Ok(()) | Err(DirectoryError::Empty(_)) => {}
        Err(error @ DirectoryError::Other { .. }) => tracing::error!(%error, "a store of objects is away"),
        Err(error) if is_in_the_way(path_of(path)) => return Err(error.into()),
        Err(error) => tracing::warn!(%error, "it is opened once it can be"),
    }
    Ok(Some(directory))
}

/// A bucket that may be away: it is not asked whether it is there.
///
/// # Errors
/// [`AddressError`], for what is no URL of a store.
pub(super) fn unasked_bucket(url: &str) -> Result<Arc<dyn ObjectStore>, AddressError> {
    match url.split_once(':') {
        Some(("s3" | "gs" | "az", _)) => bucket(&Url::parse(url)?),
        Some(_) | None => Err(AddressError::UnknownScheme),
    }
}

/// The path in `file:PATH`, `file:/PATH` or `file:///PATH`, behind its colon.
pub(super) fn path_of(rest: &str) -> &Path {
    Path::new(rest.strip_prefix("//").unwrap_or(rest))
}

/// Whether something else than a directory is there, or where one above it has to be.
fn is_in_the_way(path: &Path) -> bool {
    path.ancestors().any(|at| fs::metadata(at).is_ok_and(|found| !found.is_dir()))
}

/// As [`open_store`], for what is kept where nobody may change it: an S3 bucket with Object Lock wants a checksum with
/// every put, and shows its versions where it keeps some and lets us see them.
///
/// # Errors
/// As [`open_store`].
pub async fn open_locked(url: &str) -> Result<(Arc<dyn ObjectStore>, Option<Arc<Versions>>), AddressError> {
    if !url.starts_with("s3:") {
        return Ok((open_store(url).await?, None));
    }
    let mut url = Url::parse(url)?;
    if !url.query_pairs().any(|(name, _)| name.to_ascii_lowercase().ends_with("checksum_algorithm")) {
        url.query_pairs_mut().append_pair("checksum_algorithm", "sha256");
    }
    let store = open_bucket(&url).await?;
    let bucket = s3(url.host_str().unwrap_or_default(), &options(&url)?)?;
    let folder = StorePath::from_url_path(url.path()).map_err(|error| AddressError::Refused(error.into()))?;
    let versions = Versions::new(bucket, folder).map_err(|error| AddressError::Refused(error.into()))?;
    match versions.first(NOTHING, &StorePath::default()).await {
        Ok(_) => Ok((store, Some(Arc::new(versions)))),
        // Not every server of this protocol keeps versions.
        Err(reason @ (VersionsError::Refused(_) | VersionsError::Answer(_))) => {
            tracing::warn!(%reason, "what somebody hides in this bucket is not found: s3:ListBucketVersions, s3:GetObjectVersion");
            Ok((store, None))
        }
        Err(error @ (VersionsError::Store(_) | VersionsError::Request(_))) => Err(AddressError::Refused(error.into())),
    }
}

async fn open_bucket(url: &Url) -> Result<Arc<dyn ObjectStore>, AddressError> {
    let store = bucket(url)?;
    first_answer(&*store).await?;
    Ok(store)
}

/// The client of a bucket, which is not asked for anything yet.
fn bucket(url: &Url) -> Result<Arc<dyn ObjectStore>, AddressError> {
    let bucket = bucket_name(url)?;
    let options = options(url)?;
    let store: Arc<dyn ObjectStore> = match url.scheme() {
        "gs" => google(bucket, &options)?,
        "az" => azure(bucket, &options)?,
        _ => Arc::new(s3(bucket, &options)?),
    };
    let folder = StorePath::from_url_path(url.path()).map_err(|error| AddressError::Refused(error.into()))?;
    Ok(if folder.as_ref().is_empty() { store } else { Arc::new(PrefixStore::new(store, folder)) })
}

pub(super) fn bucket_name(url: &Url) -> Result<&str, AddressError> {
    let bucket = url.host_str().filter(|bucket| !bucket.is_empty());
    bucket.ok_or_else(|| AddressError::NoBucket(url.scheme().to_owned()))
}

/// The place whose listing tells whether a store is there: nothing is ever in it.
pub(super) const NOTHING: &str = "marquee-was-here";

/// A listing of nothing: refused where there is no such bucket, or no right to it.
async fn first_answer(store: &dyn ObjectStore) -> Result<(), AddressError> {
    let nothing = StorePath::from(NOTHING);
    match timeout(FIRST_ANSWER, store.list(Some(&nothing)).next()).await {
        Ok(None | Some(Ok(_))) => Ok(()),
        Ok(Some(Err(error))) => Err(AddressError::Refused(error)),
        Err(_) => Err(AddressError::Silent),
    }
}

/// The query, with what `_file` names in place of the file's name.
pub(super) fn options(url: &Url) -> Result<Vec<(String, String)>, AddressError> {
    let read = |(name, value): (std::borrow::Cow<'_, str>, std::borrow::Cow<'_, str>)| match name.strip_suffix("_file") {
        None => Ok((name.into_owned(), value.into_owned())),
        Some(option) => match fs::read_to_string(&*value) {
            Ok(text) => Ok((option.to_owned(), text.trim().to_owned())),
            Err(source) => Err(AddressError::OptionFile { option: name.into_owned(), source }),
        },
    };
    url.query_pairs().map(read).collect()
}

fn option<K: FromStr>(name: &str) -> Result<K, AddressError> {
    name.to_ascii_lowercase().parse().map_err(|_| AddressError::UnknownOption(name.to_owned()))
}

fn s3(bucket: &str, options: &[(String, String)]) -> Result<AmazonS3, AddressError> {
    let builder = s3_settings(bucket, options)?.with_client_options(client(options)).with_retry(patience());
    builder.build().map_err(AddressError::Refused)
}

/// What the environment says, and the URL, which goes before.
pub(super) fn s3_settings(bucket: &str, options: &[(String, String)]) -> Result<AmazonS3Builder, AddressError> {
    options.iter().try_fold(AmazonS3Builder::from_env().with_bucket_name(bucket), |builder, (name, value)| {
        Ok(builder.with_config(option::<AmazonS3ConfigKey>(name)?, value))
    })
}

fn google(bucket: &str, options: &[(String, String)]) -> Result<Arc<dyn ObjectStore>, AddressError> {
    let builder = google_settings(bucket, options)?.with_client_options(client(options)).with_retry(patience());
    builder.build().map(|store| Arc::new(store) as Arc<dyn ObjectStore>).map_err(AddressError::Refused)
}

/// As [`s3_settings`].
pub(super) fn google_settings(bucket: &str, options: &[(String, String)]) -> Result<GoogleCloudStorageBuilder, AddressError> {
    options.iter().try_fold(GoogleCloudStorageBuilder::from_env().with_bucket_name(bucket), |builder, (name, value)| {
        Ok(builder.with_config(option::<GoogleConfigKey>(name)?, value))
    })
}

fn azure(container: &str, options: &[(String, String)]) -> Result<Arc<dyn ObjectStore>, AddressError> {
    let builder = azure_settings(container, options)?.with_client_options(client(options)).with_retry(patience());
    builder.build().map(|store| Arc::new(store) as Arc<dyn ObjectStore>).map_err(AddressError::Refused)
}

/// As [`s3_settings`].
pub(super) fn azure_settings(container: &str, options: &[(String, String)]) -> Result<MicrosoftAzureBuilder, AddressError> {
    options.iter().try_fold(MicrosoftAzureBuilder::from_env().with_container_name(container), |builder, (name, value)| {
        Ok(builder.with_config(option::<AzureConfigKey>(name)?, value))
    })
}

/// Plain HTTP only to where the URL itself says so.
fn client(options: &[(String, String)]) -> ClientOptions {
    // The first to choose decides for the process; every choice here is the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let is_address = |name: &str| name.ends_with("endpoint") || name.ends_with("base_url");
    let is_plain = options.iter().any(|(name, value)| is_address(name) && value.starts_with("http://"));
    ClientOptions::new().with_connect_timeout(CONNECT).with_timeout(REQUEST).with_allow_http(is_plain)
}

/// A store that does not answer is given up before a viewer would give up.
fn patience() -> RetryConfig {
    let backoff = BackoffConfig { init_backoff: Duration::from_millis(100), max_backoff: Duration::from_secs(2), base: 2.0 };
    RetryConfig { backoff, max_retries: 3, retry_timeout: Duration::from_secs(8) }
}

/// An error with what caused it: the driver's own sentence says little.
fn chain(error: &object_store::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(next) = cause {
        let next_text = next.to_string();
        if !text.contains(&next_text) {
            text = format!("{text}: {next_text}");
        }
        cause = next.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn refusal(url: &str) -> String {
        open_store(url).await.unwrap_err().to_string()
    }

    #[tokio::test]
    async fn what_is_wrong_with_a_url_is_said_and_no_secret_with_it() {
        for (url, words) in [
            ("ftp://hunter2@host", "no store is known"),
            ("file:", "names no directory"),
            ("s3:", "names no bucket"),
            ("s3:///films", "names no bucket"),
            ("s3://films?secret_key=hunter2", "`secret_key` is no option"),
            ("s3://films?secret_access_key_file=/none/hunter2", "file of option `secret_access_key_file`"),
            ("gs://films?access_key_id=hunter2", "`access_key_id` is no option"),
            ("az://films?endpoints=hunter2", "`endpoints` is no option"),
        ] {
            let message = refusal(url).await;
            assert!(message.contains(words), "{url}: {message}");
            assert!(!message.contains("hunter2"), "{message}");
        }
    }

    #[tokio::test]
    async fn a_server_that_is_not_there_is_given_up_soon_and_named() {
        // A port that was free a moment ago.
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let secret = tempfile::NamedTempFile::new().unwrap();
        fs::write(secret.path(), "hunter2\n").unwrap();
        let url = format!(
            "s3://films/a?endpoint=http://127.0.0.1:{port}&region=x&access_key_id=me&secret_access_key_file={}",
            secret.path().display()
        );
        let message = refusal(&url).await;
        assert!(message.contains("127.0.0.1") || message.contains("no answer"), "{message}");
        assert!(!message.contains("hunter2"), "{message}");
    }
}
