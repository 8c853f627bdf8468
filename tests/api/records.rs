//! Customers, contacts, sites and catalogue items: written by the office, paged, versioned, told to phones.

use campo::store::reference_rows;
use reqwest::Method;
use serde_json::{Value, json};

use super::support::{Admin, TestNode, each_node, text};
use super::upload_client::{hex_sha256, photo_like};

/// A good body for each kind of record.
async fn bodies(node: &TestNode, admin: &Admin) -> [(&'static str, Value); 5] {
    let customer = node.post(&admin.token, "/v1/customers", &json!({ "name": "Base" })).await;
    let id = &customer.body["id"];
    [
        ("/v1/customers", json!({ "name": "Condomínio São João" })),
        ("/v1/contacts", json!({ "customer_id": id, "name": "João", "phone": "+55 11 98765-4321" })),
        ("/v1/sites", json!({ "customer_id": id, "name": "Torre A", "latitude": -23.5, "longitude": -46.6 })),
        ("/v1/equipment", json!({ "customer_id": id, "name": "Chiller 2", "serial": "4419-C" })),
        (
            "/v1/catalogue-items",
            json!({ "kind": "material", "code": "C-1", "name": "Cabo", "unit": "m", "price_minor": 1250 }),
        ),
    ]
}

#[tokio::test]
async fn a_record_is_created_read_updated_and_archived() {
    for (node, admin, _database) in each_node().await {
        for (path, body) in bodies(&node, &admin).await {
            let created = node.post(&admin.token, path, &body).await;
            assert_eq!(
                (created.status.as_u16(), created.etag.as_deref()),
                (201, Some("\"1\"")),
                "{}",
                created.body
            );
            let one = format!("{path}/{}", text(&created.body["id"]));
            assert_eq!(node.get(&admin.token, &one).await.body, created.body);

            let mut change = body.clone();
            change["name"] = json!("Outro nome");
            let updated = node.put(&admin.token, &one, "\"1\"", &change).await;
            assert_eq!((updated.status.as_u16(), updated.etag.as_deref()), (200, Some("\"2\"")));

            let archived = node.delete(&admin.token, &one, "\"2\"").await;
            assert_eq!((archived.status.as_u16(), &archived.body["archived"]), (200, &json!(true)));
            let listed = node.get(&admin.token, &format!("{path}?q=outro")).await;
            assert_eq!(listed.body["rows"], json!([]), "{path}");
            let with_archived = node.get(&admin.token, &format!("{path}?q=OUTRO&archived=true")).await;
            assert_eq!(with_archived.body["rows"][0]["version"], json!(3), "{path}");
        }
    }
}

#[tokio::test]
async fn a_write_from_an_older_state_gets_the_current_one_and_changes_nothing() {
    for (node, admin, _database) in each_node().await {
        for (path, body) in bodies(&node, &admin).await {
            let created = node.post(&admin.token, path, &body).await;
            let one = format!("{path}/{}", text(&created.body["id"]));
            node.put(&admin.token, &one, "\"1\"", &body).await;

            let stale = node.put(&admin.token, &one, "\"1\"", &body).await;
            let blind = node
                .send(node.request(reqwest::Method::PUT, &one).bearer_auth(&admin.token).json(&body))
                .await;

            assert_eq!((stale.status.as_u16(), stale.code()), (409, "stale"));
            assert_eq!(stale.body["current"]["version"], json!(2));
            assert_eq!((blind.status.as_u16(), blind.body["field"].as_str()), (422, Some("If-Match")));
            assert_eq!(node.get(&admin.token, &one).await.body["version"], json!(2));
        }
    }
}

#[tokio::test]
async fn every_write_reaches_the_phones_sequence_without_a_gap() {
    for (node, admin, _database) in each_node().await {
        let mut kinds = Vec::new();
        for (path, body) in bodies(&node, &admin).await {
            let created = node.post(&admin.token, path, &body).await;
            let one = format!("{path}/{}", text(&created.body["id"]));
            node.delete(&admin.token, &one, "\"1\"").await;
            kinds.push(created.body["id"].clone());
        }

        let mut tx = node.app.store.begin_read(admin.organization).await.unwrap();
        let head = reference_rows::head(&mut tx).await.unwrap();
        let rows = reference_rows::list_after(&mut tx, 0, head, 100).await.unwrap();

        assert_eq!(head, 13, "organization, admin, one customer, and two writes for each of five kinds");
        let positions: Vec<_> = rows.iter().map(|row| (row.kind.as_str(), row.seq, row.deleted)).collect();
        assert_eq!(
            positions,
            [
                ("organization", 1, false),
                ("user", 2, false),
                ("customer", 3, false),
                ("customer", 5, true),
                ("contact", 7, true),
                ("site", 9, true),
                ("equipment", 11, true),
                ("catalogue_item", 13, true),
            ]
        );
        let site: Value = serde_json::from_str(&rows[5].body).unwrap();
        assert_eq!((&site["latitude"], &site["id"]), (&json!(-23.5), &kinds[2]));
    }
}

#[tokio::test]
async fn pages_neither_repeat_nor_hide_a_row_while_others_write() {
    for (node, admin, _database) in each_node().await {
        for number in 0..25 {
            let name = format!("Cliente {number:02}");
            node.post(&admin.token, "/v1/customers", &json!({ "name": name })).await;
        }

        let mut seen = Vec::new();
        let mut path = "/v1/customers?limit=10&q=cliente".to_owned();
        loop {
            let page = node.get(&admin.token, &path).await;
            seen.extend(page.body["rows"].as_array().unwrap().iter().map(|row| text(&row["name"])));
            node.post(&admin.token, "/v1/customers", &json!({ "name": "Cliente 00b" })).await;
            match page.body["next_page"].as_str() {
                Some(next) => path = format!("/v1/customers?limit=10&q=cliente&page={next}"),
                None => break,
            }
        }

        seen.retain(|name| name != "Cliente 00b");
        assert_eq!(seen, (0..25).map(|number| format!("Cliente {number:02}")).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn fields_that_cannot_be_are_refused_by_name() {
    for (node, admin, _database) in each_node().await {
        let [(_, customer), (_, contact), (_, site), (_, equipment), (_, item)] = bodies(&node, &admin).await;
        node.post(&admin.token, "/v1/catalogue-items", &item).await;
        let unknown = json!("00000000-0000-0000-0000-000000000009");
        for (path, base, field, value, named) in [
            ("/v1/customers", &customer, "name", json!(" "), "name"),
            ("/v1/customers", &customer, "tax_id", json!("x".repeat(40)), "tax_id"),
            ("/v1/customers", &customer, "email", json!("no"), "email"),
            ("/v1/customers", &customer, "name", json!("a\u{0}b"), "name"),
            ("/v1/contacts", &contact, "customer_id", unknown.clone(), "customer_id"),
            ("/v1/contacts", &contact, "phone", json!("12"), "phone"),
            ("/v1/sites", &site, "latitude", json!(91), "latitude"),
            ("/v1/sites", &site, "longitude", Value::Null, "longitude"),
            ("/v1/sites", &site, "country", json!("Brasil"), "country"),
            ("/v1/equipment", &equipment, "site_id", unknown.clone(), "site_id"),
            ("/v1/equipment", &equipment, "parent_id", unknown.clone(), "parent_id"),
            ("/v1/equipment", &equipment, "installed_on", json!("2023-02-29"), "installed_on"),
            ("/v1/catalogue-items", &item, "code", json!("C-1"), "code"),
            ("/v1/catalogue-items", &item, "price_minor", json!(-1), "price_minor"),
            ("/v1/catalogue-items", &item, "price_minor", json!(12.5), "body"),
            ("/v1/catalogue-items", &item, "kind", json!("gift"), "body"),
            ("/v1/catalogue-items", &item, "colour", json!("red"), "body"),
        ] {
            let mut body = base.clone();
            body[field] = value;

            let refused = node.post(&admin.token, path, &body).await;

            assert_eq!(
                (refused.status.as_u16(), refused.body["field"].as_str()),
                (422, Some(named)),
                "{body}"
            );
        }
    }
}

#[tokio::test]
async fn technicians_and_viewers_read_and_do_not_write() {
    for (node, admin, _database) in each_node().await {
        for role in ["technician", "viewer"] {
            let (_, token) = node.add_user(&admin, &format!("{role}@example.com"), role).await;

            let read = node.get(&token, "/v1/customers").await;
            let written = node.post(&token, "/v1/customers", &json!({ "name": "X" })).await;

            assert_eq!((read.status.as_u16(), written.code()), (200, "role_forbidden"));
        }
    }
}

#[tokio::test]
async fn equipment_is_a_part_of_other_equipment_of_the_same_customer_and_never_of_itself() {
    for (node, admin, _database) in each_node().await {
        let mut customers = Vec::new();
        for name in ["Hospital", "Clube"] {
            let customer = node.post(&admin.token, "/v1/customers", &json!({ "name": name })).await;
            customers.push(customer.body["id"].clone());
        }
        let site = json!({ "customer_id": customers[1], "name": "Sede" });
        let site = node.post(&admin.token, "/v1/sites", &site).await;
        let body = |name: &str, extra: Value| {
            let mut body = json!({ "customer_id": customers[0], "name": name });
            body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
            body
        };
        let post = async |body: Value| node.post(&admin.token, "/v1/equipment", &body).await;
        let whole = post(body("Chiller", json!({}))).await.body;
        let part = post(body("Compressor", json!({ "parent_id": whole["id"] }))).await;

        let others_site = post(body("Bomba", json!({ "site_id": site.body["id"] }))).await;
        let mut of_other = body("Válvula", json!({ "parent_id": whole["id"] }));
        of_other["customer_id"] = customers[1].clone();
        let of_other = post(of_other).await;
        let path = format!("/v1/equipment/{}", text(&whole["id"]));
        let of_its_part = body("Chiller", json!({ "parent_id": part.body["id"] }));
        let circle = node.put(&admin.token, &path, "\"1\"", &of_its_part).await;
        let listed = node.get(&admin.token, &format!("/v1/equipment?customer={}", text(&customers[0]))).await;

        assert_eq!(part.status, 201, "{}", part.body);
        for (refused, field) in [(others_site, "site_id"), (of_other, "parent_id"), (circle, "parent_id")] {
            assert_eq!((refused.status.as_u16(), refused.body["field"].as_str()), (422, Some(field)));
        }
        let names: Vec<_> =
            listed.body["rows"].as_array().unwrap().iter().map(|row| text(&row["name"])).collect();
        assert_eq!(names, ["Chiller", "Compressor"]);
    }
}

#[tokio::test]
async fn a_scanned_barcode_finds_its_article_and_nothing_like_it() {
    for (node, admin, _database) in each_node().await {
        for (code, barcode) in [("A", "7891000100103"), ("B", "78910001001"), ("C", "")] {
            let item = json!({ "kind": "material", "code": code, "name": code, "unit": "un", "price_minor": 1,
                "barcode": barcode });
            node.post(&admin.token, "/v1/catalogue-items", &item).await;
        }

        let found = node.get(&admin.token, "/v1/catalogue-items?barcode=78910001001").await;
        let unknown = node.get(&admin.token, "/v1/catalogue-items?barcode=1").await;

        let codes: Vec<_> =
            found.body["rows"].as_array().unwrap().iter().map(|row| text(&row["code"])).collect();
        assert_eq!(codes, ["B"]);
        assert_eq!(unknown.body["rows"], json!([]));
    }
}

#[tokio::test]
async fn a_question_with_a_zero_byte_is_refused_by_name() {
    for (node, admin, _database) in each_node().await {
        for (path, named) in [("/v1/customers?q=a%00b", "q"), ("/v1/catalogue-items?barcode=%00", "barcode")]
        {
            let refused = node.get(&admin.token, path).await;

            assert_eq!(
                (refused.status.as_u16(), refused.body["field"].as_str()),
                (422, Some(named)),
                "{path}"
            );
        }
    }
}

#[tokio::test]
async fn a_tax_number_says_who_a_customer_is_and_wrong_check_digits_are_named() {
    for (node, admin, _database) in each_node().await {
        let make = async |fields: Value| node.post(&admin.token, "/v1/customers", &fields).await;
        let numbers = [
            (json!({ "tax_id": "529.982.247-25" }), "cpf", json!("person")),
            (json!({ "tax_id": "11.222.333/0001-81" }), "cnpj", json!("company")),
            (json!({ "tax_id": "RO14399840" }), "cui", json!("company")),
            (json!({ "tax_id": "1800101221144" }), "cnp", json!("person")),
            (json!({ "tax_id": "30-71659554-9", "tax_id_kind": "other" }), "other", json!(null)),
            (
                json!({ "tax_id": "30-71659554-9", "tax_id_kind": "other", "kind": "company" }),
                "other",
                json!("company"),
            ),
        ];
        for (mut fields, tax_id_kind, kind) in numbers {
            fields["name"] = json!("Ana");
            let made = make(fields.clone()).await;
            assert_eq!(made.status.as_u16(), 201, "{}", made.body);
            assert_eq!(
                (&made.body["tax_id_kind"], &made.body["kind"]),
                (&json!(tax_id_kind), &kind),
                "{fields}"
            );
        }
        let wrong = [
            ("529.982.247-26", json!(null)),
            ("11.222.333/0001-82", json!(null)),
            ("52998224726", json!("cpf")),
            ("14399841", json!("cui")),
            ("1800101221145", json!("cnp")),
        ];
        for (number, kind) in wrong {
            let refused = make(json!({ "name": "Ana", "tax_id": number, "tax_id_kind": kind })).await;
            assert_eq!(
                (refused.status.as_u16(), &refused.body["field"]),
                (422, &json!("tax_id")),
                "{number}"
            );
            assert_eq!(refused.body["detail"], "The check digits of tax_id do not fit.", "{number}");
        }
    }
}

#[tokio::test]
async fn a_scan_and_a_logo_are_read_back_by_those_who_may_and_have_to_be_here() {
    for (node, admin, _database) in each_node().await {
        let (_, technician) = node.add_user(&admin, "tech@example.com", "technician").await;
        let (scan, logo) = (photo_like(64, 1), photo_like(96, 2));
        let customer = node.post(&admin.token, "/v1/customers", &json!({ "name": "Ana" })).await;
        let eye = json!({ "sphere": "-1" });
        let prescription = json!({ "customer_id": customer.body["id"], "prescriber": "Dra. Paz", "issued_on": "2026-01-10",
            "due_on": "2028-01-10", "right": eye, "left": eye, "scan": hex_sha256(&scan) });
        let profile = node.get(&admin.token, "/v1/organization").await;
        let fields = |logo: &str| {
            let body = &profile.body;
            json!({ "name": body["name"], "currency": body["currency"], "zone": body["zone"], "logo": logo })
        };
        let etag = profile.etag.clone().unwrap();

        let too_early = node.post(&admin.token, "/v1/prescriptions", &prescription).await;
        let no_logo = node.put(&admin.token, "/v1/organization", &etag, &fields(&hex_sha256(&logo))).await;
        node.upload(&admin.token, &scan).await;
        node.upload(&admin.token, &logo).await;
        let made = node.post(&admin.token, "/v1/prescriptions", &prescription).await;
        let changed = node.put(&admin.token, "/v1/organization", &etag, &fields(&hex_sha256(&logo))).await;
        let path = format!("/v1/prescriptions/{}/scan", text(&made.body["id"]));
        let read = async |path: &str, token: &str| {
            let response = node.request(Method::GET, path).bearer_auth(token).send().await.unwrap();
            (response.status().as_u16(), response.bytes().await.unwrap().to_vec())
        };

        assert_eq!((too_early.status.as_u16(), &too_early.body["field"]), (422, &json!("scan")));
        assert_eq!((no_logo.status.as_u16(), &no_logo.body["field"]), (422, &json!("logo")));
        assert_eq!(
            (made.status.as_u16(), changed.status.as_u16()),
            (201, 200),
            "{} {}",
            made.body,
            changed.body
        );
        assert_eq!(read(&path, &admin.token).await, (200, scan));
        assert_eq!(read(&path, &technician).await.0, 403);
        assert_eq!(read("/v1/organization/logo", &technician).await, (200, logo));
    }
}
