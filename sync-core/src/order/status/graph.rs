//! The causal graph of the status events. Never trusts `after`: what damage or malice wrote there is cut and named.

use std::collections::{BTreeMap, BTreeSet};

use super::bits::{self, BitMatrix};
use super::cycles;
use super::{StatusEvent, VoidReason};
use crate::ids::EntryId;

/// The events by position, their positions being the order of their ids.
pub struct CausalGraph<'a> {
    pub ids: Vec<EntryId>,
    pub events: Vec<&'a StatusEvent>,
    /// The events each one names in `after`, as far as they exist and do not come after it.
    pub parents: Vec<Vec<usize>>,
    /// What was wrong with the `after` of an event.
    pub damage: Vec<Option<VoidReason>>,
    /// Every event after its whole past; among those that could come next, the smallest id.
    pub order: Vec<usize>,
    /// The whole past of each event, without itself.
    pub past: BitMatrix,
}

impl<'a> CausalGraph<'a> {
    /// Reads the graph. An event is known by the key it is stored under, whatever its `id` says.
    pub fn new(events: &'a BTreeMap<EntryId, StatusEvent>) -> Self {
        let ids: Vec<EntryId> = events.keys().copied().collect();
        let events: Vec<&StatusEvent> = events.values().collect();
        let mut damage = vec![None; ids.len()];
        let mut parents: Vec<Vec<usize>> = Vec::with_capacity(ids.len());
        for (event, damage) in events.iter().zip(&mut damage) {
            let named: BTreeSet<EntryId> = event.after.iter().copied().collect();
            let known: Vec<usize> = named.iter().filter_map(|id| ids.binary_search(id).ok()).collect();
            if known.len() < named.len() {
                *damage = Some(VoidReason::UnknownPast);
            }
            parents.push(known);
        }
        cut_circles(&mut parents, &mut damage);
        let order = causal_order(&parents);
        let past = pasts(&parents, &order);
        Self { ids, events, parents, damage, order, past }
    }

    /// The newest events, in the order of their ids.
    pub fn heads(&self) -> Vec<usize> {
        let mut superseded = self.past.empty_row();
        for event in 0..self.ids.len() {
            bits::union(&mut superseded, self.past.row(event));
        }
        (0..self.ids.len()).filter(|event| !bits::contains(&superseded, *event)).collect()
    }

    /// Leaves in a set only the events that are in the past of no other member.
    pub fn keep_newest(&self, set: &mut [u64]) {
        let mut superseded = self.past.empty_row();
        for event in bits::members(set) {
            bits::union(&mut superseded, self.past.row(event));
        }
        bits::subtract(set, &superseded);
    }
}

fn cut_circles(parents: &mut [Vec<usize>], damage: &mut [Option<VoidReason>]) {
    let circle = cycles::circles(parents);
    for (event, parents) in parents.iter_mut().enumerate() {
        let named_count = parents.len();
        parents.retain(|parent| circle[*parent] != circle[event]);
        if parents.len() < named_count {
            damage[event] = Some(VoidReason::CyclicPast);
        }
    }
}

fn causal_order(parents: &[Vec<usize>]) -> Vec<usize> {
    let mut children = vec![Vec::new(); parents.len()];
    let mut missing_count: Vec<usize> = parents.iter().map(Vec::len).collect();
    for (event, parents) in parents.iter().enumerate() {
        parents.iter().for_each(|parent| children[*parent].push(event));
    }
    let mut ready: BTreeSet<usize> = (0..parents.len()).filter(|event| missing_count[*event] == 0).collect();
    let mut order = Vec::with_capacity(parents.len());
    while let Some(event) = ready.pop_first() {
        order.push(event);
        for child in &children[event] {
            missing_count[*child] -= 1;
            if missing_count[*child] == 0 {
                ready.insert(*child);
            }
        }
    }
    order
}

fn pasts(parents: &[Vec<usize>], order: &[usize]) -> BitMatrix {
    let mut past = BitMatrix::new(parents.len());
    let mut row = past.empty_row();
    for event in order {
        row.fill(0);
        for parent in &parents[*event] {
            bits::union(&mut row, past.row(*parent));
            bits::insert(&mut row, *parent);
        }
        past.add_all(*event, &row);
    }
    past
}
