//! Honest changes with a few bytes changed and the checksum repaired, as bad memory would send them.

use proptest::prelude::*;

use crate::builder::body_of;
use crate::fleet::{self, Fleet};
use crate::oracle;

#[derive(Debug, Clone)]
enum Damage {
    Flip { at: usize, bit: u8 },
    Replace { at: usize, with: u8 },
    Insert { at: usize, byte: u8 },
    Remove { at: usize },
}

fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        (any::<usize>(), 0..8_u8).prop_map(|(at, bit)| Damage::Flip { at, bit }),
        (any::<usize>(), any::<u8>()).prop_map(|(at, with)| Damage::Replace { at, with }),
        (any::<usize>(), any::<u8>()).prop_map(|(at, byte)| Damage::Insert { at, byte }),
        any::<usize>().prop_map(|at| Damage::Remove { at }),
    ]
}

fn inflict(body: &mut Vec<u8>, damage: &[Damage]) {
    for damage in damage {
        let length = body.len().max(1);
        match *damage {
            Damage::Flip { at, bit } => body[at % length] ^= 1 << bit,
            Damage::Replace { at, with } => body[at % length] = with,
            Damage::Insert { at, byte } => body.insert(at % length, byte),
            Damage::Remove { at } => drop(body.remove(at % length)),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    // covers: F5
    #[test]
    fn what_the_prescan_passes_expands_to_exactly_what_it_counted(
        steps in fleet::steps(),
        damages in prop::collection::vec(prop::collection::vec(damage(), 0..4), 40),
    ) {
        let changes = Fleet::play(&steps).changes();
        for (change, damage) in changes.iter().cycle().zip(&damages) {
            let mut body = body_of(change.raw_bytes()).to_vec();
            inflict(&mut body, damage);

            prop_assert_eq!(oracle::disagreement(&body), None);
        }
    }
}
