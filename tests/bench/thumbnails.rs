//! How fast photos become pictures in a process of their own, against decoding them here and nothing else. Never counts
//! a photo without both pictures.

use std::io::Cursor;
use std::time::Instant;

use campo::evidence::blob_store::BlobError;
use campo::evidence::image_process::ImageProcess;
use futures_util::future::join_all;
use image::codecs::jpeg::JpegEncoder;
use image::{ImageFormat, ImageReader, Rgb, RgbImage};

use crate::report::{Report, Spread};
use crate::size::Size;

const AT_ONCE: usize = 2;

pub async fn run(size: Size) -> Report {
    let mut report = Report::new("thumbnails");
    let program = std::env::current_exe().expect("this program has a file");
    let images = ImageProcess::new(program);
    for (width, height) in [size.choose((1_600, 1_200), (160, 120)), size.choose((4_000, 3_000), (400, 300))]
    {
        let photo = photo(width, height);
        let (mut decoder, mut one, mut two) = (Vec::new(), Vec::new(), Vec::new());
        // The first time warms everything up.
        for _ in 0..=size.repetitions() {
            decoder.push(decode_alone(&photo));
            one.push(per_second(&images, &photo, 1).await);
            two.push(per_second(&images, &photo, AT_ONCE).await);
        }
        let ratios: Vec<f64> = one[1..].iter().zip(&decoder[1..]).map(|(ours, alone)| ours / alone).collect();
        report.add(vec![
            ("pixels", format!("{width}x{height}").as_str().into()),
            ("bytes", photo.len().into()),
            ("decoder_alone_per_s", Spread::of(decoder[1..].iter().copied()).into()),
            ("one_at_once_per_s", Spread::of(one[1..].iter().copied()).into()),
            ("two_at_once_per_s", Spread::of(two[1..].iter().copied()).into()),
            ("ratio", Spread::of(ratios).into()),
        ]);
    }
    report
}

/// Shapes and noise, so that it compresses about as a photo does.
fn photo(width: u32, height: u32) -> Vec<u8> {
    let mut state = 1_u32;
    let image = RgbImage::from_fn(width, height, |x, y| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let [noise, ..] = state.to_be_bytes();
        let shape = |step: u32| u8::try_from((x / step).wrapping_mul(y / step) % 200).expect("below 256");
        Rgb([shape(37), shape(61), shape(101)].map(|value| value.saturating_add(noise / 16)))
    });
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, 85).encode_image(&image).expect("memory takes every image");
    bytes
}

fn decode_alone(photo: &[u8]) -> f64 {
    let began = Instant::now();
    let image = ImageReader::with_format(Cursor::new(photo), ImageFormat::Jpeg).decode();
    std::hint::black_box(image.expect("the photo is whole"));
    1.0 / began.elapsed().as_secs_f64()
}

async fn per_second(images: &ImageProcess, photo: &[u8], at_once: usize) -> f64 {
    let began = Instant::now();
    let work = (0..at_once).map(|_| {
        let bytes = photo.to_vec();
        let size_bytes = bytes.len() as u64;
        let stream = futures_util::stream::once(async move { Ok::<_, BlobError>(bytes.into()) });
        images.pictures_of(size_bytes, Box::pin(stream))
    });
    for made in join_all(work).await {
        made.expect("the decoder runs").expect("the photo is whole");
    }
    at_once as f64 / began.elapsed().as_secs_f64()
}
