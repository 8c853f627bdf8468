//! Organizations never meet in the store. Never checks HTTP.

use campo::store::reference_rows;
use harness::databases;

use super::support::{ORGANIZATION, OTHER, open, publish_one, row_count};

#[tokio::test]
async fn rows_of_another_organization_do_not_exist() {
    for database in databases::each_database() {
        let store = open(&database).await;
        publish_one(&store, 1, "{}").await.unwrap();

        let others = row_count(&store, OTHER).await;

        assert_eq!(others, 0, "{:?}", database.kind());
        assert_eq!(row_count(&store, ORGANIZATION).await, 1);
    }
}

#[tokio::test]
async fn opening_twice_migrates_once_and_keeps_the_rows() {
    for database in databases::each_database() {
        let store = open(&database).await;
        publish_one(&store, 1, "{}").await.unwrap();

        let (first, second) = tokio::join!(open(&database), open(&database));

        assert_eq!(row_count(&first, ORGANIZATION).await, 1);
        assert_eq!(row_count(&second, ORGANIZATION).await, 1);
    }
}

#[tokio::test]
async fn a_system_transaction_reaches_an_organization_after_entering_it() {
    for database in databases::each_database() {
        let store = open(&database).await;
        publish_one(&store, 1, "{}").await.unwrap();

        let mut tx = store.begin_system_read().await.unwrap();
        tx.enter_organization(ORGANIZATION).await.unwrap();

        assert_eq!(reference_rows::head(&mut tx).await.unwrap(), 1);
    }
}
