//! Answers, remarks, photos and signatures, and which of them had not arrived. Never hides that one is missing.

use serde::Serialize;

use crate::data::{Answer, AnswerValue, Drawing, Note, Photo, PhotoStage, ServiceOrderDocument, Signature};
use crate::picture_names;
use crate::teller::{Teller, some_text, text};

/// How much of a hash is told.
const HASH_LETTERS: usize = 16;

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AnswerView {
    pub question: String,
    pub answer: String,
    /// Whether the answer is a plain no.
    pub is_no: bool,
    pub by: String,
    pub at: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NoteView {
    pub text: String,
    pub by: String,
    pub at: String,
    pub is_internal: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PhotoView {
    /// A path for `image`; absent while the photo is on its way.
    pub picture: Option<String>,
    pub alt: String,
    pub stage: String,
    pub caption: Option<String>,
    pub at: String,
    pub by: String,
    pub hash: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SignatureView {
    pub name: String,
    pub document_number: Option<String>,
    pub role: Option<String>,
    /// A path for `image`.
    pub drawing: Option<String>,
    pub alt: String,
    pub is_drawing_on_its_way: bool,
    /// Why nobody signed; absent from a signature.
    pub refusal: Option<String>,
    pub terms: Option<String>,
    pub at: String,
    pub trust: String,
    pub hash: String,
}

impl AnswerView {
    pub fn of(answer: &Answer, teller: &Teller) -> Self {
        let told = match &answer.value {
            AnswerValue::Yes => teller.say("answer-yes", &[]),
            AnswerValue::No => teller.say("answer-no", &[]),
            AnswerValue::NotApplicable => teller.say("answer-not_applicable", &[]),
            AnswerValue::Number { value, unit } => {
                format!("{}\u{a0}{}", teller.number(value), unit).trim_end().to_owned()
            }
            AnswerValue::Text { value } => text(value),
            AnswerValue::Photo => teller.say("answer-photo", &[]),
            AnswerValue::Signature => teller.say("answer-signature", &[]),
        };
        Self {
            question: text(&answer.question),
            answer: told,
            is_no: answer.value == AnswerValue::No,
            by: text(&answer.by),
            at: teller.moment(answer.at.at_ms),
        }
    }
}

impl NoteView {
    pub fn of(note: &Note, teller: &Teller) -> Self {
        Self {
            text: text(&note.text),
            by: text(&note.by),
            at: teller.moment(note.at.at_ms),
            is_internal: note.is_internal,
        }
    }
}

impl PhotoView {
    pub fn of(photo: &Photo, teller: &Teller) -> Self {
        let stage = teller.say(
            match photo.stage {
                PhotoStage::Before => "stage-before",
                PhotoStage::During => "stage-during",
                PhotoStage::After => "stage-after",
            },
            &[],
        );
        let told = [("stage", stage.as_str().into()), ("caption", photo.caption.as_str().into())];
        Self {
            picture: photo.picture.as_deref().map(picture_names::path),
            alt: teller.say("photo-alt", &told),
            stage,
            caption: some_text(&photo.caption),
            at: teller.moment(photo.at.at_ms),
            by: text(&photo.by),
            hash: shortened(&photo.sha256),
        }
    }
}

pub fn signatures(document: &ServiceOrderDocument, teller: &Teller) -> Vec<SignatureView> {
    let signatures = document.signatures.iter().enumerate();
    signatures.map(|(index, signature)| signature_view(index, signature, teller)).collect()
}

fn signature_view(index: usize, signature: &Signature, teller: &Teller) -> SignatureView {
    let drawing = match &signature.drawing {
        Some(Drawing::Strokes { .. }) => Some(picture_names::strokes(index)),
        Some(Drawing::OnItsWay) | None => None,
    };
    SignatureView {
        name: text(&signature.signer_name),
        document_number: some_text(&signature.document_number),
        role: some_text(&signature.signer_role),
        drawing,
        alt: teller.say("signature-alt", &[("name", signature.signer_name.as_str().into())]),
        is_drawing_on_its_way: signature.drawing == Some(Drawing::OnItsWay),
        refusal: signature.refusal.as_deref().map(text),
        terms: some_text(&signature.terms),
        at: teller.moment(signature.at.at_ms),
        trust: teller.trust(&signature.at),
        hash: shortened(&signature.snapshot_sha256),
    }
}

/// One sentence for each kind of thing that is missing.
pub fn gaps(document: &ServiceOrderDocument, teller: &Teller) -> Vec<String> {
    let photos = document.photos.iter().filter(|photo| photo.picture.is_none()).count();
    let is_missing = |signature: &&Signature| signature.drawing == Some(Drawing::OnItsWay);
    let drawings = document.signatures.iter().filter(is_missing).count();
    let number = document.order.number.is_none().then(|| teller.say("gap-number", &[]));
    let counted = [("gap-photos", photos), ("gap-signature-drawings", drawings)];
    let missing = counted.into_iter().filter(|(_, count)| *count > 0);
    let told = missing.map(|(key, count)| teller.say(key, &[("count", count.into())]));
    number.into_iter().chain(told).collect()
}

fn shortened(hash: &str) -> String {
    hash.chars().take(HASH_LETTERS).collect()
}
