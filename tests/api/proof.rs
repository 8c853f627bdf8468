//! What people outside see of an order: the page behind the QR code, and the evidence file.

use campo::orders::read_order::read_order;
use campo::proof::export_evidence::{Photos, export};
use campo::proof::verification_link::VerificationLink;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sync_core::evidence::{Signing, Snapshot, file};
use sync_core::ids::{EntryId, OrderId};

use super::support::{Admin, Answer, TestNode, each_node, text};
use super::upload_client::{hex_sha256, photo_like};

const TERMS: &str = "Confirmo que o serviço foi feito.";
const SIGNATURE: EntryId = EntryId::from_bytes([0x51; 16]);

/// An order with a material, signed by the customer.
struct SignedOrder {
    id: OrderId,
    path: String,
}

async fn command(node: &TestNode, admin: &Admin, path: &str, body: &Value) -> Answer {
    let done = node.post(&admin.token, &format!("{path}/commands"), body).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.body);
    done
}

async fn order_with_material(node: &TestNode, admin: &Admin) -> SignedOrder {
    let created = node.post(&admin.token, "/v1/orders", &json!({ "reason": "Não gela" })).await;
    let path = format!("/v1/orders/{}", text(&created.body["id"]));
    let line = json!({
        "command": "add_material", "line": EntryId::from_bytes([1; 16]), "description": "Capacitor <35 µF>",
        "quantity": "2", "price_minor": 4_990,
    });
    command(node, admin, &path, &line).await;
    SignedOrder { id: text(&created.body["id"]).parse().unwrap(), path }
}

async fn sign(node: &TestNode, admin: &Admin, order: &SignedOrder, extra: Value) {
    let shown = read_order(&node.app.orders, admin.caller(), order.id).await.unwrap().order;
    let mut signing = json!({
        "command": "sign", "signature": SIGNATURE, "signer_name": "Lúcia <b>Ferrari</b>", "document_kind": "cpf",
        "document_number": "529.982.247-25", "signer_role": "gerente", "heads": "",
        "snapshot": Snapshot::of(&shown, order.id, "pt-BR", TERMS).to_text(),
    });
    signing.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    command(node, admin, &order.path, &signing).await;
}

async fn page(node: &TestNode, admin: &Admin, order: &SignedOrder, language: &str) -> (StatusCode, String) {
    let link =
        VerificationLink { organization: admin.organization, order: order.id, signature: Some(SIGNATURE) };
    let token = link.to_token(&node.app.proof);
    let answer = node.send(node.request(Method::GET, &format!("/verify/{token}?lang={language}"))).await;
    (answer.status, text(&answer.body))
}

#[tokio::test]
async fn the_page_says_who_signed_which_version_and_that_nothing_changed() {
    for (node, admin, _database) in each_node().await {
        let order = order_with_material(&node, &admin).await;
        sign(&node, &admin, &order, json!({})).await;

        let (status, page) = page(&node, &admin, &order, "pt-BR").await;

        assert_eq!(status, StatusCode::OK);
        assert!(page.contains("Assinada. Nada do que foi assinado mudou desde então."), "{page}");
        assert!(page.contains("Lúcia &lt;b&gt;Ferrari&lt;/b&gt;"), "a name is a text, never markup");
        assert!(page.contains("••••••••725") && !page.contains("52998224725"));
        assert!(page.contains("Hora do servidor.") && page.contains("(America/Sao_Paulo)"));
        assert!(page.contains("Boa Vista"));
        assert!(!page.contains("<script"));
    }
}

#[tokio::test]
async fn the_page_names_each_covered_change_since_in_four_languages() {
    for (node, admin, _database) in each_node().await {
        let order = order_with_material(&node, &admin).await;
        sign(&node, &admin, &order, json!({})).await;
        let edit =
            json!({ "command": "change_material", "line": EntryId::from_bytes([1; 16]), "quantity": "3" });
        let changed = command(&node, &admin, &order.path, &edit).await;

        assert_eq!(changed.body["signing"]["state"], "needs_signature");
        let sentence = text(&changed.body["sentences"]["attention"][0]);
        assert_eq!(
            sentence,
            "Changed since it was signed: Quantity of \"Capacitor <35 µF>\": 2 became 3; Total: R$ 99.80 became R$ 149.70. \
             It needs a new signature."
        );
        for (language, words) in [
            ("en", ["Signed, and changed since", "Quantity of"]),
            ("pt-BR", ["Assinada e alterada depois", "Quantidade de"]),
            ("es", ["Firmada y modificada después", "Cantidad de"]),
            ("ro", ["Semnată și modificată ulterior", "Cantitate"]),
        ] {
            let (_, page) = page(&node, &admin, &order, language).await;
            for word in words {
                assert!(page.contains(word), "{language}: {word} is not in {page}");
            }
            assert!(page.contains("&lt;35 µF&gt;"));
        }
    }
}

#[tokio::test]
async fn a_refusal_is_shown_with_its_reason() {
    for (node, admin, _database) in each_node().await {
        let order = order_with_material(&node, &admin).await;
        sign(&node, &admin, &order, json!({ "refusal": "Preço acima do combinado" })).await;

        let (_, page) = page(&node, &admin, &order, "en").await;

        assert!(
            page.contains("The signature was refused") && page.contains("Preço acima do combinado"),
            "{page}"
        );
    }
}

