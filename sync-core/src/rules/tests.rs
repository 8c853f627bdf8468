//! The table of rules, cell by cell.

use super::*;

/// `.` allowed, `r` role forbidden, `n` not assigned, `c` closed, `w` wrong moment; columns are phases.
fn row(kind: CommandKind, standing: Standing) -> String {
    let cell = |phase| match permits(kind, standing, phase) {
        Ok(()) => '.',
        Err(Refused::RoleForbidden) => 'r',
        Err(Refused::NotAssigned) => 'n',
        Err(Refused::OrderClosed) => 'c',
        Err(Refused::WrongMoment) => 'w',
        Err(other) => panic!("the table never answers {other:?}"),
    };
    Phase::ALL.into_iter().map(cell).collect()
}

fn check_row(kind: CommandKind, expected: [&str; 7]) {
    assert_eq!(Standing::ALL.map(|standing| row(kind, standing)), expected, "{kind:?}");
}

#[test]
fn every_cell_of_the_table_is_as_written() {
    // Columns: absent, open, done, ended. Rows: system, office, crew, creator, offered, outsider,
    // reader.
    let work = ["w...", "w..c", "w..c", "w..c", "wnnn", "wnnn", "wrrr"];
    let settle = ["w...", "w...", "w..c", "w..c", "wnnn", "wnnn", "wrrr"];
    let plan = ["w...", "w..c", "wrrr", "w..c", "wnnn", "wnnn", "wrrr"];

    check_row(CommandKind::Create, [".www", ".www", ".www", ".www", ".www", ".www", "rrrr"]);
    check_row(CommandKind::Plan, plan);
    check_row(CommandKind::Crew, plan);
    check_row(CommandKind::Take, ["w...", "wrrr", "w..c", "w..c", "w.nn", "wnnn", "wrrr"]);
    check_row(CommandKind::Visit, ["w...", "wrrr", "w..c", "w..c", "wnnn", "wnnn", "wrrr"]);
    check_row(CommandKind::CorrectStamp, ["w...", "w...", "wrrr", "wrrr", "wnnn", "wnnn", "wrrr"]);
    for kind in [
        CommandKind::Line,
        CommandKind::Checklist,
        CommandKind::Photo,
        CommandKind::Signature,
        CommandKind::Expense,
    ] {
        check_row(kind, work);
    }
    for kind in [CommandKind::Note, CommandKind::Payment, CommandKind::ResolveConflict, CommandKind::Decide] {
        check_row(kind, settle);
    }
    check_row(CommandKind::Status, ["w...", "w...", "w...", "w...", "wnnn", "wnnn", "wrrr"]);
    check_row(CommandKind::System, ["w...", "wrrr", "wrrr", "wrrr", "wrrr", "wrrr", "wrrr"]);
}
