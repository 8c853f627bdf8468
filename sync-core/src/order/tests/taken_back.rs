//! Lines and notes that were taken back, and lines that were put back again.

use super::entry::Line;
use super::*;

/// How one kind of line is handled.
struct Kind {
    add: OrderCommand,
    remove: OrderCommand,
    restore: OrderCommand,
    restore_unknown: OrderCommand,
    line_of: fn(&Order) -> &Line,
}

fn kinds() -> [Kind; 2] {
    let OrderCommand::AddMaterial(new) = filter() else { panic!("a filter is a material") };
    [
        Kind {
            add: OrderCommand::AddMaterial(new.clone()),
            remove: OrderCommand::RemoveMaterial { line: id(1) },
            restore: OrderCommand::RestoreMaterial { line: id(1) },
            restore_unknown: OrderCommand::RestoreMaterial { line: id(9) },
            line_of: |order| &order.materials[&id(1)],
        },
        Kind {
            add: OrderCommand::AddService(new),
            remove: OrderCommand::RemoveService { line: id(1) },
            restore: OrderCommand::RestoreService { line: id(1) },
            restore_unknown: OrderCommand::RestoreService { line: id(9) },
            line_of: |order| &order.services[&id(1)],
        },
    ]
}

fn note(byte: u8) -> OrderCommand {
    OrderCommand::AddNote { note: id(byte), text: "belt worn".to_owned(), is_internal: false }
}

#[test]
fn a_line_put_back_is_there_again_as_its_author_left_it() {
    for kind in kinds() {
        let mut ana = Hand::copy_of(&assigned_order(), ANA, Role::Technician);
        ana.does(kind.add);
        let line = (kind.line_of)(&ana.order()).clone();
        let mut ion = Hand::copy_of(&ana, ION, Role::Technician);

        ion.does(kind.remove);
        let removed = ion.order();
        ion.does(kind.restore);
        ana.hears(&ion);

        assert_eq!(((kind.line_of)(&removed).is_active(), removed.total_minor()), (false, Some(0)));
        assert_eq!((kind.line_of)(&removed).removed.as_ref().unwrap().by, ION);
        let restored = ana.order();
        assert_eq!((line.by, (kind.line_of)(&restored)), (ANA, &line));
        assert_eq!((restored.total_minor(), restored.conflicts), (Some(9_180), vec![]));
    }
}

#[test]
fn a_line_is_put_back_once_and_only_if_it_was_there() {
    for kind in kinds() {
        let mut ana = Hand::copy_of(&assigned_order(), ANA, Role::Technician);
        ana.does(kind.add);

        assert_eq!(ana.try_do(&kind.restore), Ok(None), "it is there");
        assert_eq!(ana.try_do(&kind.restore_unknown), Err(Refused::NoSuchEntry));

        ana.does(kind.remove.clone()).does(kind.restore.clone());
        assert_eq!(ana.try_do(&kind.restore), Ok(None), "it is there again");
        ana.does(kind.remove);
        assert!(!(kind.line_of)(&ana.order()).is_active());
    }
}

#[test]
fn a_line_put_back_by_two_who_have_not_met_is_no_disagreement() {
    for kind in kinds() {
        let mut ana = Hand::copy_of(&assigned_order(), ANA, Role::Technician);
        ana.does(kind.add).does(kind.remove);
        let mut ion = Hand::copy_of(&ana, ION, Role::Technician);

        ana.does(kind.restore.clone());
        ion.does(kind.restore);
        ana.hears(&ion);

        assert!((kind.line_of)(&ana.order()).is_active());
        assert_eq!(ana.order().conflicts, []);
    }
}

#[test]
fn a_line_put_back_unseen_by_an_editor_is_there_with_the_edit() {
    let mut ana = Hand::copy_of(&assigned_order(), ANA, Role::Technician);
    ana.does(filter());
    let mut ion = Hand::copy_of(&ana, ION, Role::Technician);

    ion.does(quantity("3"));
    ana.does(OrderCommand::RemoveMaterial { line: id(1) })
        .does(OrderCommand::RestoreMaterial { line: id(1) });
    ana.hears(&ion);

    let order = ana.order();
    assert_eq!((order.materials[&id(1)].is_active(), order.materials[&id(1)].quantity.as_str()), (true, "3"));
    assert_eq!(order.conflicts, []);
}

#[test]
fn a_note_taken_back_keeps_its_text_and_says_who_took_it() {
    let mut ana = Hand::copy_of(&assigned_order(), ANA, Role::Technician);
    ana.does(note(2));
    assert!(ana.order().guard_facts().has_report_text);

    ana.does(OrderCommand::RemoveNote { note: id(2) });

    let order = ana.order();
    let taken = &order.notes[&id(2)];
    assert_eq!((taken.text.as_str(), taken.by, taken.removed.as_ref().unwrap().by), ("belt worn", ANA, ANA));
    assert!(!order.guard_facts().has_report_text);
    assert_eq!(ana.try_do(&OrderCommand::RemoveNote { note: id(2) }), Ok(None));
    assert_eq!(ana.try_do(&note(2)), Ok(None), "it does not come back by being sent again");
}

#[test]
fn a_note_is_taken_back_by_its_author_or_the_office() {
    let mut ana = Hand::copy_of(&assigned_order(), ANA, Role::Technician);
    ana.does(note(2));
    let mut ion = Hand::copy_of(&ana, ION, Role::Technician);
    let mut office = Hand::copy_of(&ana, OFFICE, Role::Dispatcher);
    let remove = OrderCommand::RemoveNote { note: id(2) };

    assert_eq!(ion.try_do(&remove), Err(Refused::RoleForbidden));
    assert_eq!(ion.try_do(&OrderCommand::RemoveNote { note: id(9) }), Err(Refused::NoSuchEntry));
    office.does(remove);
    ana.hears(&office);

    assert_eq!(ana.order().notes[&id(2)].removed.as_ref().unwrap().by, OFFICE);
}

#[test]
fn a_line_taken_back_again_while_somebody_edits_it_again_is_a_disagreement_again() {
    let mut ana = Hand::copy_of(&assigned_order(), ANA, Role::Technician);
    ana.does(filter());
    let mut ion = Hand::copy_of(&ana, ION, Role::Technician);
    let remove = OrderCommand::RemoveMaterial { line: id(1) };
    ana.does(remove.clone());
    ion.does(quantity("3"));
    ana.hears(&ion);
    let path = ana.order().conflicts[0].path.clone();
    ana.does(OrderCommand::ResolveConflict { path, value: serde_json::Value::Null });
    ion.hears(&ana);

    ana.does(remove);
    ion.does(quantity("4"));
    ana.hears(&ion);

    let conflicts = ana.order().conflicts;
    assert_eq!(conflicts.len(), 1);
    assert_eq!((conflicts[0].others[0].by, &conflicts[0].others[0].value), (Some(ION), &"4".into()));
}
