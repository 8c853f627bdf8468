//! Files of other software: read whatever their encoding, tried, taken once, and what is wrong named by its row.

use campo::imports::{has_more, run_import};
use campo::jobs::{INSTALLATION, Job, enqueue, run_due_jobs};
use encoding_rs::WINDOWS_1252;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sync_core::ids::RecordId;

use super::support::{Admin, Answer, PASSWORD, TestNode, each_node, text};

/// Rows of one transaction, at least.
const BROKEN_ROWS: usize = 1_000;

async fn begin(node: &TestNode, token: &str, kind: &str, file: impl Into<Vec<u8>>) -> Answer {
    let request = node.request(Method::POST, &format!("/v1/imports?kind={kind}")).bearer_auth(token);
    node.send(request.header("content-type", "text/csv").body(file.into())).await
}

/// Brings a file with usual headings, takes it, and returns how it ended.
async fn take(node: &TestNode, admin: &Admin, kind: &str, file: impl Into<Vec<u8>>) -> Value {
    let begun = begin(node, &admin.token, kind, file).await;
    assert_eq!(begun.status, StatusCode::CREATED, "{}", begun.body);
    run(node, admin, &text(&begun.body["id"]), "run").await
}

/// The same, but only where every row can be taken.
async fn take_all_or_nothing(node: &TestNode, admin: &Admin, kind: &str, file: &str) -> Value {
    let begun = begin(node, &admin.token, kind, file).await;
    let mut settings = begun.body["settings"].clone();
    settings["on_error"] = json!("stop");
    let path = format!("/v1/imports/{}", text(&begun.body["id"]));
    let updated = node.put(&admin.token, &path, "\"1\"", &settings).await;
    assert_eq!(updated.status, StatusCode::OK, "{}", updated.body);
    run(node, admin, &text(&begun.body["id"]), "run").await
}

async fn run(node: &TestNode, admin: &Admin, id: &str, verb: &str) -> Value {
    let started = node.post(&admin.token, &format!("/v1/imports/{id}/{verb}"), &Value::Null).await;
    assert_eq!(started.status, StatusCode::ACCEPTED, "{}", started.body);
    run_due_jobs(&node.app).await.unwrap();
    let import = node.get(&admin.token, &format!("/v1/imports/{id}")).await.body;
    let jobs = node.get(&admin.token, "/v1/jobs").await.body;
    assert!(!matches!(import["state"].as_str(), Some("running" | "checking")), "{jobs}");
    import
}

fn counts(import: &Value) -> [i64; 4] {
    ["created", "changed", "unchanged", "refused"].map(|name| import["progress"][name].as_i64().unwrap())
}

async fn errors(node: &TestNode, admin: &Admin, import: &Value) -> Vec<Vec<String>> {
    let path = format!("/v1/imports/{}/errors", text(&import["id"]));
    let file = text(&node.get(&admin.token, &path).await.body);
    let file = file.trim_start_matches('\u{feff}');
    let delimiter = if file.lines().next().unwrap().contains(';') { b';' } else { b',' };
    let mut reader = csv::ReaderBuilder::new();
    reader.delimiter(delimiter).has_headers(false).flexible(true);
    reader
        .from_reader(file.as_bytes())
        .into_records()
        .map(|record| record.unwrap().iter().map(str::to_owned).collect())
        .collect()
}

async fn names(node: &TestNode, admin: &Admin, list: &str) -> Vec<String> {
    let rows = node.get(&admin.token, &format!("/v1/{list}?limit=200")).await.body["rows"].clone();
    rows.as_array().unwrap().iter().map(|row| text(&row["name"])).collect()
}

