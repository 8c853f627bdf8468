//! Labels on equipment: the sheet the office prints, and the page that whoever scans one sees.

use reqwest::{Method, StatusCode};
use serde_json::json;
use sync_core::equipment_label::EquipmentLabel;

use super::documents::each_printing_node;
use super::support::{Admin, TestNode, each_node, text};

async fn made(node: &TestNode, admin: &Admin, name: &str, code: &str) -> (String, String) {
    let customer = node.post(&admin.token, "/v1/customers", &json!({ "name": "Dona Maria Secreta" })).await;
    let equipment = json!({ "customer_id": customer.body["id"], "name": name, "code": code,
        "manufacturer": "Carrier", "model": "30RB", "serial": "SN-4419" });
    let equipment = node.post(&admin.token, "/v1/equipment", &equipment).await;
    assert_eq!(equipment.status, StatusCode::CREATED, "{}", equipment.body);
    (text(&customer.body["id"]), text(&equipment.body["id"]))
}

/// Status, type and bytes of an answer.
async fn fetched(node: &TestNode, token: Option<&str>, path: &str) -> (StatusCode, String, Vec<u8>) {
    let request = node.request(Method::GET, path);
    let request = token.into_iter().fold(request, |request, token| request.bearer_auth(token));
    let answer = request.send().await.unwrap();
    let kind = answer.headers()["content-type"].to_str().unwrap().to_owned();
    (answer.status(), kind, answer.bytes().await.unwrap().to_vec())
}

#[tokio::test]
async fn the_office_prints_labels_of_some_equipment_or_of_a_customer() {
    for (node, admin, _database) in each_printing_node().await {
        let (customer, one) = made(&node, &admin, "Chiller 2", "CH-02").await;
        let (_, other) = made(&node, &admin, "Elevador", "").await;
        let both = format!("equipment={one},{other}");
        for query in [
            both.clone(),
            format!("{both}&form=roll"),
            format!("customer={customer}&form=letter_30&skip=29&locale=ro"),
        ] {
            let path = format!("/v1/equipment-labels.pdf?{query}");
            let (status, kind, bytes) = fetched(&node, Some(&admin.token), &path).await;
            assert_eq!((status, kind.as_str()), (StatusCode::OK, "application/pdf"), "{query}");
            assert!(bytes.starts_with(b"%PDF-"), "{query}");
        }

        for (query, field) in [
            ("".to_owned(), "equipment"),
            (format!("equipment={customer}"), "equipment"),
            ("equipment=chiller".to_owned(), "equipment"),
            (format!("{both}&form=roll&skip=1"), "skip"),
            (format!("{both}&form=a3"), "form"),
        ] {
            let refused = node.get(&admin.token, &format!("/v1/equipment-labels.pdf?{query}")).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{query}: {}", refused.body);
            assert_eq!(refused.body["field"], field, "{query}: {}", refused.body);
        }
        let (_, token) = node.add_user(&admin, "tech@example.com", "technician").await;
        assert_eq!(fetched(&node, Some(&token), &format!("/v1/equipment-labels.pdf?{both}")).await.0, 403);
    }
}

#[tokio::test]
async fn whoever_scans_a_label_sees_what_it_is_and_whom_to_ask_and_nothing_else() {
    for (node, admin, _database) in each_node().await {
        let organization = node.get(&admin.token, "/v1/organization").await;
        let mut profile = organization.body.clone();
        profile["phone"] = json!("+551133334444");
        profile["email"] = json!("office@example.com");
        let kept = [
            "name",
            "legal_name",
            "tax_id",
            "tax_id_kind",
            "address",
            "phone",
            "email",
            "logo",
            "language",
            "currency",
            "zone",
        ];
        let fields: serde_json::Map<_, _> = profile
            .as_object()
            .unwrap()
            .iter()
            .filter(|(name, _)| kept.contains(&name.as_str()))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let saved = node.put(&admin.token, "/v1/organization", "\"1\"", &json!(fields)).await;
        assert_eq!(saved.status, StatusCode::OK, "{}", saved.body);
        let (_, id) = made(&node, &admin, "Chiller <2>", "CH-02").await;
        let label = EquipmentLabel { organization: admin.organization, equipment: id.parse().unwrap() };
        let path = format!("/e/{}?lang=pt-BR", label.to_code());

        let (status, kind, page) = fetched(&node, None, &path).await;

        let page = String::from_utf8(page).unwrap();
        assert_eq!((status, kind.as_str()), (StatusCode::OK, "text/html; charset=utf-8"));
        for shown in [
            "Chiller &lt;2&gt;",
            "Carrier, 30RB, nº SN-4419",
            "CH-02",
            "tel:+551133334444",
            "https://wa.me/551133334444?text=Ol%C3%A1",
            "mailto:office@example.com",
            "Pedir pelo WhatsApp",
        ] {
            assert!(page.contains(shown), "{shown}: {page}");
        }
        assert!(!page.contains("Secreta"), "whose it is is nobody's business");
        let elsewhere =
            EquipmentLabel { equipment: "00000000-0000-0000-0000-000000000009".parse().unwrap(), ..label };
        let nobody =
            EquipmentLabel { organization: "00000000-0000-0000-0000-000000000009".parse().unwrap(), ..label };
        for code in [elsewhere.to_code(), nobody.to_code(), "AAAA".to_owned()] {
            assert_eq!(fetched(&node, None, &format!("/e/{code}")).await.0, StatusCode::NOT_FOUND, "{code}");
        }
        let found = node.get(&admin.token, "/v1/equipment?barcode=CH-02").await;
        assert_eq!(found.body["rows"][0]["id"], json!(id), "{}", found.body);
        assert_eq!(node.get(&admin.token, "/v1/equipment?barcode=CH").await.body["rows"], json!([]));
    }
}
