//! Shorts of shapes that hold themselves.

use super::{Picture, Short, title};
use crate::demo::{
    captions::cue,
    score::{Mood, Score},
};

const GENRES: &[&str] = &["Procedural", "Fractal", "Short"];

pub const MANDELBROT: Short = Short {
    title: title(
        "mandelbrot-slowly",
        "Mandelbrot, Slowly",
        GENRES,
        "A dive to one point on the edge of the Mandelbrot set, until the picture is fifty thousand times smaller than where \
         it began. The edge never becomes smooth.",
    ),
    seconds: 45,
    picture: Picture::Drawn(
        "mandelbrot=s=768x432:r=24:start_scale=3:end_scale=0.00006:end_pts=1080:maxiter=600:inner=black:\
         outer=normalized_iteration_count,scale=1280:720:flags=bicubic,format=gray,format=gbrp,pseudocolor=p=inferno",
    ),
    score: Score::Ambient { seed: 1980, root: 82.41, mood: Mood::Deep, bells: true },
    cues: &[
        cue(2, 9, "Square a number, add where you are, repeat.", "Quadrieren, den Ort addieren, wiederholen."),
        cue(10, 17, "Where that stays small for ever, it is black.", "Wo das für immer klein bleibt, ist es schwarz."),
        cue(18, 25, "Elsewhere, colour tells how soon it escapes.", "Sonst sagt die Farbe, wie bald es entkommt."),
        cue(26, 34, "The same seahorses, at every depth.", "Dieselben Seepferdchen, in jeder Tiefe."),
        cue(35, 43, "Fifty thousand times closer than at the start.", "Fünfzigtausendmal näher als am Anfang."),
    ],
};

pub const CARPET: Short = Short {
    title: title(
        "sierpinski-carpet",
        "Sierpinski's Carpet",
        GENRES,
        "Divide a square into nine and take away the middle one. Do the same to the eight that are left, and never stop. \
         What remains has holes everywhere and no area at all.",
    ),
    seconds: 30,
    picture: Picture::Drawn(
        "sierpinski=s=1280x720:r=24:type=carpet:seed=4:jump=40,format=gbrp[shape];\
         gradients=s=320x180:r=24:n=3:seed=5:speed=0.01:c0=0xffe8c9:c1=0xe08a3c:c2=0x8c3b4a,\
         scale=1280:720,format=gbrp[light];[shape][light]blend=all_mode=multiply,vignette=PI/6",
    ),
    score: Score::Ambient { seed: 1916, root: 87.31, mood: Mood::Dusk, bells: false },
    cues: &[
        cue(2, 8, "Take the middle out of a square.", "Nimm die Mitte aus einem Quadrat."),
        cue(9, 15, "Take the middle out of what is left.", "Nimm die Mitte aus dem, was bleibt."),
        cue(16, 22, "Again, and again, as far as pixels go.", "Wieder und wieder, so weit die Pixel reichen."),
        cue(23, 28, "Waclaw Sierpinski, 1916.", "Wacław Sierpiński, 1916."),
    ],
};

pub const TRIANGLE: Short = Short {
    title: title(
        "sierpinski-triangle",
        "Sierpinski's Triangle",
        GENRES,
        "A triangle made of three triangles, each made of three triangles, drifting past in cold light.",
    ),
    seconds: 30,
    picture: Picture::Drawn(
        "sierpinski=s=640x360:r=24:type=triangle:seed=9:jump=40,scale=1280:720:flags=bicubic,format=gbrp[shape];\
         gradients=s=320x180:r=24:n=3:seed=5:speed=0.01:c0=0xe0fbfc:c1=0x7fb0ff:c2=0x8f5bff,\
         scale=1280:720,format=gbrp[light];[shape][light]blend=all_mode=multiply,\
         lutrgb=r='clip(val*1.5,0,255)':g='clip(val*1.5,0,255)':b='clip(val*1.5,0,255)'",
    ),
    score: Score::Ambient { seed: 1915, root: 146.83, mood: Mood::Dusk, bells: true },
    cues: &[
        cue(2, 8, "Every triangle holds three smaller ones.", "Jedes Dreieck enthält drei kleinere."),
        cue(9, 15, "The fourth, in the middle, is left out.", "Das vierte, in der Mitte, bleibt leer."),
        cue(16, 22, "It is found by a single AND of row and column.", "Ein einziges UND von Zeile und Spalte findet es."),
        cue(23, 28, "It is also Pascal's triangle, odd numbers lit.", "Es ist auch Pascals Dreieck, nur die ungeraden."),
    ],
};
