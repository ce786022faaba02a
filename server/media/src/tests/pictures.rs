//! Sizes, turns, rates, colours, and where segments begin.

use super::*;

fn heights(manifest: &MediaManifest) -> Vec<(u16, u16)> {
    manifest.renditions.iter().map(|one| (one.width, one.height)).collect()
}

#[tokio::test]
async fn an_odd_size_comes_out_even_and_never_larger() {
    let bench = Bench::new();
    let path = bench.film("odd.mkv", &["-f", "lavfi", "-i", "testsrc2=s=321x241:d=2", "-c:v", "ffv1"]);
    let imported = bench.imported(&path).await;
    assert_eq!(heights(&imported.manifest), [(320, 240)]);
    let whole = bench.whole(&imported.title, "v240/media.m3u8").await;
    let told = facts(&whole, "stream=width,height,pix_fmt,sample_aspect_ratio,color_space");
    assert_eq!(told, "width=320\nheight=240\nsample_aspect_ratio=1:1\npix_fmt=yuv420p\ncolor_space=bt709\n");
}

#[tokio::test]
async fn a_film_gets_its_own_size_and_every_rung_below_it() {
    let bench = Bench::new();
    let path = bench.film("film.mkv", &args(&drawn("640x500", 2), &[]));
    let imported = bench.imported(&path).await;
    assert_eq!(heights(&imported.manifest), [(308, 240), (460, 360), (640, 500)]);
    assert_eq!(imported.manifest.class(), 480, "the smallest frame that holds it, up to a fifteenth");
    assert!(imported.manifest.complete);
    for rendition in &imported.manifest.renditions {
        assert!(rendition.codecs.starts_with("avc1.64"), "{}", rendition.codecs);
        assert!(rendition.bandwidth >= rendition.average_bandwidth && rendition.average_bandwidth > 10_000);
    }
    let told = bench.catalogue.told.lock().unwrap();
    let revisions: Vec<_> = told.iter().map(|(_, _, manifest)| manifest.revision).collect();
    assert_eq!(revisions, (1..=revisions.len() as u32).collect::<Vec<_>>());
    assert_eq!(heights(&told[0].2), [(460, 360)], "the first good rendition is published before the others");
    assert!(!told[0].2.complete);
}

#[tokio::test]
async fn a_rotation_flag_is_obeyed() {
    let bench = Bench::new();
    // Red on the left, blue on the right, then marked to be turned by a quarter, which ffmpeg's muxer takes
    // as counter-clockwise: the left side goes down.
    let graph = "color=red:s=160x240:d=1[l];color=blue:s=160x240:d=1[r];[l][r]hstack";
    let flat = bench.film("flat.mp4", &["-filter_complex", graph, "-c:v", "libx264", "-pix_fmt", "yuv420p"]);
    let path = bench.path("turned.mp4");
    let flat = flat.to_str().unwrap().to_owned();
    make(&["-i", &flat, "-c", "copy", "-metadata:s:v:0", "rotate=90"], &path);
    let imported = bench.imported(&path).await;
    assert_eq!((imported.manifest.source.width, imported.manifest.source.height), (240, 320));
    assert_eq!(heights(&imported.manifest), [(240, 320)]);
    let whole = bench.whole(&imported.title, "v320/media.m3u8").await;
    let shown = picture(&whole, "0", "scale=1:2:flags=area");
    assert_eq!(shown.len(), 6);
    let (top, bottom) = (&shown[..3], &shown[3..]);
    assert!(top[2] > 200 && top[0] < 60, "blue is at the top: {top:?}");
    assert!(bottom[0] > 200 && bottom[2] < 60, "red is at the bottom: {bottom:?}");
}

#[tokio::test]
async fn wide_pixels_are_squared_and_fields_are_joined() {
    let bench = Bench::new();
    let chain = "setdar=16/9,interlace,setfield=tff";
    let coding = ["-vf", chain, "-c:v", "mpeg2video", "-flags", "+ildct+ilme", "-b:v", "3M", "-top", "1"];
    let path = bench.film("tape.mpg", &[&["-f", "lavfi", "-i", "testsrc2=s=720x288:r=50:d=1"][..], &coding].concat());
    let imported = bench.imported(&path).await;
    assert_eq!((imported.manifest.source.width, imported.manifest.source.height), (512, 288));
    assert_eq!(heights(&imported.manifest), [(426, 240), (512, 288)]);
    assert_eq!(imported.manifest.renditions[0].frame_rate, 25.0);
    let film = crate::probe::probe(bench.importer.tools(), &path).await.unwrap();
    assert!(film.video.interlaced, "the test's film has fields");
}

#[tokio::test]
async fn a_varying_rate_is_made_even_and_keeps_its_length() {
    let bench = Bench::new();
    // Thirty pictures in the first second, ten in each of the next five.
    let chain = "select='lt(t,1)+not(mod(n,3))',settb=1/1000";
    let input = ["-f", "lavfi", "-i", "testsrc2=s=320x240:r=30:d=6"];
    let path = bench.film("phone.mp4", &[&input[..], &["-vf", chain, "-fps_mode", "vfr"], &QUICK].concat());
    let film = crate::probe::probe(bench.importer.tools(), &path).await.unwrap();
    assert!(film.video.variable_rate, "the test's film has a varying rate: {:?}", film.video);
    let imported = bench.imported(&path).await;
    assert!((imported.manifest.duration_seconds - 6.0).abs() < 0.15, "{}", imported.manifest.duration_seconds);
    let whole = bench.whole(&imported.title, "v240/media.m3u8").await;
    let times = facts(&whole, "packet=duration_time");
    let mut lengths: Vec<&str> = times.lines().collect();
    lengths.dedup();
    assert_eq!(lengths.len(), 1, "every picture lasts as long as the others: {lengths:?}");
}

