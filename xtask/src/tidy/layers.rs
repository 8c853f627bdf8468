//! Which library may be named where (ARCHITECTURE.md, invariants). Never looks at tests, which may name all.

use super::tree::{SourceFile, Tree};

/// A word that may appear only in the files and directories listed.
#[derive(Debug)]
struct Layer {
    word: &'static str,
    only_in: &'static [&'static str],
}

const LAYERS: &[Layer] = &[
    Layer { word: "automerge::", only_in: &["sync-core/src/document.rs", "sync-core/src/document/"] },
    Layer {
        word: "sqlx::",
        only_in: &[
            "server/src/store.rs",
            "server/src/store/",
            "mobile-ffi/src/store.rs",
            "mobile-ffi/src/store/",
        ],
    },
    Layer {
        word: "actix_web::",
        only_in: &["server/src/http.rs", "server/src/http/", "server/src/routes.rs", "server/src/startup.rs"],
    },
    Layer { word: "typst::", only_in: &["documents/src/"] },
    Layer { word: "AssertSqlSafe", only_in: &["server/src/store/dialect.rs"] },
];

pub fn check(tree: &Tree) -> Vec<String> {
    let product_files =
        tree.with_extension("rs").filter(|file| !file.is_test() && !file.path.starts_with("xtask/"));
    product_files.flat_map(|file| LAYERS.iter().flat_map(|layer| strays(file, layer))).collect()
}

fn strays(file: &SourceFile, layer: &Layer) -> Vec<String> {
    if layer
        .only_in
        .iter()
        .any(|place| file.path == *place || (place.ends_with('/') && file.path.starts_with(place)))
    {
        return Vec::new();
    }
    let lines = file.code_lines().filter(|(_, line)| contains_word(line, layer.word));
    let complaint = |(number, _)| {
        format!("{}:{number}: `{}` may appear only in {}", file.path, layer.word, layer.only_in.join(", "))
    };
    lines.map(complaint).collect()
}

fn contains_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        !line[..at].chars().next_back().is_some_and(|before| before.is_alphanumeric() || before == '_')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_one(path: &str, line: &str) -> Vec<String> {
        check(&Tree::of(&[(path, line)]))
    }

    #[test]
    fn automerge_outside_the_document_is_refused() {
        assert_eq!(
            check_one("sync-core/src/order.rs", "use automerge::ReadDoc;"),
            ["sync-core/src/order.rs:1: `automerge::` may appear only in sync-core/src/document.rs, \
              sync-core/src/document/"]
        );
    }

    #[test]
    fn sql_above_the_store_is_refused() {
        assert_eq!(check_one("server/src/accounts/sign_in.rs", "sqlx::query(\"\")").len(), 1);
    }

    #[test]
    fn actix_below_http_is_refused() {
        assert_eq!(check_one("server/src/sync/accept_changes.rs", "use actix_web::HttpResponse;").len(), 1);
    }

    #[test]
    fn sql_of_unknown_origin_is_refused_outside_the_dialect() {
        assert_eq!(check_one("server/src/store/orders.rs", "AssertSqlSafe(text)").len(), 1);
    }

    #[test]
    fn each_library_is_welcome_at_home_and_in_tests() {
        assert_eq!(
            check_one("sync-core/src/document/ingest_guard/parse.rs", "use automerge::Change;").len(),
            0
        );
        assert_eq!(check_one("server/src/store.rs", "use sqlx::Sqlite;").len(), 0);
        assert_eq!(check_one("server/src/http/error.rs", "use actix_web::ResponseError;").len(), 0);
        assert_eq!(check_one("sync-core/tests/hostile.rs", "use automerge::Change;").len(), 0);
        assert_eq!(check_one("server/src/jobs.rs", "use my_sqlx::thing;").len(), 0);
    }
}
