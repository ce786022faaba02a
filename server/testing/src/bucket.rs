//! Requests of S3 that object_store does not make, for tests: making buckets, locking them, and what an attacker tries.

use std::time::Duration;

use object_store::{
    aws::{AmazonS3, AmazonS3Builder},
    path::Path,
    signer::{SignedUrlOptions, Signer},
};
use url::Url;

/// A bucket, there or not yet, with the rights of who its URL names.
pub struct RawBucket {
    store: AmazonS3,
    client: reqwest::Client,
}

impl RawBucket {
    /// Of a URL as in a config; what it says behind the bucket's name is left aside.
    pub fn of(url: &str) -> Self {
        // The first to choose decides for the process; every choice here is the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let url = Url::parse(url).unwrap();
        let mut builder = AmazonS3Builder::new().with_bucket_name(url.host_str().unwrap());
        for (name, value) in url.query_pairs() {
            builder = builder.with_config(name.parse().unwrap(), value);
        }
        Self { store: builder.with_allow_http(true).build().unwrap(), client: reqwest::Client::new() }
    }

    /// The answer.
    pub async fn send(
        &self,
        method: &'static str,
        path: &str,
        query: &[(&str, &str)],
        headers: &[(&'static str, &str)],
        body: Vec<u8>,
    ) -> http::Response<String> {
        let mut options = SignedUrlOptions::new().with_query(query.iter().copied());
        for (name, value) in headers {
            options = options.with_signed_header(name.parse().unwrap(), value.parse().unwrap());
        }
        let method: http::Method = method.parse().unwrap();
        let (path, valid) = (Path::from(path), Duration::from_secs(60));
        let signed = self.store.signed_url_opts(method.clone(), &path, valid, &options).await.unwrap();
        let request = self.client.request(method, signed).headers(options.signed_headers).body(body);
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status(), answer.headers().clone());
        let mut whole = http::Response::new(answer.text().await.unwrap());
        (*whole.status_mut(), *whole.headers_mut()) = (status, headers);
        whole
    }

    /// Makes the bucket.
    pub async fn make(&self, headers: &[(&'static str, &str)]) {
        let answer = self.send("PUT", "", &[], headers, Vec::new()).await;
        assert_eq!(answer.status(), 200, "{}", answer.body());
    }
}
