//! A poster in points, for the many that stand beside each other: a browser draws an SVG on the thread that scrolls.
//!
//! A few flat colours and what their edges mix to, so that a palette holds them all and the picture is a third of one
//! without. Must never stand in for a drawing whose letters are left to the viewer's fonts: this machine has none.

use std::collections::HashMap;

use png::{BitDepth, ColorType, Compression, Filter};
use resvg::{
    tiny_skia::{Pixmap, Transform},
    usvg,
};

/// As large as a poster that is taken from a film.
const SIZE: (u32, u32) = (480, 720);

type Colour = [u8; 3];

/// A PNG of 480 by 720 points of what [`super::draw`] made; nothing where it has letters in the viewer's own fonts.
pub fn raster(svg: &str) -> Option<Vec<u8>> {
    // Of no title: what is written in it is escaped.
    if svg.contains("<text") {
        return None;
    }
    let drawing = usvg::Tree::from_str(svg, &usvg::Options::default()).ok()?;
    let (width, height) = SIZE;
    let mut points = Pixmap::new(width, height)?;
    #[expect(clippy::cast_precision_loss, reason = "some hundreds")]
    let scale = Transform::from_scale(width as f32 / drawing.size().width(), height as f32 / drawing.size().height());
    resvg::render(&drawing, scale, &mut points.as_mut());
    // The ground covers the sheet: nothing shows through.
    let colours: Vec<Colour> = points.pixels().iter().map(|point| [point.red(), point.green(), point.blue()]).collect();
    encode(&colours).ok()
}

fn encode(colours: &[Colour]) -> Result<Vec<u8>, png::EncodingError> {
    let mut file = Vec::with_capacity(24 * 1024);
    let mut encoder = png::Encoder::new(&mut file, SIZE.0, SIZE.1);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_compression(Compression::Balanced);
    match indexed(colours) {
        Some((palette, indices)) => {
            encoder.set_color(ColorType::Indexed);
            encoder.set_palette(palette.concat());
            // Neighbours in a palette are neighbours by chance.
            encoder.set_filter(Filter::NoFilter);
            encoder.write_header()?.write_image_data(&indices)?;
        }
        None => {
            encoder.set_color(ColorType::Rgb);
            encoder.write_header()?.write_image_data(colours.as_flattened())?;
        }
    }
    Ok(file)
}

/// The colours that there are, and for each point which it has; nothing where a palette does not hold them.
fn indexed(colours: &[Colour]) -> Option<(Vec<Colour>, Vec<u8>)> {
    let (mut palette, mut known) = (Vec::new(), HashMap::new());
    let mut indices = Vec::with_capacity(colours.len());
    let mut last = None;
    for &colour in colours {
        // Most points are what the one before them is.
        if let Some((before, index)) = last
            && before == colour
        {
            indices.push(index);
            continue;
        }
        let index = match known.get(&colour) {
            Some(index) => *index,
            None => {
                // A palette holds 256 (PNG, section 11.2.2).
                let index = u8::try_from(palette.len()).ok()?;
                palette.push(colour);
                known.insert(colour, index);
                index
            }
        };
        indices.push(index);
        last = Some((colour, index));
    }
    Some((palette, indices))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(file: &[u8]) -> (png::OutputInfo, Vec<u8>) {
        let mut decoder = png::Decoder::new(std::io::Cursor::new(file));
        decoder.set_transformations(png::Transformations::EXPAND);
        let mut reader = decoder.read_info().unwrap();
        let mut points = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut points).unwrap();
        (info, points)
    }

    #[test]
    fn more_colours_than_a_palette_holds_are_kept_as_they_are() {
        let point = |index: usize| [(index % 256) as u8, (index / 256 % 3) as u8, 7];
        for colours in [256, 257] {
            let colours: Vec<Colour> = (0..480 * 720).map(|index| point(index % colours)).collect();
            let (info, points) = decode(&encode(&colours).unwrap());
            assert_eq!((info.width, info.height, info.color_type), (480, 720, ColorType::Rgb));
            assert!(points == colours.as_flattened());
        }
    }

    #[test]
    fn a_drawing_is_the_same_in_points() {
        let svg = r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 600 900"><path fill="#123456" d="M0 0h600v900H0z"/><path fill="#fedcba" d="M0 450h600v450H0z"/></svg>"##;
        let (_, points) = decode(&raster(svg).unwrap());
        assert_eq!((&points[..3], &points[points.len() - 3..]), (&[0x12, 0x34, 0x56][..], &[0xfe, 0xdc, 0xba][..]));
    }

    #[test]
    fn letters_of_the_viewers_fonts_are_left_to_the_viewer() {
        let svg = r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 600 900"><path d="M0 0h9"/><text>東京</text></svg>"##;
        assert_eq!(raster(svg), None);
    }
}
