//! Where a URL's objects lie, to tell whether two URLs name one store, without asking either.
//!
//! What is spelt in ways that nobody can compare (two names of one host, a disk that is mounted over a network twice) is found out
//! by whoever moves between the two, before anything is deleted. Must never write, nor hold a secret.

use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use object_store::{aws::AmazonS3ConfigKey, azure::AzureConfigKey, gcp::GoogleConfigKey, path::Path as StorePath};
use url::Url;

use super::address::{AddressError, azure_settings, bucket_name, google_settings, options, path_of, s3_settings};

/// Names of hosts that are the provider itself, where a bucket has one name for all.
const PROVIDERS: [&str; 3] = ["amazonaws.com", "amazonaws.com.cn", "storage.googleapis.com"];

/// Where objects lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StorePlace {
    Directory {
        /// Without links and `..`, as far as it is there.
        path: PathBuf,
        /// Device and number, where it is there: a directory that is mounted twice has two paths.
        inode: Option<(u64, u64)>,
    },
    Bucket {
        /// `s3`, `gs` or `az`.
        scheme: String,
        /// Host, port and path of whoever keeps it, or the account; absent for the provider that the scheme is named after.
        endpoint: Option<String>,
        bucket: String,
        /// Of all keys; empty where it has the whole bucket.
        prefix: String,
    },
}

impl StorePlace {
    /// What a URL and the environment say.
    ///
    /// # Errors
    /// [`AddressError`].
    pub fn of(url: &str) -> Result<Self, AddressError> {
        match url.split_once(':') {
            Some(("file", path)) => Self::of_directory(path_of(path)),
            Some(("s3" | "gs" | "az", _)) => Self::of_bucket(&Url::parse(url)?),
            Some(_) | None => Err(AddressError::UnknownScheme),
        }
    }

    fn of_directory(path: &Path) -> Result<Self, AddressError> {
        if path.as_os_str().is_empty() {
            return Err(AddressError::NoDirectory);
        }
        let absolute = std::path::absolute(path)?;
        let inode = fs::metadata(path).ok().map(|found| (found.dev(), found.ino()));
        Ok(Self::Directory { path: fs::canonicalize(path).unwrap_or(absolute), inode })
    }

    fn of_bucket(url: &Url) -> Result<Self, AddressError> {
        let (bucket, options) = (bucket_name(url)?, options(url)?);
        let endpoint = match url.scheme() {
            "gs" => {
                let settings = google_settings(bucket, &options)?;
                settings.get_config_value(&GoogleConfigKey::BaseUrl).and_then(|url| host(&url, bucket))
            }
            "az" => {
                let settings = azure_settings(bucket, &options)?;
                let of = |key| settings.get_config_value(&key);
                let endpoint = of(AzureConfigKey::Endpoint).and_then(|url| host(&url, bucket));
                Some([of(AzureConfigKey::AccountName), endpoint].into_iter().flatten().collect::<Vec<_>>().join("@"))
            }
            _ => {
                let settings = s3_settings(bucket, &options)?;
                let of = |key| settings.get_config_value(&key);
                let url = of(AmazonS3ConfigKey::S3Endpoint).or_else(|| of(AmazonS3ConfigKey::Endpoint));
                url.and_then(|url| host(&url, bucket))
            }
        };
        let prefix = StorePath::from_url_path(url.path()).map_err(|error| AddressError::Refused(error.into()))?;
        let (scheme, prefix) = (url.scheme().to_owned(), prefix.to_string());
        Ok(Self::Bucket { scheme, endpoint, bucket: bucket.to_owned(), prefix })
    }

    /// Whether what is put into the one is seen in the other.
    pub fn is_same_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Directory { path, inode }, Self::Directory { path: other, inode: others }) => {
                path == other || (inode.is_some() && inode == others)
            }
            (Self::Bucket { .. }, Self::Bucket { .. }) => self == other,
            (Self::Directory { .. }, Self::Bucket { .. }) | (Self::Bucket { .. }, Self::Directory { .. }) => false,
        }
    }
}

