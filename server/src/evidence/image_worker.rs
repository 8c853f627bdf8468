//! Decodes one image and makes the smaller pictures, in a process of its own with hard limits. Never writes a file and
//! never reads one: the image comes by standard input, the pictures go by standard output.

use std::io::{self, Cursor, Read, Write};
use std::process::ExitCode;

use image::codecs::jpeg::JpegEncoder;
use image::metadata::Orientation;
use image::{
    DynamicImage, ImageDecoder as _, ImageError, ImageFormat, ImageReader, Limits, Rgb, RgbImage, RgbaImage,
};
use rustix::process::{Resource, Rlimit, setrlimit};

use crate::evidence::sniff::{MediaType, SIDE_PIXELS_MAX, is_accepted_size, sniff};

/// The longest side of the picture for lists.
pub const THUMBNAIL_PIXELS: u32 = 320;
/// What a thumbnail weighs at most.
pub const THUMBNAIL_BYTES_MAX: usize = 30_000;
/// The longest side of the picture for a screen.
pub const SCREEN_PIXELS: u32 = 1_600;

const ADDRESS_SPACE_BYTES_MAX: u64 = 512 * 1024 * 1024;
const CPU_SECONDS_MAX: u64 = 5;
const DECODED_BYTES_MAX: u64 = 200 * 1024 * 1024;
const INPUT_BYTES_MAX: u64 = 256 * 1024 * 1024;
const SCREEN_QUALITY: u8 = 80;
/// Tried one after the other until a thumbnail is light enough.
const THUMBNAIL_QUALITIES: [u8; 6] = [80, 70, 60, 45, 30, 15];
/// The first byte of the answer.
pub(super) const MADE: u8 = 1;
/// The first byte of the answer when the image cannot be decoded or is too large.
pub(super) const REFUSED: u8 = 0;

/// The pictures made of one image: JPEG, upright, without any metadata.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pictures {
    pub thumbnail: Vec<u8>,
    pub screen: Vec<u8>,
}

/// Why no pictures were made.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    #[error("no image of an accepted kind and size")]
    NotAccepted,
    #[error("the image cannot be decoded: {0}")]
    Undecodable(#[from] ImageError),
}

/// Takes one image from standard input and answers on standard output, within the limits.
pub fn run() -> ExitCode {
    match limit().and_then(|()| answer(&mut io::stdin().lock(), &mut io::stdout().lock())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn limit() -> io::Result<()> {
    let limits = [
        (Resource::As, ADDRESS_SPACE_BYTES_MAX),
        (Resource::Cpu, CPU_SECONDS_MAX),
        (Resource::Core, 0),
        (Resource::Fsize, 0),
    ];
    for (resource, maximum) in limits {
        setrlimit(resource, Rlimit { current: Some(maximum), maximum: Some(maximum) })?;
    }
    Ok(())
}

fn answer(input: &mut impl Read, output: &mut impl Write) -> io::Result<()> {
    let mut length = [0; 8];
    input.read_exact(&mut length)?;
    let length = u64::from_be_bytes(length).min(INPUT_BYTES_MAX);
    let mut image = Vec::new();
    input.take(length).read_to_end(&mut image)?;
    match pictures_of(&image) {
        Ok(Pictures { thumbnail, screen }) => {
            output.write_all(&[MADE])?;
            for picture in [thumbnail, screen] {
                let length = u32::try_from(picture.len()).map_err(io::Error::other)?;
                output.write_all(&length.to_be_bytes())?;
                output.write_all(&picture)?;
            }
        }
        Err(_) => output.write_all(&[REFUSED])?,
    }
    output.flush()
}

/// Decodes an image and makes the pictures.
///
/// # Errors
///
/// When the image is not accepted, or damaged beyond decoding.
pub fn pictures_of(bytes: &[u8]) -> Result<Pictures, PictureError> {
    let (image, orientation) = decode(bytes)?;
    let mut screen = fitted(image, SCREEN_PIXELS);
    screen.apply_orientation(orientation);
    let screen = on_white(&screen);
    let mut side = THUMBNAIL_PIXELS;
    let thumbnail = loop {
        let small = fitted(DynamicImage::ImageRgb8(screen.clone()), side).into_rgb8();
        if let Some(light) = light_enough(&small)? {
            break light;
        }
        side /= 2;
    };
    Ok(Pictures { thumbnail, screen: jpeg(&screen, SCREEN_QUALITY)? })
}

fn decode(bytes: &[u8]) -> Result<(DynamicImage, Orientation), PictureError> {
    let format = match sniff(bytes).map_err(|_| PictureError::NotAccepted)? {
        MediaType::Jpeg => ImageFormat::Jpeg,
        MediaType::Png => ImageFormat::Png,
        MediaType::WebP => ImageFormat::WebP,
        MediaType::Pdf | MediaType::Strokes => return Err(PictureError::NotAccepted),
    };
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::default();
    limits.max_image_width = Some(SIDE_PIXELS_MAX);
    limits.max_image_height = Some(SIDE_PIXELS_MAX);
    limits.max_alloc = Some(DECODED_BYTES_MAX);
    reader.limits(limits);
    let mut decoder = reader.into_decoder()?;
    let (width, height) = decoder.dimensions();
    if !is_accepted_size(width, height) || decoder.total_bytes() > DECODED_BYTES_MAX {
        return Err(PictureError::NotAccepted);
    }
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    Ok((DynamicImage::from_decoder(decoder)?, orientation))
}

/// The image within a square of this side; a smaller one stays as it is.
fn fitted(image: DynamicImage, side: u32) -> DynamicImage {
    if image.width().max(image.height()) > side { image.thumbnail(side, side) } else { image }
}

/// What is transparent shows white.
fn on_white(image: &DynamicImage) -> RgbImage {
    if !image.color().has_alpha() {
        return image.to_rgb8();
    }
    let image: RgbaImage = image.to_rgba8();
    RgbImage::from_fn(image.width(), image.height(), |x, y| {
        let [red, green, blue, alpha] = image.get_pixel(x, y).0;
        Rgb([red, green, blue].map(|color| blend(color, alpha)))
    })
}

fn blend(color: u8, alpha: u8) -> u8 {
    let (color, alpha) = (u32::from(color), u32::from(alpha));
    u8::try_from((color * alpha + 255 * (255 - alpha)) / 255).expect("a mean of two bytes is a byte")
}

fn light_enough(image: &RgbImage) -> Result<Option<Vec<u8>>, ImageError> {
    for quality in THUMBNAIL_QUALITIES {
        let encoded = jpeg(image, quality)?;
        if encoded.len() <= THUMBNAIL_BYTES_MAX {
            return Ok(Some(encoded));
        }
    }
    Ok(None)
}

fn jpeg(image: &RgbImage, quality: u8) -> Result<Vec<u8>, ImageError> {
    let mut encoded = Vec::new();
    JpegEncoder::new_with_quality(&mut encoded, quality).encode_image(image)?;
    Ok(encoded)
}
