//! The routes below `/media`: what is served, and what is refused without a byte of video.

use contract::{Code, device::DecodableClasses};
use media::{generation::Generation, location::Location};

use super::{
    super::grant::{Grant, Grants, SessionKey},
    *,
};

/// The address of a session's media, without the slash at the end.
fn base(session: &PlaybackSession) -> &str {
    session.manifest.strip_suffix("/master.m3u8").unwrap()
}

/// A grant for the session that differs in what `change` does to it.
fn sealed(session: &PlaybackSession, secret: [u8; 32], change: impl Fn(&mut Grant)) -> String {
    let mut grant = Grant {
        title: session.title.id.clone(),
        location: Location::per_view(Generation::UNNAMED),
        session: SessionKey::of(&session.session).unwrap(),
        class: 1080,
        decodable: DecodableClasses::UNLIMITED,
        expires: Clock::default().seconds() + 60,
    };
    change(&mut grant);
    format!("/media/{}", Grants::new(&secret).seal(&grant))
}

#[tokio::test]
async fn everything_that_the_master_names_is_served_as_what_it_is() {
    let world = World::new().await;
    let session = world.start(&Seat::new("p1"), FILM).await;
    for (name, content_type) in [
        ("master.m3u8", "application/vnd.apple.mpegurl"),
        ("t0.m3u8", "application/vnd.apple.mpegurl"),
        ("v720/media.m3u8", "application/vnd.apple.mpegurl"),
        ("v1080/init.mp4", "video/mp4"),
        ("a0/init.mp4", "audio/mp4"),
        ("t0.vtt", "text/vtt; charset=utf-8"),
        ("storyboard/0.jpg", "image/jpeg"),
    ] {
        let path = format!("{}/{name}", base(&session));
        let reply = world.get(&path, &[]).await;
        assert_eq!((reply.status, reply.header("content-type")), (StatusCode::OK, content_type), "{name}");
        assert_eq!(reply.header("content-length"), reply.body.len().to_string(), "{name}");
        assert_eq!(reply.header("accept-ranges"), "bytes", "{name}");
        assert!(reply.header("cache-control").starts_with("private"), "{name}");
        assert!(!reply.body.is_empty(), "{name}");
        let tag = reply.header("etag").to_owned();
        assert!(tag.starts_with('"'), "{name}: {tag}");
        let again = world.get(&path, &[("if-none-match", &tag)]).await;
        assert_eq!((again.status, again.body.len(), again.header("etag")), (StatusCode::NOT_MODIFIED, 0, tag.as_str()));
    }
}

#[tokio::test]
async fn sound_that_ends_before_its_picture_goes_on_in_silence_to_the_end() {
    let world = World::new().await;
    let short = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4.010667,\nseg_00001.m4s\n#EXT-X-ENDLIST\n";
    world.put(FILM, "a1", "media.m3u8", short.into()).await;
    let session = world.start(&Seat::new("p1"), FILM).await;
    let get = async |name: &str| world.get(&format!("{}/{name}", base(&session)), &[]).await;
    let playlist = get("a1/media.m3u8").await;
    let text = String::from_utf8(playlist.body.to_vec()).unwrap();
    let lengths = text.lines().filter_map(|line| line.strip_prefix("#EXTINF:")?.strip_suffix(',')?.parse::<f64>().ok());
    let seconds: f64 = lengths.sum();
    assert!((manifest().duration_seconds - seconds).abs() < 0.05, "{seconds} s");
    let silence: Vec<&str> = text.lines().filter(|line| line.starts_with("silence_")).collect();
    assert_eq!(silence.len(), 158);
    for name in [silence[0], silence[157]] {
        let reply = get(&format!("a1/{name}")).await;
        assert_eq!((reply.status, reply.header("content-type")), (StatusCode::OK, "audio/mp4"), "{name}");
        assert!(reply.body.windows(4).any(|name| name == b"moof"), "{name}");
    }
    for name in ["a1/silence_00159.m4s", "a1/silence_00000.m4s", "a0/silence_00001.m4s"] {
        assert_eq!(get(name).await.status, StatusCode::NOT_FOUND, "{name}");
    }
    let stored = String::from_utf8(get("a0/media.m3u8").await.body.to_vec()).unwrap();
    assert_eq!(stored, format!("#EXTM3U\n# {FILM} a0\n"), "one that does not say how long it is stays as it is");
}

#[tokio::test]
async fn a_segment_is_served_byte_for_byte_in_whole_and_in_part() {
    let world = World::new().await;
    let session = world.start(&Seat::new("p1"), FILM).await;
    let path = format!("{}/v720/seg_00001.m4s", base(&session));
    let stored = segment(FILM, "v720");
    // Twice, so that what may be kept in memory is looked at as well.
    for _ in 0..2 {
        assert!(world.get(&path, &[]).await.body == stored);
        for (range, part) in [
            ("bytes=0-0", 0..1),
            ("bytes=262143-262144", 262_143..262_145),
            ("bytes=100-600000", 100..600_001),
            ("bytes=524288-", 524_288..SEGMENT),
            ("bytes=-1", SEGMENT - 1..SEGMENT),
            ("bytes=699999-9999999", SEGMENT - 1..SEGMENT),
        ] {
            let reply = world.get(&path, &[("range", range)]).await;
            assert_eq!(reply.status, StatusCode::PARTIAL_CONTENT, "{range}");
            assert_eq!(reply.header("content-range"), format!("bytes {}-{}/{SEGMENT}", part.start, part.end - 1));
            assert_eq!(reply.header("content-length"), part.len().to_string());
            assert!(reply.body == stored.slice(part), "{range}");
        }
    }
}