#[tokio::test]
async fn a_token_that_nobody_made_shows_nothing() {
    for (node, admin, _database) in each_node().await {
        let order = order_with_material(&node, &admin).await;
        let link = VerificationLink { organization: admin.organization, order: order.id, signature: None };
        let token = link.to_token(&node.app.proof);
        let mut forged = vec![String::new(), "x".repeat(5_000), token[1..].to_owned()];
        for index in 0..token.len() {
            let other = if token.as_bytes()[index] == b'A' { "B" } else { "A" };
            forged.push(format!("{}{other}{}", &token[..index], &token[index + 1..]));
        }

        let unsigned = node.send(node.request(Method::GET, &format!("/verify/{token}"))).await;

        assert_eq!(unsigned.status, StatusCode::OK);
        assert!(text(&unsigned.body).contains("Not signed"));
        for token in forged {
            let answer = node.send(node.request(Method::GET, &format!("/verify/{token}"))).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{token}");
        }
    }
}

#[tokio::test]
async fn the_evidence_file_of_an_order_verifies_without_the_server() {
    // covers: C6
    for (node, admin, _database) in each_node().await {
        let order = order_with_material(&node, &admin).await;
        sign(&node, &admin, &order, json!({})).await;
        let reason = json!({ "command": "set_reason", "reason": "Não gela nada" });
        command(&node, &admin, &order.path, &reason).await;
        let request = node.request(Method::GET, &format!("{}/evidence", order.path));

        let exported = request.bearer_auth(&admin.token).send().await.unwrap().bytes().await.unwrap();

        let verdict = file::verify(&exported);
        assert_eq!(verdict.mismatches, []);
        assert_eq!(verdict.header.unwrap().order, order.id);
        assert_eq!(verdict.signatures.len(), 1);
        assert!(
            matches!(verdict.signing, Signing::NeedsSignature { differences, .. } if differences.len() == 1)
        );
        assert!(verdict.counts.changes >= 4 && verdict.counts.changes == verdict.counts.audit_links);
    }
}

#[tokio::test]
async fn the_evidence_file_carries_drawings_and_on_request_photos_and_any_changed_byte_is_found() {
    for (node, admin, _database) in each_node().await {
        let order = order_with_material(&node, &admin).await;
        let (photo, absent) = (photo_like(40_000, 61), photo_like(40_000, 62));
        let strokes = br#"{"campo_strokes":1,"width":300,"height":100,"strokes":[[[1,2,0,500]]]}"#;
        for (number, photo) in [(1, &photo), (2, &absent)] {
            let add = json!({
                "command": "add_photo", "photo": EntryId::from_bytes([0x70 + number; 16]), "stage": "after",
                "sha256": hex_sha256(photo), "size_bytes": photo.len(), "media_type": "image/jpeg",
            });
            command(&node, &admin, &order.path, &add).await;
        }
        sign(&node, &admin, &order, json!({ "strokes": hex_sha256(strokes) })).await;
        node.upload(&admin.token, &photo).await;
        node.upload(&admin.token, strokes).await;

        let export = |photos| export(&node.app, admin.organization, order.id, photos);
        let (by_name, whole) = (export(Photos::ByName).await.unwrap(), export(Photos::Whole).await.unwrap());

        let told = |file: &[u8]| {
            let verdict = file::verify(file);
            (verdict.mismatches.len(), verdict.counts.files, verdict.counts.files_named)
        };
        assert_eq!(told(&by_name), (0, 1, 2), "the drawing is there, two photos are named");
        assert_eq!(told(&whole), (0, 2, 1), "one photo has not arrived");
        let bytes = base64_of(&photo);
        let at = whole.windows(64).position(|part| part == &bytes.as_bytes()[..64]).unwrap();
        let mut forged = whole;
        forged[at + 30_000] ^= 1;
        assert_eq!(file::verify(&forged).mismatches.len(), 1);
    }
}

fn base64_of(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

#[tokio::test]
async fn only_the_offices_own_people_export_evidence() {
    for (node, admin, _database) in each_node().await {
        let order = order_with_material(&node, &admin).await;
        let path = format!("{}/evidence", order.path);
        let (_, technician) = node.add_user(&admin, "tech@example.com", "technician").await;
        let other = node.set_up_another("other@example.com").await;

        let by_technician = node.get(&technician, &path).await;
        let by_other = node.get(&other.token, &path).await;

        assert_eq!((by_technician.status.as_u16(), by_technician.code()), (403, "role_forbidden"));
        assert_eq!((by_other.status.as_u16(), by_other.code()), (404, "not_found"));
    }
}

#[tokio::test]
async fn a_signature_record_that_is_not_canonical_is_refused_and_nothing_is_stored() {
    for (node, admin, _database) in each_node().await {
        let order = order_with_material(&node, &admin).await;
        let signing = json!({
            "command": "sign", "signature": SIGNATURE, "signer_name": "Lúcia", "heads": "", "snapshot": "{}",
        });

        let refused = node.post(&admin.token, &format!("{}/commands", order.path), &signing).await;

        assert_eq!((refused.status.as_u16(), refused.code()), (422, "invalid"));
        let read = node.get(&admin.token, &order.path).await;
        assert_eq!(read.body["signatures"], json!({}));
    }
}