#[tokio::test]
async fn a_spreadsheet_is_understood_whatever_its_encoding_and_the_same_file_again_makes_nothing_new() {
    for (node, admin, _database) in each_node().await {
        let file = "Código;Nome;CPF/CNPJ;Telefone;E-mail\r\n\
            7;João Conceição;529.982.247-25;+55 11 98765-4321;joao@example.com\r\n\
            8;\"Padaria; Aurora\";;;\r\n";
        let (latin, ..) = WINDOWS_1252.encode(file);

        let begun = begin(&node, &admin.token, "customers", latin.to_vec()).await;
        let id = text(&begun.body["id"]);
        let checked = run(&node, &admin, &id, "check").await;
        let before = names(&node, &admin, "customers").await;
        let done = run(&node, &admin, &id, "run").await;
        let again = take(&node, &admin, "customers", file).await;
        let changed = take(&node, &admin, "customers", file.replace("Aurora", "Alvorada")).await;

        assert_eq!(begun.body["settings"]["separator"], "semicolon");
        assert_eq!(begun.body["columns"][0], "Código");
        assert_eq!(begun.body["preview"][0][1], "João Conceição");
        assert_eq!(begun.body["settings"]["mapping"]["CPF/CNPJ"], "tax_id");
        assert_eq!(
            (checked["state"].as_str(), counts(&checked)),
            (Some("checked"), [2, 0, 0, 0]),
            "{checked}"
        );
        assert_eq!(before, Vec::<String>::new(), "a check keeps nothing");
        assert_eq!((done["state"].as_str(), counts(&done)), (Some("done"), [2, 0, 0, 0]), "{done}");
        assert_eq!(counts(&again), [0, 0, 2, 0]);
        assert_eq!(counts(&changed), [0, 1, 1, 0]);
        assert_eq!(names(&node, &admin, "customers").await, ["João Conceição", "Padaria; Alvorada"]);
        let rows = node.get(&admin.token, "/v1/customers").await.body["rows"].clone();
        assert_eq!((&rows[0]["tax_id"], &rows[0]["tax_id_kind"]), (&json!("52998224725"), &json!("cpf")));
        assert_eq!(rows[0]["phone"], "+5511987654321");
        node.stop().await;
    }
}

#[tokio::test]
async fn sites_equipment_articles_and_open_orders_find_what_they_belong_to() {
    for (node, admin, _database) in each_node().await {
        let (technician, _) = node.add_user(&admin, "ion@example.com", "technician").await;
        take(&node, &admin, "customers", "id,name,cpf\n7,João,529.982.247-25\n").await;
        let sites = take(&node, &admin, "sites", "id,customer,name,city,lat,lon\n1,7,Casa,Santos,-23.5,-46.6\n2,529.982.247-25,Loja,,,\n3,99,Nada,,,\n").await;
        let equipment = take(&node, &admin, "equipment", "id,customer,site,name,serie,installed_on\nE1,7,1,Fridge,SN1,2024-02-29\nE2,7,,Oven,,31/02/2024\n").await;
        let items = take(
            &node,
            &admin,
            "catalogue_items",
            "sku,name,unit,price,type\nA1,Compressor,un,1234.50,peça\nB2,Labour,h,80,service\nC3,Bad,un,x,\n",
        )
        .await;
        let orders = "id,customer,site,reason,priority,scheduled,tecnico\nO1,7,1,no cooling,alta,2027-01-15 14:30,ion@example.com\nO2,7,,hums,,,nobody@example.com\n";
        let taken = take(&node, &admin, "orders", orders).await;
        let again = take(&node, &admin, "orders", orders).await;

        assert_eq!(counts(&sites), [2, 0, 0, 1], "{sites}");
        assert_eq!(
            errors(&node, &admin, &sites).await[1][..3],
            ["4", "customer_id", "customer_id names 99, which is not here. Import that first."]
        );
        assert_eq!(counts(&equipment), [1, 0, 0, 1], "{equipment}");
        assert!(errors(&node, &admin, &equipment).await[1][2].contains("31/02/2024, which is no day"));
        assert_eq!(counts(&items), [2, 0, 0, 1], "{items}");
        let articles = node.get(&admin.token, "/v1/catalogue-items").await.body["rows"].clone();
        assert_eq!(
            (&articles[0]["price_minor"], &articles[0]["kind"]),
            (&json!(123_450), &json!("material"))
        );
        assert_eq!(counts(&taken), [1, 0, 0, 1], "{taken}");
        assert_eq!(counts(&again), [0, 0, 1, 1], "{again}");
        let listed = node.get(&admin.token, "/v1/orders").await.body["orders"].clone();
        assert_eq!(listed.as_array().unwrap().len(), 1);
        assert_eq!((&listed[0]["customer_name"], &listed[0]["priority"]), (&json!("João"), &json!("high")));
        assert_eq!(listed[0]["assignees"][&technician], "lead");
        node.stop().await;
    }
}

