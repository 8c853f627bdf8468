//! The audit chain grows with every deed and shows every tampering.

use campo::audit::{ChainVerdict, verify_chain};
use harness::databases::{DatabaseKind, TestDatabase};
use reqwest::StatusCode;
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection};

use super::support::{Admin, Answer, TestNode, each_node, text};

async fn verdict(node: &TestNode, admin: &Admin) -> ChainVerdict {
    let mut tx = node.app.store.begin_read(admin.organization).await.unwrap();
    verify_chain(&mut tx).await.unwrap()
}

/// Changes the database behind the server's back.
pub async fn tamper(database: &TestDatabase, statement: &str) {
    match database.kind() {
        DatabaseKind::Sqlite => {
            let mut connection = sqlx::SqliteConnection::connect(database.url()).await.unwrap();
            sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection).await.unwrap();
        }
        DatabaseKind::Postgres => {
            let mut connection = sqlx::PgConnection::connect(database.url()).await.unwrap();
            let statement = format!("SET campo.system = 'on'; {statement}");
            sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection).await.unwrap();
        }
    }
}

// covers: F21
#[tokio::test]
async fn a_changed_deleted_or_cut_off_link_is_named_by_its_position() {
    for statement in [
        ("UPDATE audit SET action = 'customer.read' WHERE seq = 3", 3),
        ("UPDATE audit SET at = at + 1 WHERE seq = 2", 2),
        ("UPDATE audit SET user_id = NULL WHERE seq = 4", 4),
        ("DELETE FROM audit WHERE seq = 3", 3),
        ("DELETE FROM audit WHERE seq >= 5", 5),
        ("UPDATE audit SET seq = 99 WHERE seq = 4", 4),
    ] {
        for (node, admin, database) in each_node().await {
            for number in 0..5 {
                node.post(&admin.token, "/v1/customers", &json!({ "name": format!("C{number}") })).await;
            }
            assert_eq!(verdict(&node, &admin).await, ChainVerdict::Whole { links: 6 });

            tamper(&database, statement.0).await;

            assert_eq!(verdict(&node, &admin).await, ChainVerdict::BrokenAt(statement.1), "{}", statement.0);
        }
    }
}

// covers: E14
#[tokio::test]
async fn without_its_audit_row_a_deed_does_not_happen() {
    for (node, admin, database) in each_node().await {
        tamper(&database, "ALTER TABLE audit RENAME TO audit_elsewhere").await;

        let refused = node.post(&admin.token, "/v1/customers", &json!({ "name": "X" })).await;

        assert_eq!((refused.status.as_u16(), refused.code()), (500, "internal"));
        assert_eq!(refused.body["detail"], json!("Something went wrong on our side. It has been recorded."));
        assert_eq!(node.get(&admin.token, "/v1/customers").await.body["rows"], json!([]));
    }
}

#[tokio::test]
async fn an_admin_reads_who_did_what_newest_first_and_page_after_page() {
    for (node, admin, _database) in each_node().await {
        for number in 0..5 {
            node.post(&admin.token, "/v1/customers", &json!({ "name": format!("C{number}") })).await;
        }
        node.post(&admin.token, "/v1/skills", &json!({ "name": "Gas" })).await;

        let mut seen = Vec::new();
        let mut path = "/v1/audit-entries?limit=2&action=customer.create".to_owned();
        loop {
            let page = node.get(&admin.token, &path).await;
            assert_eq!(page.status, StatusCode::OK, "{}", page.body);
            let rows = page.body["rows"].as_array().unwrap();
            seen.extend(rows.iter().map(|row| row["seq"].as_i64().unwrap()));
            assert!(rows.iter().all(|row| row["user_name"] == "Ana" && row["action"] == "customer.create"));
            let Some(next) = page.body["next_page"].as_str() else { break };
            path = format!("/v1/audit-entries?limit=2&action=customer.create&page={next}");
        }
        let of_kind = node.get(&admin.token, "/v1/audit-entries?action=customer").await;
        let of_part_of_a_kind = node.get(&admin.token, "/v1/audit-entries?action=cust").await;
        let later = node.clock.now().0 + 1;
        let in_future = node.get(&admin.token, &format!("/v1/audit-entries?from={later}")).await;
        let customer = text(&of_kind.body["rows"][0]["subject"]);
        let of_subject = node.get(&admin.token, &format!("/v1/audit-entries?subject={customer}")).await;
        let nobody = "/v1/audit-entries?user=00000000-0000-0000-0000-000000000000";
        let of_nobody = node.get(&admin.token, nobody).await;

        let count = |answer: &Answer| answer.body["rows"].as_array().map(Vec::len);
        assert!(seen.is_sorted_by(|a, b| a > b), "{seen:?}");
        assert_eq!(seen.len(), 5);
        assert_eq!(count(&of_kind), Some(5));
        assert_eq!(count(&of_part_of_a_kind), Some(0));
        assert_eq!(count(&in_future), Some(0));
        assert_eq!(count(&of_subject), Some(1), "{}", of_subject.body);
        assert_eq!(count(&of_nobody), Some(0), "{}", of_nobody.body);
    }
}