#[tokio::test]
async fn conditions_and_ranges_hold_on_the_wire() {
    let world = World::new().await;
    let session = world.start(&Seat::new("p1"), FILM).await;
    let path = format!("{}/v720/seg_00001.m4s", base(&session));
    let whole = world.get(&path, &[]).await;
    let (tag, modified) = (whole.header("etag"), whole.header("last-modified"));
    let part = [("range", "bytes=1-3")];
    for (headers, status) in [
        (vec![("if-modified-since", modified)], 304),
        (vec![("if-match", "\"other\"")], 412),
        (vec![("if-unmodified-since", "Sun, 06 Nov 1994 08:49:37 GMT")], 412),
        (vec![part[0], ("if-range", tag)], 206),
        (vec![part[0], ("if-range", modified)], 206),
        (vec![part[0], ("if-range", "\"other\"")], 200),
        (vec![("range", "bytes=1-3,5-6")], 200),
        (vec![("range", "lines=1-3")], 200),
    ] {
        let reply = world.get(&path, &headers).await;
        assert_eq!(reply.status.as_u16(), status, "{headers:?}");
        assert_eq!(reply.body.is_empty(), matches!(status, 304 | 412), "{headers:?}");
    }
    for range in ["bytes=700000-", "bytes=700000-800000", "bytes=-0"] {
        let reply = world.get(&path, &[("range", range)]).await;
        assert_eq!((reply.status.as_u16(), reply.body.len()), (416, 0), "{range}");
        assert_eq!(reply.header("content-range"), format!("bytes */{SEGMENT}"), "{range}");
    }
}

#[tokio::test]
async fn head_says_what_get_would_and_sends_nothing() {
    let world = World::new().await;
    let session = world.start(&Seat::new("p1"), FILM).await;
    for name in ["v720/seg_00001.m4s", "master.m3u8"] {
        let path = format!("{}/{name}", base(&session));
        let get = world.get(&path, &[]).await;
        let head = world.ask(&Seat::new("p1"), "HEAD", &path, &[("range", "bytes=0-1")], Value::Null).await;
        assert_eq!((head.status, head.body.len()), (StatusCode::OK, 0), "{name}");
        assert_eq!(head.headers, get.headers, "{name}");
    }
}

#[tokio::test]
async fn without_a_good_grant_nothing_is_served() {
    let world = World::new().await;
    let session = world.start(&Seat::new("p1"), FILM).await;
    let name = "v720/seg_00001.m4s";
    let good = base(&session);
    let flipped = format!("{}{}", &good[..good.len() - 5], if good.ends_with("AAAAA") { "BBBBB" } else { "AAAAA" });
    for (what, base) in [
        ("no grant", "/media".to_owned()),
        ("the title in the grant's place", format!("/media/{FILM}")),
        ("a forged tag", flipped),
        ("another server's key", sealed(&session, [1; 32], |_| ())),
        ("expired", sealed(&session, SECRET, |grant| grant.expires = world.seconds())),
        ("cut", good[..good.len() - 1].to_owned()),
        ("longer", format!("{good}A")),
        ("padded", format!("{good}=")),
        ("escaped", good.replacen("/media/", "/media/%", 1)),
    ] {
        world.get(&format!("{base}/{name}"), &[]).await.assert_refused(403, "grant_refused", what);
        world.get(&format!("{base}/master.m3u8"), &[]).await.assert_refused(403, "grant_refused", what);
    }
    world.get(good, &[]).await.assert_refused(404, "not_found", "the grant alone");
    let own = sealed(&session, SECRET, |_| ());
    assert_eq!(world.get(&format!("{own}/{name}"), &[]).await.status, StatusCode::OK, "the same, well made");
}

#[tokio::test]
async fn a_grant_is_for_its_own_title_alone() {
    let world = World::new().await;
    let film = world.start(&Seat::new("p1"), FILM).await;
    let other = world.start(&Seat::new("p1"), OTHER).await;
    for path in ["../other/v720/init.mp4", "other/v720/init.mp4", "../../media/other/v720/init.mp4"] {
        world.get(&format!("{}/{path}", base(&film)), &[]).await.assert_refused(404, "not_found", path);
    }
    for (session, title) in [(&film, FILM), (&other, OTHER)] {
        let reply = world.get(&format!("{}/v720/init.mp4", base(session)), &[]).await;
        assert_eq!(reply.body, format!("VIDEO {title} v720 init"));
    }
    // The first title's tag under the second title's grant: spliced where the tag begins.
    let (film, other) = (base(&film), base(&other));
    let spliced = format!("{}{}", &other[..other.len() - 43], &film[film.len() - 43..]);
    world.get(&format!("{spliced}/v720/init.mp4"), &[]).await.assert_refused(403, "grant_refused", "spliced");
}