#[tokio::test]
async fn a_thousand_broken_rows_are_named_one_by_one_and_the_others_are_taken() {
    for (node, admin, _database) in each_node().await {
        let mut file = String::from("id,name,cpf,email\n");
        let mut broken = Vec::new();
        for row in 2..2 + 3 * BROKEN_ROWS {
            let line = match row % 12 {
                0 => format!("{row},Ana,529.982.247-26,\n"),
                3 => format!("{row},Ana,,no mail\n"),
                6 => format!("{row},,,\n"),
                9 => format!("{row},Ana,,,,\n"),
                _ => format!("{row},Ana {row},,\n"),
            };
            if row % 3 == 0 {
                broken.push(row.to_string());
            }
            file.push_str(&line);
        }
        // The name of an earlier row again, and one that looks like a formula.
        file.push_str("2,Ana again,,\nF,=1+1,,\n");

        let done = take(&node, &admin, "customers", file).await;

        let errors = errors(&node, &admin, &done).await;
        assert_eq!(
            counts(&done),
            [2 * BROKEN_ROWS as i64 + 1, 0, 0, BROKEN_ROWS as i64 + 1],
            "{}",
            done["progress"]
        );
        let named: Vec<_> = errors[1..=BROKEN_ROWS].iter().map(|row| row[0].clone()).collect();
        assert_eq!(named, broken);
        let reason = |row: usize| {
            errors.iter().find(|error| error[0] == row.to_string()).map(|error| error[2].clone()).unwrap()
        };
        assert_eq!(reason(12), "The check digits of tax_id do not fit.");
        assert_eq!(reason(3), "The field email has another form than expected.");
        assert_eq!(reason(6), "The field name is missing.");
        assert_eq!(reason(9), "The number of columns is not that of the headings.");
        assert_eq!(errors.last().unwrap()[2], "The same external_id stands in row 2 already.");
        assert_eq!(errors[1][3..], ["3", "Ana", "", "no mail"], "the row as it was written");
        node.stop().await;
    }
}

#[tokio::test]
async fn a_name_is_of_one_row_however_it_is_guarded_and_is_no_tax_number_of_its_own_kind() {
    for (node, admin, _database) in each_node().await {
        let first = "id,name,cpf\n-5,Ana,529.982.247-25\n'-5,Rui,\n";
        let first = take(&node, &admin, "customers", first).await;
        let second = take(&node, &admin, "customers", "id,name\n52998224725,Eva\n'-5,Bia\n").await;

        assert_eq!(counts(&first), [1, 0, 0, 1], "{first}");
        let refused = errors(&node, &admin, &first).await;
        assert_eq!(refused[1][2], "The same external_id stands in row 2 already.");
        assert_eq!(counts(&second), [1, 1, 0, 0], "{second}");
        assert_eq!(names(&node, &admin, "customers").await, ["Bia", "Eva"]);
        node.stop().await;
    }
}

#[tokio::test]
async fn a_dry_run_of_orders_says_what_the_real_one_would_and_all_or_nothing_holds_for_orders_too() {
    for (node, admin, _database) in each_node().await {
        take(&node, &admin, "customers", "id,name\n7,João\n").await;
        let kind = node
            .post(&admin.token, "/v1/order-kinds", &json!({ "key": "old", "name": { "en": "Old" } }))
            .await;
        let path = format!("/v1/order-kinds/{}", text(&kind.body["id"]));
        node.delete(&admin.token, &path, &kind.etag.unwrap()).await;
        let good = "id,customer,reason,kind\nO1,7,no cooling,\n";
        take(&node, &admin, "orders", good).await;
        let file = "id,customer,reason,kind\nO1,7,no cooling,\nO2,7,hums,old\nO3,7,drips,\n";

        let checked = take_all_or_nothing(&node, &admin, "orders", file).await;

        assert_eq!(
            (checked["state"].as_str(), counts(&checked)),
            (Some("refused"), [1, 0, 1, 1]),
            "{checked}"
        );
        assert_eq!(errors(&node, &admin, &checked).await[1][1..3], ["kind", "Please check the field kind."]);
        let listed = node.get(&admin.token, "/v1/orders").await.body["orders"].clone();
        assert_eq!(listed.as_array().unwrap().len(), 1, "nothing of the file is taken");
        node.stop().await;
    }
}

#[tokio::test]
async fn all_or_nothing_takes_nothing_of_a_file_with_a_broken_row_and_everything_once_it_is_mended() {
    for (node, admin, _database) in each_node().await {
        let refused = take_all_or_nothing(&node, &admin, "customers", "id,name\n1,Ana\n2,\n").await;
        let none = names(&node, &admin, "customers").await;
        let taken = take_all_or_nothing(&node, &admin, "customers", "id,name\n1,Ana\n2,Bia\n").await;

        assert_eq!((refused["state"].as_str(), none.len()), (Some("refused"), 0), "{refused}");
        assert_eq!((taken["state"].as_str(), counts(&taken)), (Some("done"), [2, 0, 0, 0]), "{taken}");
        assert_eq!(names(&node, &admin, "customers").await, ["Ana", "Bia"]);
        node.stop().await;
    }
}

