//! Makes images as phones do, and looks at those the server made. Never reads a committed photo.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::codecs::webp::WebPEncoder;
use image::{DynamicImage, ExtendedColorType, ImageEncoder as _, ImageFormat, Rgb, RgbImage};

/// What must not be found in a picture that the server made.
pub const METADATA_MARKS: [&[u8]; 4] = [b"Exif", b"GPS", b"http://ns.adobe.com", b"ICC_PROFILE"];

pub const RED: [u8; 3] = [220, 20, 20];
pub const GREEN: [u8; 3] = [20, 200, 20];
pub const BLUE: [u8; 3] = [20, 20, 220];
pub const WHITE: [u8; 3] = [250, 250, 250];

/// Four quarters, from the upper left to the lower right: red, green, blue, white; with some noise, as in a photo.
pub fn quarters(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let color = match (x < width / 2, y < height / 2) {
            (true, true) => RED,
            (false, true) => GREEN,
            (true, false) => BLUE,
            (false, false) => WHITE,
        };
        let noise = u8::try_from(x.wrapping_mul(31).wrapping_add(y.wrapping_mul(17)) % 6).unwrap();
        Rgb(color.map(|value| value.saturating_sub(noise)))
    })
}

pub fn jpeg(image: &RgbImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, 90).encode_image(image).unwrap();
    bytes
}

pub fn png(image: &RgbImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    let (width, height) = image.dimensions();
    PngEncoder::new(&mut bytes).write_image(image, width, height, ExtendedColorType::Rgb8).unwrap();
    bytes
}

pub fn webp(image: &RgbImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    let (width, height) = image.dimensions();
    WebPEncoder::new_lossless(&mut bytes).encode(image, width, height, ExtendedColorType::Rgb8).unwrap();
    bytes
}

/// A JPEG with what a phone writes beside the pixels: orientation, position, an Adobe packet.
pub fn phone_photo(image: &RgbImage, orientation: u8) -> Vec<u8> {
    let plain = jpeg(image);
    let mut tiff = b"II*\0\x08\0\0\0\x02\0".to_vec();
    // Orientation, a short; then the place of the GPS directory, a long.
    tiff.extend([0x12, 0x01, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0]);
    tiff.extend([0x25, 0x88, 4, 0, 1, 0, 0, 0, 38, 0, 0, 0]);
    tiff.extend([0, 0, 0, 0]);
    // One entry: latitude north.
    tiff.extend([1, 0, 1, 0, 2, 0, 2, 0, 0, 0, b'N', 0, 0, 0, 0, 0, 0, 0]);
    tiff.extend(b"GPS position of a customer");
    let segments = [
        segment(0xe1, &[b"Exif\0\0".as_slice(), &tiff].concat()),
        segment(0xe1, b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta/>"),
        segment(0xe2, b"ICC_PROFILE\0\x01\x01profile"),
    ];
    [&plain[..2], &segments.concat(), &plain[2..]].concat()
}

fn segment(marker: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len() + 2).unwrap().to_be_bytes();
    [&[0xff, marker], length.as_slice(), content].concat()
}

/// The picture, which has to be a JPEG without metadata.
pub fn read_picture(bytes: &[u8]) -> DynamicImage {
    for mark in METADATA_MARKS {
        assert!(!bytes.windows(mark.len()).any(|window| window == mark), "{}", String::from_utf8_lossy(mark));
    }
    image::ImageReader::with_format(Cursor::new(bytes), ImageFormat::Jpeg).decode().unwrap()
}

/// The colors in the middle of the four quarters, from the upper left to the lower right.
pub fn quarter_colors(image: &DynamicImage) -> [[u8; 3]; 4] {
    let image = image.to_rgb8();
    let (width, height) = image.dimensions();
    let places = [(1, 1), (3, 1), (1, 3), (3, 3)];
    places.map(|(x, y)| image.get_pixel(width * x / 4, height * y / 4).0)
}

pub fn is_near(color: [u8; 3], expected: [u8; 3]) -> bool {
    color.iter().zip(expected).all(|(value, expected)| value.abs_diff(expected) < 40)
}
