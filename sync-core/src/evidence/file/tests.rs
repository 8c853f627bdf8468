//! Every bit and every line of an evidence file counts, and what a forger recomputes is still found.

use ed25519_dalek::{Signer as _, SigningKey};
use proptest::prelude::*;
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::document::OrderDocument;
use crate::evidence::{Signing, Snapshot, seal_text};
use crate::ids::ActorId;
use crate::order::command::{DeviceSeal, NewAssignee, NewLine, NewOrder, NewSignature};
use crate::order::entry::SignaturePurpose;
use crate::order::plan::CrewRole;
use crate::order::{CommandContext, Order, OrderCommand, Workflows, perform};
use crate::time::TimeClaim;
use crate::workflow::Role;

const ORDER: OrderId = OrderId::from_bytes([0x0D; 16]);
const TECHNICIAN: UserId = UserId::from_bytes([0xA1; 16]);
const OFFICE: UserId = UserId::from_bytes([0x0F; 16]);
const DEVICE: DeviceId = DeviceId::from_bytes([0xDE; 16]);
const PHOTO: &[u8] = b"not quite a photo";
const NOON: Timestamp = Timestamp(1_794_499_200_000);
/// Random mutations in one run; `CAMPO_MUTATIONS` asks for more.
const MUTATIONS: u32 = 20_000;

fn device_key() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

