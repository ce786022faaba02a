//! The copy in a bucket with Object Lock, against somebody who has all of the server's rights there.

use object_store::ObjectStoreExt as _;
use storage::open_vault;
use testing::{bucket::RawBucket, server};

use super::{
    copying::{overwrite_with_garbage, write_load},
    *,
};

const LOCK: &str = "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention>\
    <Mode>COMPLIANCE</Mode><Days>1</Days></DefaultRetention></Rule></ObjectLockConfiguration>";
const FOLDER: &str = "vault";

/// A bucket with Object Lock that keeps everything for a day: its URL with the folder of the copy, and the bucket.
pub(super) async fn locked_bucket() -> (String, RawBucket) {
    let shared = server("MARQUEE_TEST_S3");
    let (_, options) = shared.split_once('?').unwrap();
    let url = format!("s3://marquee-locked-{:08x}/{FOLDER}?{options}", rand::random::<u32>());
    let bucket = RawBucket::of(&url);
    bucket.make(&[("x-amz-bucket-object-lock-enabled", "true")]).await;
    let sum = checksum(LOCK.as_bytes());
    let answer = bucket.send("PUT", "", &[("object-lock", "")], &[("x-amz-checksum-sha256", &sum)], LOCK.into()).await;
    assert_eq!(answer.status(), 200, "{}", answer.body());
    (url, bucket)
}

fn checksum(bytes: &[u8]) -> String {
    use base64::Engine as _;
    use sha2::Digest as _;
    base64::engine::general_purpose::STANDARD.encode(sha2::Sha256::digest(bytes))
}

/// Every version in the bucket: where, and its name.
async fn versions(bucket: &RawBucket) -> Vec<(String, String)> {
    let answer = bucket.send("GET", "", &[("versions", "")], &[], Vec::new()).await;
    assert!(answer.status() == 200 && answer.body().contains("<IsTruncated>false"), "{}", answer.body());
    let between = |text: &str, tag: &str| {
        let (_, rest) = text.split_once(&format!("<{tag}>")).unwrap();
        rest.split_once('<').unwrap().0.to_owned()
    };
    let each = answer.body().split("<Version>").skip(1);
    each.map(|version| (between(version, "Key"), between(version, "VersionId"))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_copy_gives_everything_back_after_its_bucket_was_attacked_with_the_servers_own_rights() {
    let folder = tempfile::tempdir().unwrap();
    let (url, bucket) = locked_bucket().await;
    let keys = format!("file:{}", folder.path().join("keys").display());
    let config = Settings { copy: Some(url.clone()), copy_keys: Some(keys), ..Settings::default() };
    let vault = open(folder.path(), &config).await;
    let mut acknowledged = write_load(&vault, 4, 40).await;
    vault.close().await;
    assert_eq!(vault.health().await.unwrap().unconfirmed, 0);
    let proof = vault.verify_copy().await.unwrap().unwrap();
    assert!(proof.objects > 1 && proof.covered == 0, "{proof:?}");
    drop(vault);

    let before = versions(&bucket).await;
    assert_eq!(before.len() as u64, proof.objects);
    for (number, (key, version)) in before.iter().enumerate() {
        let one = [("versionId", version.as_str())];
        if number == 0 {
            // No setting asked for it.
            let whole = bucket.send("GET", key, &one, &[("x-amz-checksum-mode", "ENABLED")], Vec::new()).await;
            assert_eq!(whole.headers()["x-amz-checksum-sha256"], checksum(whole.body().as_bytes()));
        }
        // No header asked for a lock: it is the bucket's default.
        for pretext in [&[][..], &[("x-amz-bypass-governance-retention", "true")]] {
            let refused = bucket.send("DELETE", key, &one, pretext, Vec::new()).await;
            assert_eq!(refused.status(), 403, "{key}: {}", refused.body());
        }
        // What can be done: put something over it, and hide it.
        let hidden = match number % 3 {
            0 => bucket.send("DELETE", key, &[], &[], Vec::new()).await,
            1 => bucket.send("PUT", key, &[], &[("x-amz-checksum-sha256", &checksum(b"x"))], b"x".into()).await,
            _ => continue,
        };
        assert!(hidden.status().is_success(), "{key}: {}", hidden.body());
    }
    let after = versions(&bucket).await;
    assert!(before.iter().all(|version| after.contains(version)), "what was locked is there");
    let store = storage::objects::open_store(&url).await.unwrap();
    let first = format!("log/{:020}", 1).into();
    assert!(matches!(store.get(&first).await, Err(object_store::Error::NotFound { .. })), "it is hidden");

    // The vault finds where its log ended, and goes on; also behind what somebody adds there.
    let vault = open(folder.path(), &config).await;
    acknowledged.extend(write_load(&vault, 2, 40).await);
    vault.close().await;
    let proof = vault.verify_copy().await.unwrap().unwrap();
    assert_eq!(proof.covered, before.len().div_ceil(3) as u64 + (before.len() as u64 + 1) / 3, "{proof:?}");
    drop(vault);
    let end = format!("log/{:020}", proof.objects + 1).into();
    store.put(&end, "noise".into()).await.unwrap();
    let vault = open(folder.path(), &config).await;
    acknowledged.extend(write_load(&vault, 2, 20).await);
    vault.close().await;
    let found = vault.verify_copy().await.unwrap_err().to_string();
    assert!(found.contains(&format!("object {} of the copy", proof.objects + 1)), "{found}");
    overwrite_with_garbage(&vault).await;
    drop(vault);

    let restored_url = format!("sqlite:{}", folder.path().join("restored.db").display());
    let (copy, to) = (open_copy(&config).await.unwrap(), open_vault(&restored_url).await.unwrap());
    let restored = restore(&copy, masters(&config, folder.path()).await.unwrap(), None, to).await.unwrap();
    assert_eq!((restored.strange, restored.covered, restored.without_key), (1, proof.covered, 0), "{restored:?}");
    let vault = open(folder.path(), &Settings { store: Some(restored_url), ..config }).await;
    for (key, expected) in acknowledged.values() {
        assert_eq!(value(&vault, key).await.as_deref(), expected.as_ref().map(String::as_bytes), "{key}");
    }
}
