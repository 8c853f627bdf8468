//! The orders that the words of a search name, looked up once and remembered for the statements of one page. Only where
//! that is cheaper than naming them in each.

use sync_core::ids::OrderId;

use super::driver::Driver;
use super::organization_of;
use crate::on_db;
use crate::store::columns::order_id;
use crate::store::statement::{Statement, Value, bind_kept_values};
use crate::store::{Result, Tx};

/// What was found of the words.
pub(super) struct FoundWords {
    /// Orders that all words name that were looked up, each once; `None` where none was.
    pub orders: Option<Vec<OrderId>>,
    /// The other words.
    pub left: Vec<String>,
}

impl FoundWords {
    /// Looks up the words, each of which may name so many orders; a more common one is left.
    pub(super) async fn look_up(tx: &mut Tx, words: &[String], orders_max: i64) -> Result<Self> {
        let mut found = Self { orders: None, left: Vec::new() };
        if !tx.search_dialect().remembers_words {
            found.left = words.to_vec();
            return Ok(found);
        }
        for word in words {
            let Some(mut named) = named_by(tx, word, orders_max).await? else {
                found.left.push(word.clone());
                continue;
            };
            if let Some(others) = &found.orders {
                named.retain(|order| others.binary_search(order).is_ok());
            }
            found.orders = Some(named);
        }
        Ok(found)
    }
}

/// The orders that a word names, in order; `None` where they are more than so many, some of them named twice.
async fn named_by(tx: &mut Tx, word: &str, orders_max: i64) -> Result<Option<Vec<OrderId>>> {
    let dialect = tx.search_dialect();
    let mut statement = Statement::default();
    let organization = organization_of(tx, &mut statement);
    statement.push("SELECT COALESCE(STRING_AGG(order_id, ''), '') FROM (SELECT order_id FROM (");
    Driver::Word(word).push_orders(&mut statement, (&organization, dialect), " UNION ALL ");
    statement.push(") named LIMIT ").bind(Value::Number(orders_max + 1)).push(") counted");
    let bytes: Vec<u8> = on_db!(tx, |db| {
        let query = sqlx::query_scalar(statement.text());
        bind_kept_values!(query, statement).fetch_one(db).await
    })?;
    let mut orders = bytes.chunks(16).map(order_id).collect::<Result<Vec<_>>>()?;
    if i64::try_from(orders.len()).is_ok_and(|count| count <= orders_max) {
        orders.sort_unstable();
        orders.dedup();
        return Ok(Some(orders));
    }
    Ok(None)
}
