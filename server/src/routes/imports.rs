//! Files of other software.

use crate::http::error::Code;
use crate::http::exports::{self, ExportListRequest};
use crate::http::imports::{self, ImportList, ImportRequest};
use crate::http::operation::{Access, Operation};
use crate::http::scope::Scope;
use crate::imports::{Import, ImportLook, ImportSettings};
use crate::routes::table_file;

pub fn operations() -> Vec<Operation> {
    let read = |row: Operation| row.access(Access::Office).scope(Scope::IntegrationsRead);
    let write = |row: Operation| row.access(Access::Office).scope(Scope::IntegrationsWrite);
    vec![
        write(Operation::post("/v1/imports", "beginImport"))
            .says("Keeps a CSV file and proposes what its columns mean; nothing is taken yet")
            .query::<ImportRequest>()
            .body_bytes("text/csv")
            .versioned()
            .answers::<ImportLook>(201)
            .refuses(&[Code::TooLarge, Code::SlowRequest])
            .to(imports::begin_import),
        read(Operation::get("/v1/imports", "listImports"))
            .says("Lists the newest imports")
            .answers::<ImportList>(200)
            .to(imports::list_imports),
        table_file(read(Operation::get("/v1/imports/export", "exportImports")))
            .says("Writes the list of imports into a file, CSV or XLSX")
            .query::<ExportListRequest>()
            .to(exports::export_imports),
        read(Operation::get("/v1/imports/{id}", "readImport"))
            .says("Reads how far an import has come, with its columns and first rows")
            .versioned()
            .answers::<ImportLook>(200)
            .refuses(&[Code::Gone])
            .to(imports::get_import),
        write(Operation::put("/v1/imports/{id}", "updateImport"))
            .says("Says what the columns mean and how the file is read")
            .versioned()
            .conditional()
            .body::<ImportSettings>()
            .answers::<ImportLook>(200)
            .to(imports::update_import),
        write(Operation::post("/v1/imports/{id}/check", "checkImport"))
            .says("Tries every row and keeps nothing")
            .answers::<Import>(202)
            .refuses(&[Code::Invalid])
            .to(imports::check_import),
        write(Operation::post("/v1/imports/{id}/run", "runImport"))
            .says("Takes the rows")
            .answers::<Import>(202)
            .refuses(&[Code::Invalid])
            .to(imports::run_import),
        write(Operation::post("/v1/imports/{id}/cancel", "cancelImport"))
            .says("Stops an import; what was taken stays")
            .answers::<Import>(200)
            .refuses(&[Code::Invalid])
            .to(imports::cancel_import),
        read(Operation::get("/v1/imports/{id}/errors", "readImportErrors"))
            .says("The rows that were not taken, each with its number and the reason, as CSV")
            .answers_bytes(200, &["text/csv"])
            .refuses(&[Code::Gone])
            .to(imports::error_file),
    ]
}