#[tokio::test]
async fn no_path_escapes_the_titles_folder() {
    let world = World::new().await;
    let session = world.start(&Seat::new("p1"), FILM).await;
    for path in [
        "..",
        "../",
        "../manifest.json",
        "../../marquee.db",
        "v720/../../other/v720/init.mp4",
        "v720/../v1080/init.mp4",
        "%2e%2e/other/v720/init.mp4",
        "%2E%2E%2Fother%2Fv720%2Finit.mp4",
        "..%2fother%2fv720%2finit.mp4",
        "%252e%252e/other/v720/init.mp4",
        "v720%2finit.mp4",
        "v720%5cinit.mp4",
        "/etc/passwd",
        "//etc/passwd",
        "%2fetc%2fpasswd",
        "file:///etc/passwd",
        "v720/init.mp4%00",
        "v720/init.mp4%00.jpg",
        "v720/init.mp4%0a",
        "v720/init.mp4/",
        "v720//init.mp4",
        "./v720/init.mp4",
        "v720/./init.mp4",
        "v720/.init.mp4",
        "V720/init.mp4",
        "v720/init.mp4;x",
        "v%3720/init.mp4",
        "%C0%AE%C0%AE/other/v720/init.mp4",
        "manifest.json",
        "poster.jpg",
        "v720/seg_99999.m4s",
        "v2160/init.mp4",
    ] {
        world.get(&format!("{}/{path}", base(&session)), &[]).await.assert_refused(404, "not_found", path);
    }
}

#[tokio::test]
async fn a_rendition_above_the_grant_is_refused_whatever_its_file() {
    let world = World::new().await;
    let session = world.start(&Seat::phone("p1"), FILM).await;
    for name in ["v720/media.m3u8", "v720/init.mp4", "v720/seg_00001.m4s", "v1080/seg_00001.m4s"] {
        world.get(&format!("{}/{name}", base(&session)), &[]).await.assert_refused(403, "grant_refused", name);
    }
    for name in ["v360/media.m3u8", "v360/seg_00001.m4s", "a0/seg_00001.m4s"] {
        assert_eq!(world.get(&format!("{}/{name}", base(&session)), &[]).await.status, StatusCode::OK, "{name}");
    }
}

#[tokio::test]
async fn the_lowest_rendition_is_served_also_where_the_grant_is_lower() {
    let world = World::new().await;
    let session = world.start(&Seat::new("p1"), FILM).await;
    let low = sealed(&session, SECRET, |grant| grant.class = 144);
    assert_eq!(world.get(&format!("{low}/v360/init.mp4"), &[]).await.status, StatusCode::OK);
    world.get(&format!("{low}/v720/init.mp4"), &[]).await.assert_refused(403, "grant_refused", "v720");
}

#[tokio::test]
async fn other_verbs_are_not_taken() {
    let world = World::new().await;
    let session = world.start(&Seat::new("p1"), FILM).await;
    for verb in ["POST", "PUT", "DELETE", "PATCH"] {
        let reply = world.ask(&Seat::new("p1"), verb, &session.manifest, &[], Value::Null).await;
        reply.assert_refused(405, "method_not_allowed", verb);
    }
}

#[tokio::test]
async fn a_session_that_never_was_gets_nothing() {
    let world = World::new().await;
    let session = world.start(&Seat::new("p1"), FILM).await;
    let unknown = sealed(&session, SECRET, |grant| grant.session = SessionKey::random());
    world.get(&format!("{unknown}/v720/init.mp4"), &[]).await.assert_refused(410, "session_ended", "unknown session");
}

#[tokio::test]
async fn a_film_whose_disk_is_not_mounted_is_answered_with_503_in_words_and_plays_once_it_is_back() {
    let world = World::new().await;
    let session = world.start(&Seat::new("p1"), FILM).await;
    let (disk, elsewhere) = (world.folder.path().join("media"), world.folder.path().join("elsewhere"));
    std::fs::rename(&disk, &elsewhere).unwrap();
    // What is read of a film within ten seconds is kept.
    let seat = Seat::new("p2");
    let begin = || world.call(&seat, "POST", "/api/v1/playback", json!({ "title": OTHER }));
    let segment = format!("{}/v720/seg_00001.m4s", base(&session));
    for reply in [begin().await, world.get(&segment, &[]).await] {
        let problem: contract::Problem = reply.json();
        assert_eq!((problem.code, problem.retry_after), (Code::Overloaded, Some(5)));
        assert!(problem.detail.unwrap().contains("does not answer"));
    }
    assert!(!disk.exists());
    std::fs::rename(&elsewhere, &disk).unwrap();
    assert_eq!((begin().await.status, world.get(&segment, &[]).await.status), (StatusCode::CREATED, StatusCode::OK));
}
