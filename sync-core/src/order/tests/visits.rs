//! The moments of a visit: pauses and their reasons, taps that come twice, and steps out of order.

use super::visit::{Interruption, Visit, VisitState};
use super::*;

fn moment(byte: u8) -> VisitStamp {
    stamp(byte, None)
}

fn pause(byte: u8, reason: &str) -> OrderCommand {
    OrderCommand::Pause(VisitStamp { reason: Some(reason.to_owned()), ..moment(byte) })
}

fn resume(byte: u8) -> OrderCommand {
    OrderCommand::Resume(moment(byte))
}

/// Ana, who checked in with stamp 0x30.
fn ana_on_site() -> Hand {
    let mut ana = Hand::copy_of(&assigned_order(), ANA, Role::Technician);
    ana.does(OrderCommand::CheckIn(moment(0x30)));
    ana
}

fn visit_of(hand: &Hand) -> Visit {
    hand.order().visits.remove(&id(0x50)).unwrap()
}

fn at(hand: &Hand, stamp: u8) -> TimeClaim {
    hand.order().stamps[&id(stamp)].at
}

fn interruption(hand: &Hand, began: u8, until: Option<u8>, reason: &str) -> Interruption {
    Interruption {
        began: id(began),
        from: at(hand, began),
        until: until.map(|until| at(hand, until)),
        reason: Some(reason.to_owned()),
    }
}

#[test]
fn a_pause_without_a_reason_is_refused_and_leaves_the_visit_as_it_was() {
    let mut ana = ana_on_site();
    let before = ana.order();

    let silent = ana.try_do(&OrderCommand::Pause(moment(0x31))).unwrap_err();
    let blank = ana.try_do(&pause(0x31, "  ")).unwrap_err();

    assert_eq!((&silent, silent.code()), (&Refused::ReasonRequired, "reason_required"));
    assert_eq!(blank, Refused::InvalidValue { field: "reason" });
    assert_eq!(ana.order(), before);
}

#[test]
fn each_pause_lasts_from_its_tap_until_work_goes_on_or_the_technician_leaves() {
    let mut ana = ana_on_site();

    ana.does(pause(0x31, "lunch"));
    let paused = visit_of(&ana);
    ana.does(resume(0x32));
    let resumed = visit_of(&ana);
    ana.does(pause(0x33, "waiting for a part"));
    ana.does(OrderCommand::CheckOut(moment(0x34)));
    let left = visit_of(&ana);

    assert_eq!(
        (paused.state, paused.pauses),
        (VisitState::Paused, vec![interruption(&ana, 0x31, None, "lunch")])
    );
    let lunch = interruption(&ana, 0x31, Some(0x32), "lunch");
    assert!(lunch.until.unwrap().estimated > lunch.from.estimated);
    assert_eq!((resumed.state, resumed.pauses), (VisitState::OnSite, vec![lunch.clone()]));
    let waiting = interruption(&ana, 0x33, Some(0x34), "waiting for a part");
    assert_eq!((left.state, left.pauses), (VisitState::Done, vec![lunch, waiting]));
    assert_eq!((left.arrived, left.left), (Some(at(&ana, 0x30)), Some(at(&ana, 0x34))));
}

#[test]
fn the_office_corrects_when_a_pause_began_and_the_tap_stays() {
    let mut ana = ana_on_site();
    ana.does(pause(0x31, "lunch")).does(resume(0x32));
    let mut office = Hand::copy_of(&ana, OFFICE, Role::Dispatcher);
    let earlier = TimeClaim::by_server(Timestamp(2_500));

    office.does(OrderCommand::CorrectStamp {
        stamp: id(0x40),
        corrects: id(0x31),
        at: earlier,
        reason: "tapped late".to_owned(),
    });

    let lunch = interruption(&office, 0x31, Some(0x32), "lunch");
    assert_ne!(at(&office, 0x31), earlier);
    assert_eq!(visit_of(&office).pauses, [Interruption { from: earlier, ..lunch }]);
}

