//! Shorts of what engineers look at.

use super::{Picture, Short, title};
use crate::demo::{
    captions::cue,
    score::{Mood, Score},
};

const GENRES: &[&str] = &["Procedural", "Test pattern", "Short"];

pub const LISSAJOUS: Short = Short {
    title: title(
        "lissajous",
        "Lissajous: Two Notes, Drawn",
        &["Procedural", "Music", "Short"],
        "The left loudspeaker moves a point of light sideways, the right one moves it up and down. What you hear is what you \
         see: unison, octave, fifth, fourth, third.",
    ),
    seconds: 40,
    picture: Picture::OfScore(
        "avectorscope=s=720x720:r=30:mode=lissajous_xy:draw=line:scale=lin:zoom=1.35:rc=40:gc=200:bc=160:ac=255:\
         rf=8:gf=12:bf=6:af=4,scale=1080:1080:flags=bicubic,pad=1920:1080:420:0:black",
    ),
    score: Score::Intervals,
    cues: &[
        cue(1, 7, "Unison: two notes alike draw a line, or a ring.", "Prime: zwei gleiche Töne zeichnen Linie oder Ring."),
        cue(9, 15, "Octave, one to two: a bow.", "Oktave, eins zu zwei: eine Schleife."),
        cue(17, 23, "Fifth, two to three.", "Quinte, zwei zu drei."),
        cue(25, 31, "Fourth, three to four.", "Quarte, drei zu vier."),
        cue(33, 38, "Major third, four to five.", "Große Terz, vier zu fünf."),
    ],
};

pub const SPECTRUM: Short = Short {
    title: title(
        "spectrum",
        "What You Hear",
        &["Procedural", "Music", "Short"],
        "The score of this film is its picture: low notes on the left, high notes on the right, and below, the last \
         seconds flowing away.",
    ),
    seconds: 40,
    picture: Picture::OfScore("showcqt=s=1280x720:r=25:axis=0:bar_h=300:sono_h=420:bar_g=3:sono_g=4:basefreq=32:endfreq=5000"),
    score: Score::Ambient { seed: 88, root: 130.81, mood: Mood::Bright, bells: true },
    cues: &[
        cue(2, 9, "Each column is a note; its height is its strength.", "Jede Säule ist ein Ton, ihre Höhe seine Stärke."),
        cue(10, 17, "Low on the left, high on the right.", "Tief ist links, hoch ist rechts."),
        cue(18, 26, "Below, the past flows down.", "Darunter fließt die Vergangenheit hinab."),
        cue(27, 37, "The short dashes are the bells.", "Die kurzen Striche sind die Glocken."),
    ],
};

pub const ZONE_PLATE: Short = Short {
    title: title(
        "zone-plate",
        "Zone Plate",
        GENRES,
        "Rings that come closer and closer together: the picture that television engineers use to see what a screen cannot \
         show. Every ring that should not be there is the screen's own.",
    ),
    seconds: 30,
    picture: Picture::Drawn(
        "color=black:s=320x180:r=24,format=gray,geq=lum='128+118*cos((X*X+Y*Y)*(0.0011+0.0001*T)-T*2)',\
         split[a][b];[b]hflip[c];[c][a]hstack,split[d][e];[e]vflip[f];[f][d]vstack,scale=1280:720:flags=bicubic,\
         format=gbrp,pseudocolor=p=cividis,vignette=PI/5",
    ),
    score: Score::Ambient { seed: 64, root: 110.0, mood: Mood::Deep, bells: false },
    cues: &[
        cue(2, 8, "Outwards, the rings become finer and finer.", "Nach außen werden die Ringe feiner und feiner."),
        cue(9, 15, "Soon they are finer than the pixels.", "Bald sind sie feiner als die Pixel."),
        cue(16, 22, "Then new rings appear that nobody drew.", "Dann erscheinen Ringe, die niemand gezeichnet hat."),
        cue(23, 28, "Engineers call that aliasing.", "Techniker nennen das Aliasing."),
    ],
};

pub const OUTLINE: Short = Short {
    title: title(
        "test-pattern-in-outline",
        "Test Pattern, in Outline",
        GENRES,
        "FFmpeg's own test picture with everything taken away but its edges. The clock in the corner is right.",
    ),
    seconds: 30,
    picture: Picture::Drawn(
        "testsrc2=s=640x360:r=24,format=gbrp,sobel=scale=1.1,gblur=sigma=0.6,scale=1280:720:flags=bicubic,\
         lutrgb=r='clip(val*1.2,0,255)',vignette=PI/5",
    ),
    score: Score::Ambient { seed: 2, root: 98.0, mood: Mood::Dusk, bells: true },
    cues: &[
        cue(2, 8, "A test pattern is made to be looked at hard.", "Ein Testbild will genau angesehen werden."),
        cue(9, 15, "Here, only its edges are left.", "Hier sind nur seine Kanten geblieben."),
        cue(16, 22, "The clock counts every picture.", "Die Uhr zählt jedes Bild."),
        cue(23, 28, "If it stutters, it is not the film.", "Wenn es ruckelt, liegt es nicht am Film."),
    ],
};