fn seal(text: &str) -> ([u8; 32], [u8; 64]) {
    let key = SigningKey::from_bytes(&[8; 32]);
    (key.verifying_key().to_bytes(), key.sign(text.as_bytes()).to_bytes())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// An order that was created, worked on and signed on a phone, and changed by the office after that.
fn story() -> Vec<Line> {
    let workflows = Workflows::default();
    let mut document = OrderDocument::new();
    let mut changes = Vec::new();
    let mut gives = |document: &mut OrderDocument, user: UserId, role, device, command: OrderCommand| {
        let at = TimeClaim::by_server(NOON);
        let context = CommandContext { user, role, at, site: None, workflows: &workflows };
        let change =
            perform(document, &command, &context, ActorId::from_bytes(*user.as_bytes())).unwrap().unwrap();
        changes.push(RecordedChange {
            hash: change.hash,
            user: Some(user),
            device,
            received_at: NOON,
            bytes: change.bytes,
        });
    };
    let assignees = vec![NewAssignee { technician: TECHNICIAN, role: CrewRole::Lead }];
    let new = NewOrder { assignees, reason: Some("Não gela".to_owned()), ..NewOrder::default() };
    gives(&mut document, OFFICE, Role::Dispatcher, None, OrderCommand::CreateOrder(Box::new(new)));
    let line = NewLine {
        line: EntryId::from_bytes([1; 16]),
        item: None,
        description: "Capacitor 35 µF".to_owned(),
        quantity: "2".to_owned(),
        unit: None,
        price_minor: Some(4_990),
        source: None,
        is_additional: false,
    };
    gives(&mut document, TECHNICIAN, Role::Technician, Some(DEVICE), OrderCommand::AddMaterial(line));
    let order = Order::read(&document, &workflows).0;
    let heads: Vec<_> = document.heads().iter().map(ToString::to_string).collect();
    let unsealed = NewSignature {
        signature: EntryId::from_bytes([0x51; 16]),
        purpose: SignaturePurpose::Completion,
        index: 0,
        signer_name: "Lúcia".to_owned(),
        document_kind: None,
        document_number: None,
        signer_role: None,
        strokes: None,
        snapshot: Snapshot::of(&order, ORDER, "pt-BR", "Confirmo.").to_text(),
        heads: heads.join(" "),
        refusal: None,
        position: None,
        at: Some(TimeClaim::by_server(NOON)),
        seal: Some(DeviceSeal { device: DEVICE, signature: String::new() }),
    };
    let at = TimeClaim::by_server(NOON);
    let context =
        CommandContext { user: TECHNICIAN, role: Role::Technician, at, site: None, workflows: &workflows };
    let record = unsealed.record(&context);
    let text = seal_text(ORDER, unsealed.signature, &record);
    let signature = hex(&device_key().sign(text.as_bytes()).to_bytes());
    let signed = unsealed.sealed(DeviceSeal { device: DEVICE, signature });
    let signing = OrderCommand::Sign(Box::new(signed));
    gives(&mut document, TECHNICIAN, Role::Technician, Some(DEVICE), signing);
    let reason = OrderCommand::SetReason { reason: "Não gela nada".to_owned() };
    gives(&mut document, OFFICE, Role::Dispatcher, None, reason);
    lines(&Order::read(&document, &workflows).0, changes)
}

fn lines(order: &Order, changes: Vec<RecordedChange>) -> Vec<Line> {
    let mut lines = vec![
        Line::Header(Header {
            campo_evidence: 1,
            organization: OrganizationId::from_bytes([1; 16]),
            organization_name: "Frio Bom Ltda.".to_owned(),
            organization_tax_id: "11222333000181".to_owned(),
            order: ORDER,
            number: Some("1042".to_owned()),
            exported_at: NOON,
        }),
        Line::Person(Person { id: TECHNICIAN, name: "Ana".to_owned() }),
        Line::Device(Device {
            id: DEVICE,
            user: TECHNICIAN,
            name: "Ana's phone".to_owned(),
            public_key: BlobHash::from_bytes(device_key().verifying_key().to_bytes()),
        }),
    ];
    let mut previous_hash = BlobHash::from_bytes([0; 32]);
    let mut links = Vec::new();
    for (seq, change) in (1..).zip(&changes) {
        let mut link = AuditLink {
            seq,
            at: NOON,
            user: change.user,
            device: change.device,
            action: "order.change".to_owned(),
            subject: ORDER.to_string(),
            details: format!("{{\"change\":\"{}\"}}", change.hash),
            previous_hash,
            hash: previous_hash,
        };
        link.hash = link.computed_hash();
        previous_hash = link.hash;
        links.push(Line::Audit(link));
    }
    lines.extend(changes.into_iter().map(Line::Change));
    lines.extend(
        order.signatures.iter().map(|(id, record)| {
            Line::Signature(Box::new(SignatureRecord { id: *id, record: record.clone() }))
        }),
    );
    lines.push(Line::Blob(Blob { sha256: BlobHash::of(PHOTO), bytes: Some(PHOTO.to_vec()) }));
    lines.push(Line::Blob(Blob { sha256: BlobHash::of(b"elsewhere"), bytes: None }));
    lines.extend(links);
    lines
}

fn findings(lines: &[Line]) -> Vec<Finding> {
    verify(&write(lines, seal)).mismatches.iter().map(|mismatch| mismatch.finding).collect()
}

#[test]
fn a_file_verifies_and_says_what_was_signed_and_what_changed_since() {
    // covers: C6
    let verdict = verify(&write(&story(), seal));

    assert_eq!(verdict.mismatches, []);
    assert_eq!(verdict.counts, Counts { changes: 4, audit_links: 4, files: 1, files_named: 1 });
    assert_eq!(verdict.signatures.len(), 1);
    assert!(verdict.signatures[0].is_sealed);
    assert_eq!(verdict.signatures[0].record.signer_name, "Lúcia");
    let Signing::NeedsSignature { differences, .. } = verdict.signing else { panic!("nothing changed") };
    assert_eq!(differences.len(), 1);
}

#[test]
fn every_random_bit_and_line_mutation_is_found() {
    // covers: C5 C6
    let file = write(&story(), seal);
    let count =
        std::env::var("CAMPO_MUTATIONS").ok().and_then(|count| count.parse().ok()).unwrap_or(MUTATIONS);
    let mut random = ChaCha8Rng::seed_from_u64(1);
    for _ in 0..count {
        let mutated = mutated(&file, &mut random);

        let verdict = verify(&mutated);

        assert!(mutated == file || !verdict.is_whole(), "not found: {}", String::from_utf8_lossy(&mutated));
    }
}

/// One flipped bit, or one line taken out, doubled, moved or cut.
fn mutated(file: &[u8], random: &mut ChaCha8Rng) -> Vec<u8> {
    let mut lines: Vec<Vec<u8>> = file.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    let line = random.random_range(0..lines.len());
    let other = random.random_range(0..lines.len());
    match random.random_range(0..20) {
        0 => drop(lines.remove(line)),
        1 => lines.insert(other, lines[line].clone()),
        2 => lines.swap(line, other),
        3 => {
            let length = random.random_range(0..lines[line].len());
            lines[line].truncate(length);
        }
        _ => {
            let mut file = file.to_vec();
            let at = random.random_range(0..file.len());
            file[at] ^= 1 << random.random_range(0..8);
            return file;
        }
    }
    lines.concat()
}

#[test]
fn the_line_that_was_changed_is_named() {
    let file = write(&story(), seal);
    let lines: Vec<&[u8]> = file.split_inclusive(|byte| *byte == b'\n').collect();
    for changed in 0..lines.len() - 1 {
        let mut copy: Vec<Vec<u8>> = lines.iter().map(|line| line.to_vec()).collect();
        copy[changed][3] ^= 1;

        let mismatches = verify(&copy.concat()).mismatches;

        assert_eq!(mismatches, [Mismatch { line: changed + 1, finding: Finding::LineDigest }]);
    }
}

/// Rewrites what it can of a line; `finding` says which lie is told.
fn forge(line: &mut Line, finding: Finding) {
    match (line, finding) {
        (Line::Change(change), Finding::ChangeHash) => change.bytes[40] ^= 1,
        (Line::Change(change), Finding::AuditMissing) if change.device.is_some() => {
            change.user = Some(OFFICE)
        }
        (Line::Signature(signed), Finding::SignatureRecord) => signed.record.signer_name = "Zé".to_owned(),
        (Line::Signature(signed), Finding::Snapshot) => {
            signed.record.snapshot = signed.record.snapshot.replace("4990", "9990");
        }
        (Line::Device(device), Finding::Seal) => device.public_key = BlobHash::from_bytes([9; 32]),
        (Line::Blob(blob), Finding::BlobHash) => blob.bytes = Some(b"another".to_vec()),
        (Line::Audit(link), Finding::AuditLink) => link.at = Timestamp(0),
        (Line::Header(header), Finding::OtherOrder) => header.order = OrderId::from_bytes([3; 16]),
        _ => {}
    }
}

/// The forger can close the file again, server key and all.
#[test]
fn what_a_forger_rewrites_is_found_in_the_content() {
    let lies = [
        Finding::ChangeHash,
        Finding::AuditMissing,
        Finding::SignatureRecord,
        Finding::Snapshot,
        Finding::Seal,
        Finding::BlobHash,
        Finding::AuditLink,
        Finding::OtherOrder,
    ];
    for lie in lies {
        let mut lines = story();
        lines.iter_mut().for_each(|line| forge(line, lie));

        let findings = findings(&lines);

        assert!(findings.contains(&lie), "{lie:?} is not among {findings:?}");
    }
}

#[test]
fn a_line_that_is_taken_out_is_missed_whoever_closes_the_file() {
    let whole = story();
    for (index, line) in whole.iter().enumerate() {
        let mut lines = whole.clone();
        lines.remove(index);
        let is_missed = !findings(&lines).is_empty();
        let may_be_left_out = matches!(line, Line::Person(_) | Line::Blob(_));
        assert_eq!(is_missed, !may_be_left_out, "line {}", index + 1);
    }
}

#[test]
fn bytes_that_are_no_evidence_file_are_named_as_such() {
    for bytes in [&b""[..], b"\n", b"{}\n", b"%PDF-1.7\n", &[0xFF; 64]] {
        let verdict = verify(bytes);
        assert_eq!(verdict.mismatches.len(), 1);
        assert_eq!(verdict.mismatches[0].finding, Finding::End);
    }
}

proptest! {
    #[test]
    fn no_bytes_make_the_check_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(!verify(&bytes).is_whole());
    }
}
