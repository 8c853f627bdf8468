//! Two people set the same field without knowing of each other; it is a question for whoever may write the field.

use super::*;
use crate::ids::BlobHash;
use crate::order::command::{LineEdit, NewPhoto};
use crate::order::entry::{PhotoStage, Source};

fn source(source: Source) -> OrderCommand {
    let source = Some(source);
    OrderCommand::ChangeMaterial(LineEdit {
        line: id(1),
        description: None,
        quantity: None,
        price_minor: None,
        source,
    })
}

fn photo() -> OrderCommand {
    OrderCommand::AddPhoto(NewPhoto {
        photo: id(5),
        sha256: BlobHash::from_bytes([5; 32]),
        size_bytes: 9,
        media_type: "image/jpeg".to_owned(),
        stage: PhotoStage::Before,
        caption: None,
        position: None,
    })
}

#[test]
fn where_an_article_came_from_is_asked_when_two_say_otherwise() {
    let mut ana = Hand::copy_of(&assigned_order(), ANA, Role::Technician);
    ana.does(filter());
    let mut ion = Hand::copy_of(&ana, ION, Role::Technician);
    ana.does(source(Source::Bought));
    ion.does(source(Source::Warehouse));
    ana.hears(&ion);

    let conflict = ana.order().conflicts.remove(0);
    ana.does(OrderCommand::ResolveConflict { path: conflict.path, value: "bought".into() });

    assert!(matches!(&conflict.field, ConflictField::Line { name, .. } if name == "source"));
    assert_eq!(ana.order().materials[&id(1)].source, Some(Source::Bought));
    assert_eq!(ana.order().conflicts, []);
}

#[test]
fn a_caption_is_settled_by_who_took_the_photo_or_by_the_office() {
    let mut ana = Hand::copy_of(&assigned_order(), ANA, Role::Technician);
    ana.does(photo());
    let mut office = Hand::copy_of(&ana, OFFICE, Role::Dispatcher);
    let caption = |text: &str| OrderCommand::CaptionPhoto { photo: id(5), caption: text.to_owned() };
    ana.does(caption("The plate"));
    office.does(caption("Serial number"));
    ana.hears(&office);
    let mut ion = Hand::copy_of(&ana, ION, Role::Technician);

    let conflict = ana.order().conflicts.remove(0);
    let settle = OrderCommand::ResolveConflict { path: conflict.path, value: "The plate".into() };

    assert_eq!(conflict.field, ConflictField::Caption { photo: id(5) });
    assert_eq!(ion.try_do(&settle), Err(Refused::RoleForbidden));
    ana.does(settle);
    assert_eq!(ana.order().photos[&id(5)].caption.as_deref(), Some("The plate"));
    assert_eq!(ana.order().conflicts, []);
}

#[test]
fn a_technician_does_not_settle_what_only_the_office_may_write() {
    let mut office = assigned_order();
    let mut other = Hand::copy_of(&office, OFFICE, Role::Admin);
    other.actor = ActorId::from_bytes([7; 16]);
    let reason = |text: &str| OrderCommand::SetReason { reason: text.to_owned() };
    office.does(reason("rattles"));
    other.does(reason("drips"));
    office.hears(&other);
    let mut ana = Hand::copy_of(&office, ANA, Role::Technician);
    let conflict = ana.order().conflicts.remove(0);
    let settle = OrderCommand::ResolveConflict { path: conflict.path, value: "drips".into() };

    assert_eq!(ana.try_do(&settle), Err(Refused::RoleForbidden));
    office.does(settle);
    assert_eq!(office.order().plan.reason.as_deref(), Some("drips"));
    assert_eq!(office.order().conflicts, []);
}