#[tokio::test]
async fn what_cannot_be_imported_is_said_before_anything_is_taken() {
    for (node, admin, _database) in each_node().await {
        let (_, technician) = node.add_user(&admin, "ion@example.com", "technician").await;
        let stranger = node.set_up_another("else@example.com").await;
        let begun = begin(&node, &admin.token, "customers", "Chave,Quem\n1,Ana\n").await;
        let path = format!("/v1/imports/{}", text(&begun.body["id"]));
        let settings = |mapping: Value| {
            let mut settings = begun.body["settings"].clone();
            settings["mapping"] = mapping;
            settings
        };

        let unmapped = node.post(&admin.token, &format!("{path}/run"), &Value::Null).await;
        let unknown =
            node.put(&admin.token, &path, "\"1\"", &settings(json!({ "Chave": "shoe_size" }))).await;
        let twice = node
            .put(&admin.token, &path, "\"1\"", &settings(json!({ "Chave": "name", "Quem": "name" })))
            .await;
        let mapping = json!({ "Chave": "external_id", "Quem": "name" });
        let mapped = node.put(&admin.token, &path, "\"1\"", &settings(mapping.clone())).await;
        let stale = node.put(&admin.token, &path, "\"1\"", &settings(mapping)).await;
        let done = run(&node, &admin, &text(&begun.body["id"]), "run").await;
        let over = node.post(&admin.token, &format!("{path}/run"), &Value::Null).await;

        assert_eq!(begun.body["settings"]["mapping"], json!({}));
        assert_eq!((unmapped.code(), unmapped.body["field"].as_str()), ("invalid", Some("mapping")));
        assert_eq!((unknown.code(), twice.code(), stale.code()), ("invalid", "invalid", "stale"));
        assert_eq!(mapped.status, StatusCode::OK, "{}", mapped.body);
        assert_eq!(counts(&done), [1, 0, 0, 0]);
        assert_eq!(over.code(), "invalid");
        for file in ["", "id,name\n", "\n\n"] {
            assert_eq!(begin(&node, &admin.token, "customers", file).await.code(), "invalid", "{file:?}");
        }
        assert_eq!(begin(&node, &technician, "customers", "id,name\n1,Ana\n").await.code(), "role_forbidden");
        assert_eq!(begin(&node, &admin.token, "planets", "id,name\n1,Ana\n").await.status.as_u16() / 100, 4);
        assert_eq!(node.get(&stranger.token, &path).await.code(), "not_found");
        assert_eq!(node.get(&stranger.token, &format!("{path}/errors")).await.code(), "not_found");
        node.stop().await;
    }
}

#[tokio::test]
async fn a_cancelled_import_stops_and_what_was_taken_stays() {
    for (node, admin, _database) in each_node().await {
        let begun = begin(&node, &admin.token, "customers", "id,name\n1,Ana\n").await;
        let id = text(&begun.body["id"]);
        node.post(&admin.token, &format!("/v1/imports/{id}/run"), &Value::Null).await;

        let cancelled = node.post(&admin.token, &format!("/v1/imports/{id}/cancel"), &Value::Null).await;
        run_due_jobs(&node.app).await.unwrap();

        assert_eq!(cancelled.body["state"], "cancelled");
        assert_eq!(names(&node, &admin, "customers").await, Vec::<String>::new());
        let record: RecordId = id.parse().unwrap();
        run_import(&node.app, admin.organization, record).await.unwrap();
        let mut tx = node.app.store.begin_read(admin.organization).await.unwrap();
        assert!(!has_more(&mut tx, record).await.unwrap());
        node.stop().await;
    }
}

#[tokio::test]
async fn the_file_of_an_import_is_gone_after_a_month_and_its_figures_stay() {
    for (node, admin, _database) in each_node().await {
        let done = take(&node, &admin, "customers", "id,name\n1,Ana\n2,\n").await;
        let path = format!("/v1/imports/{}", text(&done["id"]));
        node.clock.advance_ms(31 * 24 * 3_600_000);
        let admin = Admin {
            token: text(&node.sign_in("ana@example.com", PASSWORD).await.body["access_token"]),
            ..admin
        };
        let mut tx = node.app.store.begin_write(INSTALLATION).await.unwrap();
        enqueue(&mut tx, &Job::ExpireUploads, "test", node.clock.now()).await.unwrap();
        tx.commit().await.unwrap();

        run_due_jobs(&node.app).await.unwrap();

        let listed = node.get(&admin.token, "/v1/imports").await.body["rows"][0].clone();
        assert_eq!((listed["state"].as_str(), counts(&listed)), (Some("expired"), [1, 0, 0, 1]));
        assert_eq!(node.get(&admin.token, &path).await.code(), "gone");
        assert_eq!(node.get(&admin.token, &format!("{path}/errors")).await.code(), "gone");
        node.stop().await;
    }
}