#[test]
fn a_tap_that_is_sent_again_changes_nothing_and_a_second_tap_is_refused() {
    let mut ana = ana_on_site();
    ana.does(pause(0x31, "lunch"));

    let sent_again = ana.try_do(&pause(0x31, "lunch"));
    let tapped_again = ana.try_do(&pause(0x32, "lunch"));

    assert_eq!(sent_again, Ok(None));
    assert_eq!(tapped_again, Err(Refused::VisitStep { state: VisitState::Paused }));
    ana.does(resume(0x33));
    let sent_again = ana.try_do(&resume(0x33));
    let tapped_again = ana.try_do(&resume(0x34));
    assert_eq!(sent_again, Ok(None));
    assert_eq!(tapped_again, Err(Refused::VisitStep { state: VisitState::OnSite }));
    assert_eq!(visit_of(&ana).pauses, [interruption(&ana, 0x31, Some(0x33), "lunch")]);
}

#[test]
fn taps_on_two_devices_that_have_not_met_are_one_pause() {
    let mut phone = ana_on_site();
    let mut tablet = Hand::copy_of(&phone, ANA, Role::Technician);
    tablet.actor = ActorId::from_bytes([0xA2; 16]);
    tablet.clock = 50_000;

    phone.does(pause(0x31, "lunch"));
    tablet.does(pause(0x32, "lunch"));
    phone.hears(&tablet);
    phone.does(resume(0x33));
    tablet.does(resume(0x34)).hears(&phone);
    phone.hears(&tablet);

    let visit = visit_of(&phone);
    assert_eq!(visit.pauses, [interruption(&phone, 0x31, Some(0x34), "lunch")]);
    assert_eq!((visit.state, visit.stamp_count), (VisitState::OnSite, 5));
    assert_eq!(visit_of(&tablet), visit);
}

#[test]
fn steps_out_of_order_are_refused_with_how_far_the_visit_has_come() {
    let travel = || OrderCommand::StartTravel(moment(0x20));
    let check_in = || OrderCommand::CheckIn(moment(0x21));
    let check_out = || OrderCommand::CheckOut(moment(0x22));
    let (pause, resume) = (|| pause(0x23, "lunch"), || resume(0x24));
    let cases = [
        (vec![], vec![pause(), resume(), check_out()], VisitState::Planned),
        (vec![travel()], vec![pause(), resume(), check_out()], VisitState::Traveling),
        (vec![check_in()], vec![travel(), resume()], VisitState::OnSite),
        (vec![check_in(), pause()], vec![travel()], VisitState::Paused),
        (vec![check_in(), check_out()], vec![travel(), pause(), resume()], VisitState::Done),
    ];
    for (done, refused, state) in cases {
        let mut ana = Hand::copy_of(&assigned_order(), ANA, Role::Technician);
        for command in done {
            ana.does(command);
        }
        let before = ana.order();

        for command in refused {
            assert_eq!(ana.try_do(&command), Err(Refused::VisitStep { state }), "{command:?}");
        }

        assert_eq!(ana.order(), before);
    }
}

#[test]
fn arriving_and_leaving_happen_once() {
    let mut ana = ana_on_site();

    let arrived_again = ana.try_do(&OrderCommand::CheckIn(moment(0x31)));
    ana.does(OrderCommand::CheckOut(moment(0x32)));
    let left_again = ana.try_do(&OrderCommand::CheckOut(moment(0x33)));

    assert_eq!(arrived_again, Err(Refused::VisitStep { state: VisitState::OnSite }));
    assert_eq!(left_again, Err(Refused::VisitStep { state: VisitState::Done }));
}

#[test]
fn a_visit_is_paused_only_by_whose_it_is() {
    let ana = ana_on_site();
    let mut ion = Hand::copy_of(&ana, ION, Role::Technician);
    let mut office = Hand::copy_of(&ana, OFFICE, Role::Dispatcher);

    for hand in [&mut ion, &mut office] {
        assert_eq!(hand.try_do(&pause(0x31, "lunch")), Err(Refused::RoleForbidden));
    }
}
