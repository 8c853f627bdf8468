//! Photos, signatures, papers and evidence files of orders, and the uploads that bring them.

use crate::documents::DocumentTemplate;
use crate::http::documents::{self, PrintQuery, SaveTemplateRequest};
use crate::http::error::Code;
use crate::http::operation::{Access, Operation, Ownership};
use crate::http::scope::Scope;
use crate::http::{evidence, photos, uploads};

const PICTURES: &[&str] = &["image/jpeg", "image/png", "image/webp"];

pub fn operations() -> Vec<Operation> {
    let of_order = |row: Operation| row.ownership(Ownership::Order).scope(Scope::OrdersRead);
    let of_admin = |row: Operation| row.access(Access::Admin).text_parameter("kind").versioned();
    vec![
        of_order(Operation::get("/v1/orders/{order}/photos/{photo}", "readPhoto"))
            .says("Reads a photo as it was taken")
            .access(Access::Workers)
            .answers_bytes(200, PICTURES)
            .answers_nothing(304)
            .to(photos::get_photo),
        of_order(Operation::get("/v1/orders/{order}/photos/{photo}/thumbnail", "readThumbnail"))
            .says("Reads a small picture of a photo")
            .answers_bytes(200, PICTURES)
            .answers_nothing(304)
            .to(photos::get_thumbnail),
        of_order(Operation::get("/v1/orders/{order}/photos/{photo}/screen", "readScreenPhoto"))
            .says("Reads a picture of a photo that fits a screen")
            .answers_bytes(200, PICTURES)
            .answers_nothing(304)
            .to(photos::get_screen),
        of_order(Operation::get("/v1/orders/{order}/signatures/{signature}/strokes", "readStrokes"))
            .says("Reads the drawn strokes of a signature")
            .access(Access::Workers)
            .answers_bytes(200, &["application/vnd.campo.strokes+json"])
            .answers_nothing(304)
            .to(photos::get_strokes),
        of_order(Operation::get("/v1/orders/{order}/signatures/{signature}/drawing", "readDrawing"))
            .says("Reads the drawing of a signature as a picture")
            .answers_bytes(200, &["image/svg+xml", "image/png"])
            .answers_nothing(304)
            .to(photos::get_drawing),
        of_order(Operation::get("/v1/orders/{id}/document.pdf", "printOrder"))
            .says("Prints an order")
            .query::<PrintQuery>()
            .answers_bytes(200, &["application/pdf"])
            .to(documents::get_document),
        Operation::get("/v1/orders/{id}/evidence", "exportEvidence")
            .says("Reads the evidence file of an order, for `campo verify`")
            .access(Access::Office)
            .scope(Scope::OrdersRead)
            .answers_bytes(200, &["application/jsonl"])
            .to(evidence::export_evidence),
        of_admin(Operation::get("/v1/document-templates/{kind}", "readDocumentTemplate"))
            .says("Reads the template in force for a kind of document")
            .scope(Scope::SettingsRead)
            .answers::<DocumentTemplate>(200)
            .to(documents::get_template),
        of_admin(Operation::put("/v1/document-templates/{kind}", "saveDocumentTemplate"))
            .says("Replaces the template of a kind of document, if it renders the sample")
            .scope(Scope::SettingsWrite)
            .conditional()
            .body::<SaveTemplateRequest>()
            .answers::<DocumentTemplate>(200)
            .to(documents::save_template),
        of_admin(Operation::delete("/v1/document-templates/{kind}", "deleteDocumentTemplate"))
            .says("Goes back to the built-in template")
            .scope(Scope::SettingsWrite)
            .conditional()
            .answers_nothing(204)
            .to(documents::delete_template),
    ]
}

pub fn uploads() -> Vec<Operation> {
    let tus = |row: Operation| {
        row.access(Access::Workers)
            .scope(Scope::FilesWrite)
            .header("Tus-Resumable", true, "`1.0.0`")
            .refuses(&[Code::TusVersion, Code::Gone, Code::Invalid])
    };
    let of_one = |row: Operation| tus(row).ownership(Ownership::Own);
    vec![
        Operation::options("/v1/uploads", "describeUploads")
            .says("Says which uploads this installation takes")
            .access(Access::Public)
            .answers_nothing(204)
            .to(uploads::describe_uploads),
        tus(Operation::post("/v1/uploads", "createUpload"))
            .says("Begins an upload, or finds the one that was begun")
            .header("Upload-Length", true, "The size in bytes")
            .header("Upload-Metadata", true, "`sha256` and the base64 of its 64 hexadecimal digits")
            .answers_nothing(201)
            .refuses(&[Code::TooLarge, Code::Quota])
            .to(uploads::create_upload_here),
        of_one(Operation::head("/v1/uploads/{id}", "readUpload"))
            .says("Says how far an upload came")
            .answers_nothing(200)
            .to(uploads::get_upload),
        of_one(Operation::patch("/v1/uploads/{id}", "appendToUpload"))
            .says("Sends bytes from where the upload stands")
            .header("Upload-Offset", true, "Where the bytes begin")
            .header("Upload-Checksum", false, "`sha256` and the base64 of the hash of these bytes")
            .body_bytes("application/offset+octet-stream")
            .answers_nothing(204)
            .refuses(&[Code::OffsetMismatch, Code::ChecksumMismatch, Code::ImageTooBig])
            .to(uploads::append_to_upload),
        of_one(Operation::delete("/v1/uploads/{id}", "deleteUpload"))
            .says("Gives an upload up")
            .answers_nothing(204)
            .to(uploads::delete_upload),
    ]
}