#[tokio::test]
async fn all_renditions_are_cut_at_the_same_instants() {
    let bench = Bench::new();
    let input = ["-f", "lavfi", "-i", "testsrc2=s=640x360:r=30000/1001:d=11", "-f", "lavfi", "-i", "sine=d=11"];
    let path = bench.film("film.mp4", &[&input[..], &QUICK, &["-g", "77", "-c:a", "aac"]].concat());
    let imported = bench.imported(&path).await;
    let small = lengths(&bench.text(&imported.title, "v240/media.m3u8").await);
    let large = lengths(&bench.text(&imported.title, "v360/media.m3u8").await);
    assert_eq!(small, large);
    assert_eq!(small.len(), 3);
    assert_eq!(imported.manifest.segment_seconds, 4);
    for folder in ["v240", "v360", "a0"] {
        let segment = bench.object(&imported.title, &format!("{folder}/seg_00001.m4s")).await;
        assert_eq!(begins_at(&segment), 0, "{folder}");
        let init = bench.object(&imported.title, &format!("{folder}/init.mp4")).await;
        assert!(!init.windows(4).any(|name| name == b"elst"), "{folder} needs no edit list");
    }
}

#[tokio::test]
async fn high_dynamic_range_is_mapped_to_what_every_screen_shows() {
    let bench = Bench::new();
    // Reference white (203 cd/m2) is 58 % of PQ's signal (ITU-R BT.2408, table 1).
    let chain = "format=gbrp10le,geq=r=593:g=593:b=593,\
                 zscale=m=2020_ncl:p=2020:t=smpte2084:min=gbr:pin=2020:tin=smpte2084:rin=pc:r=tv,format=yuv420p10le";
    let tags = ["-color_primaries", "bt2020", "-color_trc", "smpte2084", "-colorspace", "bt2020nc"];
    let path =
        bench.film("hdr.mkv", &[&["-f", "lavfi", "-i", "color=s=320x240:d=1", "-vf", chain, "-c:v", "ffv1"][..], &tags].concat());
    let film = crate::probe::probe(bench.importer.tools(), &path).await.unwrap();
    assert_eq!(film.video.range, crate::probe::DynamicRange::Pq);
    let imported = bench.imported(&path).await;
    let whole = bench.whole(&imported.title, "v240/media.m3u8").await;
    let told = facts(&whole, "stream=pix_fmt,color_transfer,color_primaries");
    assert_eq!(told, "pix_fmt=yuv420p\ncolor_transfer=bt709\ncolor_primaries=bt709\n");
    let white = picture(&whole, "0", "scale=1:1");
    assert!(white.iter().all(|value| (200..=250).contains(value)), "white is white, highlights have room: {white:?}");
}

#[tokio::test]
async fn storyboard_poster_and_backdrop_show_the_film() {
    let bench = Bench::new();
    // Black, then green, then blue, ten seconds each.
    let graph = "color=black:s=640x360:r=10:d=10[a];color=0x00c000:s=640x360:r=10:d=10[b];\
                 color=blue:s=640x360:r=10:d=10[c];[a][b][c]concat=n=3";
    let path = bench.film("three.mkv", &[&["-filter_complex", graph][..], &QUICK].concat());
    let imported = bench.imported(&path).await;
    let sheets = imported.manifest.storyboard.clone().unwrap();
    assert_eq!((sheets.count, sheets.interval_seconds, sheets.sheets.len()), (3, 10.0, 1));
    assert_eq!((sheets.tile_width, sheets.tile_height), (160, 90));
    let sheet = bench.path("sheet.jpg");
    std::fs::write(&sheet, bench.object(&imported.title, &sheets.sheets[0]).await).unwrap();
    let seen = picture(&sheet, "0", "crop=480:90:0:0,scale=3:1:flags=area");
    assert!(seen[..3].iter().all(|value| *value < 30), "the first is black: {seen:?}");
    assert!(seen[4] > 150 && seen[3] < 60, "the second is green: {seen:?}");
    assert!(seen[8] > 200 && seen[7] < 60, "the third is blue: {seen:?}");
    let (poster, backdrop) = (imported.manifest.poster.unwrap(), imported.manifest.backdrop.unwrap());
    assert_eq!((poster.width, poster.height), (240, 360));
    assert_eq!((backdrop.width, backdrop.height), (640, 360));
    assert_ne!(poster.colour, "#000000", "not the black beginning");
    let file = bench.path("poster.jpg");
    std::fs::write(&file, bench.object(&imported.title, &poster.file).await).unwrap();
    assert_eq!(facts(&file, "stream=width,height"), "width=240\nheight=360\n");
}

/// When a segment's first sample is presented, in units of its track (ISO/IEC 14496-12, 8.8.8 and 8.8.12).
fn begins_at(segment: &[u8]) -> i64 {
    let boxed = |name: &[u8]| &segment[segment.windows(4).position(|at| at == name).unwrap() + 4..];
    let number = |bytes: &[u8]| i64::from(i32::from_be_bytes(bytes[..4].try_into().unwrap()));
    let (tfdt, trun) = (boxed(b"tfdt"), boxed(b"trun"));
    let decoded = if tfdt[0] == 1 { number(&tfdt[8..]) } else { number(&tfdt[4..]) };
    let flags = number(trun) & 0xff_ffff;
    let has = |flag: i64| i64::from(flags & flag != 0);
    if has(0x800) == 0 {
        return decoded;
    }
    let before = 8 + 4 * (has(1) + has(4) + has(0x100) + has(0x200) + has(0x400));
    decoded + number(&trun[usize::try_from(before).unwrap()..])
}
