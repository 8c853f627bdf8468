//! Every operation of the server in one table. Never a handler's body.
//!
//! From a row follow its route, its part of `docs/openapi.json`, and who gets in.

mod accounts;
mod evidence;
mod imports;
mod node;
mod notifications;
mod order_lists;
mod orders;
mod privacy;
mod records;
mod sync;
mod webhooks;

use actix_web::web::ServiceConfig;

use crate::exports::ExportFormat;
use crate::http::operation::{Area, Operation};
use crate::http::resources::serve;

/// The table, by what the operations are about.
pub fn areas() -> Vec<Area> {
    let area = |name, says, operations| Area { name, says, operations };
    vec![
        area("Server", "The server itself", node::operations()),
        area("Sessions", "Signing in, and installed apps", accounts::sessions()),
        area("Passwords", "Pages for people who cannot sign in", accounts::choosing_passwords()),
        area("API tokens", "Access for other software", accounts::api_tokens()),
        area("People", "The organization and its people", accounts::people()),
        area("Audit", "Who did what", accounts::audit()),
        area("Records", "Customers, sites, equipment and the catalogue", records::operations()),
        area("Imports", "Files of other software", imports::operations()),
        area("Privacy", "What the law gives a person: a copy, and erasure", privacy::operations()),
        area("Orders", "Service orders", orders::operations()),
        area("Views and calendars", "Lists of orders under names, and calendars", order_lists::operations()),
        area("Held changes", "Work that waits for the office", orders::held_changes()),
        area("Evidence", "Photos, signatures and papers of orders", evidence::operations()),
        area("Uploads", "Resumable uploads as tus 1.0 describes them", evidence::uploads()),
        area("Messages", "What people and customers are told", notifications::operations()),
        area("Jobs", "What the server does later", notifications::jobs()),
        area("Webhooks", "Telling other programs what happened", webhooks::operations()),
        area("Devices", "The exchange with installed apps", sync::operations()),
    ]
}

/// What every table that leaves as a file answers.
fn table_file(row: Operation) -> Operation {
    row.header("Accept", false, "The kind of file, where `format` says none")
        .answers_bytes(200, &[ExportFormat::CSV_TYPE, ExportFormat::XLSX_TYPE])
}

pub fn routes(app: &mut ServiceConfig) {
    let operations: Vec<Operation> = areas().into_iter().flat_map(|area| area.operations).collect();
    serve(app, operations);
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::http::operation::Access;
    use crate::http::resources::pattern_of;

    fn table() -> Vec<Operation> {
        areas().into_iter().flat_map(|area| area.operations).collect()
    }

    #[test]
    fn every_row_says_what_it_does_and_answers_something() {
        for row in table() {
            assert!(!row.says.is_empty() && !row.says.ends_with('.'), "{}", row.id);
            assert!(!row.answers.is_empty(), "{}", row.id);
        }
    }

    #[test]
    fn ids_and_routes_are_unique_and_one_path_names_its_variables_in_one_way() {
        let (mut ids, mut routes, mut paths) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for row in table() {
            assert!(ids.insert(row.id.clone()), "{} is there twice", row.id);
            assert!(
                routes.insert((pattern_of(row.path), row.method.to_string())),
                "{} {}",
                row.method,
                row.path
            );
            paths.insert(row.path);
        }
        let patterns: BTreeSet<_> = paths.iter().map(|path| pattern_of(path)).collect();

        assert_eq!(patterns.len(), paths.len(), "{paths:?}");
    }

    #[test]
    fn what_is_open_to_everybody_takes_no_token() {
        for row in table() {
            let is_open = matches!(row.access, Access::Public | Access::Device);
            assert!(!is_open || row.scope.is_none(), "{}", row.id);
        }
    }
}