/// Host, port and path of an endpoint; nothing where it is the provider's own. By virtual hosts the bucket is a part of the name.
fn host(endpoint: &str, bucket: &str) -> Option<String> {
    let Ok(url) = Url::parse(endpoint) else { return Some(endpoint.to_owned()) };
    let name = url.host_str().unwrap_or_default().trim_end_matches('.');
    let name = name.strip_prefix(bucket).and_then(|rest| rest.strip_prefix('.')).unwrap_or(name);
    let is_of = |provider: &str| name.strip_suffix(provider).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    if PROVIDERS.into_iter().any(is_of) {
        return None;
    }
    let port = url.port_or_known_default().map(|port| format!(":{port}")).unwrap_or_default();
    Some(format!("{name}{port}{}", url.path().trim_end_matches('/')))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn is_one(one: &str, other: &str) -> bool {
        let [one, other] = [one, other].map(|url| StorePlace::of(url).unwrap());
        assert_eq!(one.is_same_as(&other), other.is_same_as(&one));
        one.is_same_as(&other)
    }

    #[test]
    fn one_bucket_is_one_however_it_is_spelt_and_two_are_two() {
        let own = "s3://films/a?endpoint=http://minio.example:9000&region=x";
        for (one, other, is) in [
            ("s3://films", "s3://films/", true),
            ("s3://films/a/b", "s3://films/a/b/?region=eu-central-1", true),
            ("s3://films/a", "s3://films/b", false),
            ("s3://films", "s3://films/a", false),
            ("s3://films/a", "s3://other/a", false),
            ("s3://films/a", "gs://films/a", false),
            ("s3://films/a?access_key_id=me", "s3://films/a?access_key_id=you", true),
            ("s3://films/a", "s3://films/a?endpoint=https://s3.eu-central-1.amazonaws.com", true),
            ("s3://films/a", "s3://films/a?aws_endpoint_url=https://films.s3.eu-central-1.amazonaws.com", true),
            ("s3://films/a", own, false),
            (own, "s3://films/a?AWS_ENDPOINT=http://MINIO.example:9000/&region=y", true),
            (own, "s3://films/a?endpoint=http://films.minio.example:9000&virtual_hosted_style_request=true", true),
            (own, "s3://films/a?endpoint=http://minio.example:9001", false),
            (own, "s3://films/a?endpoint=http://other.example:9000", false),
            ("s3://films?endpoint=https://one.example", "s3://films?endpoint=https://one.example:443", true),
            ("s3://films?endpoint=https://one.example/r2", "s3://films?endpoint=https://one.example", false),
            ("gs://films/a", "gs://films/a?base_url=https://storage.googleapis.com", true),
            ("az://films?account_name=one", "az://films?azure_storage_account_name=one", true),
            ("az://films?account_name=one", "az://films?account_name=two", false),
        ] {
            assert_eq!(is_one(one, other), is, "{one} {other}");
        }
    }

    #[test]
    fn one_directory_is_one_by_whatever_path_and_one_that_is_not_there_is_none_of_those_that_are() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| format!("file:{}/{name}", folder.path().display());
        fs::create_dir_all(folder.path().join("media/a")).unwrap();
        fs::create_dir(folder.path().join("flat")).unwrap();
        symlink(folder.path().join("media"), folder.path().join("link")).unwrap();
        symlink(folder.path().join("gone"), folder.path().join("nowhere")).unwrap();
        for (one, other, is) in [
            ("media", "media/", true),
            ("media", "link", true),
            ("media", "flat/../media/./", true),
            ("media", "media/a", false),
            ("media", "flat", false),
            ("media", "missing", false),
            ("media", "nowhere", false),
            ("missing", "missing", true),
        ] {
            assert_eq!(is_one(&at(one), &at(other)), is, "{one} {other}");
        }
        assert!(!is_one(&at("media"), "s3://films"));
        assert!(is_one(&at("media"), &at("media").replace("file:", "file://")));
        // What is mounted in two places has two paths and one number.
        let [one, other] = ["/a", "/b"].map(|path| StorePlace::Directory { path: path.into(), inode: Some((1, 2)) });
        assert!(one.is_same_as(&other));
    }

    #[test]
    fn what_names_no_store_is_refused() {
        for url in ["ftp://host", "file:", "s3:", "s3:///films", "s3://films?secret_key=x", "media"] {
            assert!(StorePlace::of(url).is_err(), "{url}");
        }
    }
}
