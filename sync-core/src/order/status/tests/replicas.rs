//! Random lives of three replicas that exchange parts of what they know. Never lets a replica see the others' state.

use proptest::prelude::*;
use proptest::sample::Index;

use super::super::*;
use super::build::{Events, event, field_service, id};
use super::reference::{reference_fold, summary_of};
use crate::time::Timestamp;

const REPLICA_COUNT: usize = 3;

/// One thing that happens to a replica.
#[derive(Debug, Clone)]
enum Happening {
    /// Somebody takes a legal step, or repeats where the order stands.
    Step { replica: Index, role: Role, choice: Index, id: u32, reason: bool },
    /// A replica hears the oldest part of what another knows.
    Hear { replica: Index, from: Index, part: Index },
}

fn happening() -> impl Strategy<Value = Happening> {
    let role = prop::sample::select(vec![Role::Admin, Role::Dispatcher, Role::Technician, Role::System]);
    let step = (any::<Index>(), role, any::<Index>(), any::<u32>(), any::<bool>()).prop_map(
        |(replica, role, choice, id, reason)| Happening::Step { replica, role, choice, id, reason },
    );
    let hear = (any::<Index>(), any::<Index>(), any::<Index>())
        .prop_map(|(replica, from, part)| Happening::Hear { replica, from, part });
    prop_oneof![3 => step, 2 => hear]
}

/// Plays the happenings and returns what each replica knows at the end, nothing being lost between them.
fn play(happenings: &[Happening]) -> Result<Vec<Events>, TestCaseError> {
    let mut replicas = vec![Events::new(); REPLICA_COUNT];
    for happening in happenings {
        match happening {
            Happening::Step { replica, role, choice, id, reason } => {
                step(&mut replicas[replica.index(REPLICA_COUNT)], *role, choice, *id, *reason)?;
            }
            Happening::Hear { replica, from, part } => {
                let known = oldest_part(&replicas[from.index(REPLICA_COUNT)], part);
                replicas[replica.index(REPLICA_COUNT)].extend(known);
            }
        }
    }
    Ok(replicas)
}

fn step(known: &mut Events, role: Role, choice: &Index, n: u32, reason: bool) -> Result<(), TestCaseError> {
    let before = fold(field_service(), known);
    let steps = field_service().transitions_from(&before.state, role);
    let mut ends: Vec<&StateKey> = steps.iter().map(|step| &step.to).collect();
    ends.push(&before.state);
    let draft = event(n, role, choice.get(&ends).as_str(), &[]);
    let reason = reason.then(|| "why".to_owned());
    known.insert(id(n), StatusEvent { after: before.heads.clone(), reason, ..draft.clone() });

    let after = fold(field_service(), known);

    prop_assert_eq!(&after.state, &draft.to);
    prop_assert_eq!(&after.heads, &[id(n)]);
    prop_assert_eq!(after.attention, before.attention, "what met before the step is still to be decided");
    Ok(())
}

/// A causally closed part of what a replica knows, as a server hands over pages.
fn oldest_part(known: &Events, part: &Index) -> Events {
    let history = fold(field_service(), known).history;
    let count = part.index(history.len() + 1);
    history[..count].iter().map(|step| (step.id, known[&step.id].clone())).collect()
}

fn merged(replicas: &[Events], order: &[usize]) -> Events {
    order.iter().flat_map(|replica| replicas[*replica].clone()).collect()
}

/// Distinct ids, so that no two events share one by chance.
fn lives() -> impl Strategy<Value = Vec<Happening>> {
    prop::collection::vec(happening(), 0..24).prop_map(|mut happenings| {
        let mut taken = std::collections::BTreeSet::new();
        for happening in &mut happenings {
            if let Happening::Step { id, .. } = happening {
                while !taken.insert(*id) {
                    *id = id.wrapping_add(1);
                }
            }
        }
        happenings
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    // covers: C3
    #[test]
    fn replicas_that_know_the_same_events_stand_in_the_same_status(lives in lives()) {
        let replicas = play(&lives)?;

        let folded = fold(field_service(), &merged(&replicas, &[0, 1, 2]));

        prop_assert_eq!(&fold(field_service(), &merged(&replicas, &[2, 0, 1])), &folded);
        prop_assert_eq!(summary_of(&folded), reference_fold(field_service(), &merged(&replicas, &[1, 2, 0])));
    }

    #[test]
    fn a_step_that_was_legal_where_it_was_taken_stays_legal_everywhere(lives in lives()) {
        let replicas = play(&lives)?;

        prop_assert_eq!(fold(field_service(), &merged(&replicas, &[0, 1, 2])).void, vec![]);
    }

    #[test]
    fn what_somebody_had_to_decide_before_the_last_step_is_not_taken_back_by_hearing_more(lives in lives()) {
        let replicas = play(&lives)?;

        let folded = fold(field_service(), &merged(&replicas, &[0, 1, 2]));

        for known in &replicas {
            let recorded = fold(field_service(), known);
            if recorded.heads.len() == 1 {
                prop_assert!(recorded.attention.iter().all(|item| folded.attention.contains(item)));
            }
        }
    }

    #[test]
    fn clocks_decide_nothing(lives in lives(), clocks in prop::collection::vec(any::<i64>(), 24)) {
        let known = merged(&play(&lives)?, &[0, 1, 2]);
        let mut skewed = known.clone();
        for (event, clock) in skewed.values_mut().zip(clocks) {
            event.at = TimeClaim::by_server(Timestamp(clock));
        }

        let (folded, skewed) = (fold(field_service(), &known), fold(field_service(), &skewed));

        prop_assert_eq!(summary_of(&folded), summary_of(&skewed));
        let order = |folded: &FoldedStatus| folded.history.iter().map(|step| step.id).collect::<Vec<EntryId>>();
        prop_assert_eq!(order(&folded), order(&skewed));
    }
}
