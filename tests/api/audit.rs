//! The audit chain grows with every deed and shows every tampering.

use campo::audit::{ChainVerdict, verify_chain};
use harness::databases::{DatabaseKind, TestDatabase};
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection};

use super::support::{Admin, TestNode, each_node};

async fn verdict(node: &TestNode, admin: &Admin) -> ChainVerdict {
    let mut tx = node.app.store.begin_read(admin.organization).await.unwrap();
    verify_chain(&mut tx).await.unwrap()
}

/// Changes the database behind the server's back.
async fn tamper(database: &TestDatabase, statement: &str) {
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
