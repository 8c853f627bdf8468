//! Photos between a phone and a server that both die, over a link that breaks. Never half a photo, and little twice.

use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::time::Duration;

use harness::databases;
use harness::phone::process::PhoneProcess;
use harness::phone::{Asked, Said};
use harness::proxy::{Direction, FaultProxy};
use sync_core::ids::{BlobHash, EntryId};
use sync_core::order::OrderCommand;

use super::crew::{Crew, SIGABRT};
use super::phone_points::Pocket;
use crate::api::upload_client::{files_in, photo_like};

/// From the first byte of a photo on the phone to the last answer about it, and how often a point is survived before.
const DEATHS: [(&str, u32); 9] = [
    ("blob.between_writes", 0),
    ("blob.between_writes", 2),
    ("blob.after_write", 0),
    ("blob.after_rename", 0),
    ("blob.after_row", 0),
    ("upload.before_send", 0),
    ("upload.before_send", 2),
    ("upload.before_store", 0),
    ("upload.before_store", 2),
];
const SMALL_BYTES: usize = 700_000;
const LARGE_BYTES: u64 = 12_000_000;
const CUT_EVERY_BYTES: u64 = 500_000;
/// For each 16 KiB: about three megabytes a second.
const LINK_DELAY: Duration = Duration::from_millis(5);
const ATTEMPTS_MAX: u32 = 80;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_that_dies_at_any_step_of_a_photo_brings_it_whole_and_once() {
    // covers: A3
    let crew = Crew::gather(databases::sqlite()).await;
    let pocket = Pocket::of_spare(&crew).await;
    for (number, (point, survived)) in (0..).zip(DEATHS) {
        let photo = photo_like(SMALL_BYTES, 300 + number);
        let camera = pocket.files.join("camera.jpg");
        std::fs::write(&camera, &photo).unwrap();
        let mut phone = pocket.start(Some(crew.url()), &format!("{point}={survived}*off->return"));
        assert!(phone.hear().await.is_some());
        let kept = phone.ask(&Asked::Keep(camera.clone())).await;
        if kept.is_some() {
            assert_eq!(phone.ask(&Asked::SendBlobs).await, None, "{point}");
        }
        assert_eq!(phone.died().await.signal(), Some(SIGABRT), "{point}");

        let mut phone = pocket.start(Some(crew.url()), "");
        assert!(phone.hear().await.is_some());
        if kept.is_none() {
            // Nobody was told that it is kept: the app still has the picture and does it again.
            keep(&mut phone, camera, &photo).await;
        }
        let sent = phone.ask(&Asked::SendBlobs).await;
        phone.kill().await;

        assert_eq!(sent, Some(Said::Blobs { unsent: 0 }), "{point}");
        assert_eq!(copies_of(&photo, &crew.stored_blobs()), 1, "{point}: stored once");
    }
    let on_phone = files_in(&pocket.files.path().join(format!("data/{}.blobs", pocket.user)));
    assert_eq!(on_phone.len(), DEATHS.len(), "each photo once, and no drafts: {on_phone:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_photo_over_a_link_that_breaks_between_two_that_die_is_hardly_sent_twice() {
    // covers: A3
    let mut crew = Crew::gather(databases::sqlite()).await;
    let pocket = Pocket::of_spare(&crew).await;
    let proxy = FaultProxy::start(crew.address()).await.unwrap();
    let photo = photo_like(usize::try_from(LARGE_BYTES).unwrap(), 400);
    let camera = pocket.files.join("camera.jpg");
    std::fs::write(&camera, &photo).unwrap();
    let mut phone = pocket.start(Some(proxy.url()), "");
    assert!(phone.hear().await.is_some());
    proxy.delay(LINK_DELAY);
    let before = proxy.traffic().to_server_bytes;

    keep(&mut phone, camera, &photo).await;
    let order = pocket.orders[0];
    let text = "written while the photo was on its way".to_owned();
    let note = OrderCommand::AddNote { note: EntryId::from_bytes([0x5a; 16]), text, is_internal: false };
    let recorded = phone.ask(&Asked::Do(order, Box::new(note))).await;
    let synced = phone.ask(&Asked::Sync).await;
    let meanwhile = phone.ask(&Asked::CountBlobs).await;
    assert!(matches!(recorded, Some(Said::Stored { change: Some(_) })), "{recorded:?}");
    assert_eq!(synced, Some(Said::Synced { is_complete: true, unsent: 0 }));
    assert_eq!(meanwhile, Some(Said::Blobs { unsent: 1 }), "the order did not wait for the photo");

    for attempt in 1.. {
        assert!(attempt <= ATTEMPTS_MAX, "the photo never arrives");
        let is_deadly = [4, 9, 14, 19].contains(&attempt);
        if !is_deadly {
            proxy.cut_after_bytes(Direction::ToServer, CUT_EVERY_BYTES);
            if phone.ask(&Asked::SendBlobs).await == Some(Said::Blobs { unsent: 0 }) {
                break;
            }
            continue;
        }
        let is_the_phone_to_die = attempt % 2 == 0;
        let begun = proxy.traffic().to_server_bytes;
        {
            let mut sending = std::pin::pin!(phone.ask(&Asked::SendBlobs));
            let is_under_way = async {
                while proxy.traffic().to_server_bytes < begun + CUT_EVERY_BYTES / 2 {
                    tokio::task::yield_now().await;
                }
            };
            tokio::select! {
                said = &mut sending => panic!("nothing went on: {said:?}"),
                () = is_under_way => {}
            }
            if !is_the_phone_to_die {
                crew = crew.stopped().await;
                sending.await;
                crew.start("").await;
                proxy.set_target(crew.address());
            }
        }
        if is_the_phone_to_die {
            phone.kill().await;
            phone = pocket.start(Some(proxy.url()), "");
            assert!(phone.hear().await.is_some());
        }
    }

    let sent = proxy.traffic().to_server_bytes - before;
    let surplus = sent.saturating_sub(LARGE_BYTES) as f64 / LARGE_BYTES as f64;
    println!("{sent} bytes, {:.1} % more", surplus * 100.0);
    assert!(surplus <= 0.05, "{sent} bytes were sent for {LARGE_BYTES}");
    assert_eq!(copies_of(&photo, &crew.stored_blobs()), 1);
    assert_eq!(crew.stored_blobs().len(), 1, "nothing else is left");
}

async fn keep(phone: &mut PhoneProcess, camera: PathBuf, photo: &[u8]) {
    let kept = phone.ask(&Asked::Keep(camera)).await;
    assert_eq!(kept, Some(Said::Kept { sha256: BlobHash::of(photo) }));
}

fn copies_of(photo: &[u8], files: &[PathBuf]) -> usize {
    files.iter().filter(|file| std::fs::read(file).unwrap() == photo).count()
}
