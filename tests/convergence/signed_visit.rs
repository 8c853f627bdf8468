//! A whole visit without a network by the real client: photos, a signature with its drawing, and a seal that anybody can
//! check. Never asks the server for what a phone has to know by itself.

use harness::databases::each_database;
use harness::phone::NOWHERE;
use harness::temp::TemporaryDirectory;
use mobile_ffi::{BlobFate, Client, fresh_id};
use sync_core::evidence::strokes::Strokes;
use sync_core::evidence::{Signing, file};
use sync_core::ids::{BlobHash, EntryId, OrderId};
use sync_core::order::OrderCommand;
use sync_core::order::command::{NewPhoto, NewSignature};
use sync_core::order::entry::{PhotoStage, SignaturePurpose};

use super::phones_and_server::{Office, config_asked_only};
use crate::api::upload_client::photo_like;

const TERMS: &str = "Confirmo que o serviço foi feito.";

fn strokes() -> Strokes {
    let stroke = (0..50).map(|step| (10 + step * 8, 60 + (step * step) % 70, step * 16, 600)).collect();
    Strokes { campo_strokes: 1, width: 600, height: 200, strokes: vec![stroke] }
}

fn photo_command(photo: EntryId, sha256: BlobHash, size_bytes: u64) -> OrderCommand {
    OrderCommand::AddPhoto(NewPhoto {
        photo,
        sha256,
        size_bytes,
        media_type: "image/jpeg".to_owned(),
        stage: PhotoStage::After,
        caption: None,
        position: None,
    })
}

/// What the customer sees, and her name under it.
async fn signature_of(phone: &Client, order: OrderId, drawing: BlobHash) -> NewSignature {
    let shown = phone.to_sign(order, "pt-BR", TERMS).await.unwrap().expect("the order is on the phone");
    NewSignature {
        signature: EntryId::from_bytes(fresh_id()),
        purpose: SignaturePurpose::Completion,
        index: 0,
        signer_name: "Lúcia Ferrari".to_owned(),
        document_kind: None,
        document_number: None,
        signer_role: Some("gerente".to_owned()),
        strokes: Some(drawing),
        snapshot: shown.snapshot,
        heads: shown.heads,
        refusal: None,
        position: None,
        at: None,
        seal: None,
    }
}

#[tokio::test]
async fn what_was_photographed_and_signed_without_a_network_arrives_whole_and_sealed() {
    // covers: C6
    for database in each_database() {
        let office = Office::open(&database).await;
        let order = office.order_for_technician().await;
        let files = TemporaryDirectory::create("phone");
        office.phone(files.path()).await.sync_now().await.unwrap();
        let (photo_bytes, photo) = (photo_like(300_000, 77), EntryId::from_bytes(fresh_id()));
        std::fs::write(files.join("camera.jpg"), &photo_bytes).unwrap();

        let offline = Client::open(config_asked_only(files.path(), NOWHERE)).unwrap();
        let kept = offline.keep_file(&files.join("camera.jpg")).await.unwrap();
        offline.execute(order, photo_command(photo, kept.sha256, kept.size_bytes)).await.unwrap();
        let drawing = offline.keep_bytes(strokes().to_bytes()).await.unwrap();
        let signature = signature_of(&offline, order, drawing.sha256).await;
        offline.sign(order, signature).await.unwrap();
        let signing = offline.order(order).await.unwrap().unwrap().order.signing;
        drop(offline);
        std::fs::remove_file(files.join("camera.jpg")).unwrap();
        let online = Client::open(config_asked_only(files.path(), &office.url)).unwrap();
        let unsent = online.blobs().await.unwrap();
        online.sync_now().await.unwrap();
        let before = office.get(&format!("/v1/orders/{order}")).await;
        let left = online.send_blobs().await.unwrap();
        let after = office.get(&format!("/v1/orders/{order}")).await;

        assert!(matches!(signing, Signing::Signed { .. }), "{signing:?}");
        assert!(unsent.len() == 2 && unsent.iter().all(|blob| blob.fate.is_none()), "{unsent:?}");
        assert_eq!(left, 0);
        assert!(online.blobs().await.unwrap().iter().all(|blob| blob.fate == Some(BlobFate::Sent)));
        let state = |order: &serde_json::Value| order["photos"][photo.to_string()]["state"].clone();
        assert_eq!((state(&before), state(&after)), ("on_its_way".into(), "stored".into()));
        let shown = online.blob_path(kept.sha256).unwrap().expect("the phone keeps what it took");
        assert_eq!(std::fs::read(shown).unwrap(), photo_bytes);
        let verdict = file::verify(&office.evidence(order).await);
        assert_eq!(verdict.mismatches, []);
        assert!(matches!(verdict.signing, Signing::Signed { .. }), "{:?}", verdict.signing);
        let sealed: Vec<_> = verdict.signatures.iter().map(|version| version.is_sealed).collect();
        assert_eq!(sealed, [true], "the key of the phone fits the record");
        office.close().await;
    }
}

#[tokio::test]
async fn a_damaged_or_removed_file_is_said_and_nothing_else_waits_for_it() {
    let office = Office::open(&harness::databases::sqlite()).await;
    let files = TemporaryDirectory::create("phone");
    let phone = office.phone(files.path()).await;
    phone.sync_now().await.unwrap();
    drop(phone);
    let offline = Client::open(config_asked_only(files.path(), NOWHERE)).unwrap();
    let mut kept = Vec::new();
    for number in 0..3 {
        kept.push(offline.keep_bytes(photo_like(10_000, 90 + number)).await.unwrap().sha256);
    }
    let path = |sha256| offline.blob_path(sha256).unwrap().unwrap();
    let (damaged, removed) = (path(kept[0]), path(kept[1]));
    drop(offline);
    let mut bytes = std::fs::read(&damaged).unwrap();
    bytes[5_000] ^= 1;
    std::fs::write(&damaged, bytes).unwrap();
    std::fs::remove_file(removed).unwrap();

    let online = Client::open(config_asked_only(files.path(), &office.url)).unwrap();
    let left = online.send_blobs().await.unwrap();

    let blobs = online.blobs().await.unwrap();
    let fate_of = |sha256| blobs.iter().find(|blob| blob.sha256 == sha256).unwrap().fate.clone();
    assert_eq!(left, 2);
    assert_eq!([fate_of(kept[0]), fate_of(kept[1])], [Some(BlobFate::Lost), Some(BlobFate::Lost)]);
    assert_eq!(fate_of(kept[2]), Some(BlobFate::Sent));
    office.close().await;
}
