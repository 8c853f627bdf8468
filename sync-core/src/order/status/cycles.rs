//! Finds events that come after themselves, which only damage or malice writes. Never recurses.

/// Names for every event the circle of events it belongs to; events in no circle each have a number of their own.
///
/// Tarjan's algorithm (SIAM J. Comput. 1972) with the call stack kept in a vector.
pub fn circles(parents: &[Vec<usize>]) -> Vec<usize> {
    let mut search = Search::new(parents.len());
    for root in 0..parents.len() {
        if search.number[root] == UNSEEN {
            search.run(root, parents);
        }
    }
    search.circle
}

const UNSEEN: usize = usize::MAX;

struct Search {
    /// When an event was first seen.
    number: Vec<usize>,
    /// The earliest event still open that can be reached from here.
    lowest: Vec<usize>,
    /// The circle an event was found to belong to; `UNSEEN` while that is open.
    circle: Vec<usize>,
    open: Vec<usize>,
    seen_count: usize,
    circle_count: usize,
}

impl Search {
    fn new(event_count: usize) -> Self {
        Self {
            number: vec![UNSEEN; event_count],
            lowest: vec![UNSEEN; event_count],
            circle: vec![UNSEEN; event_count],
            open: Vec::new(),
            seen_count: 0,
            circle_count: 0,
        }
    }

    fn run(&mut self, root: usize, parents: &[Vec<usize>]) {
        self.enter(root);
        let mut visits = vec![(root, 0)];
        while let Some((event, next_parent)) = visits.last_mut() {
            let event = *event;
            let Some(&parent) = parents[event].get(*next_parent) else {
                visits.pop();
                self.leave(event, visits.last().map(|(child, _)| *child));
                continue;
            };
            *next_parent += 1;
            if self.number[parent] == UNSEEN {
                self.enter(parent);
                visits.push((parent, 0));
            } else if self.circle[parent] == UNSEEN {
                self.lowest[event] = self.lowest[event].min(self.number[parent]);
            }
        }
    }

    fn enter(&mut self, event: usize) {
        self.number[event] = self.seen_count;
        self.lowest[event] = self.seen_count;
        self.seen_count += 1;
        self.open.push(event);
    }

    fn leave(&mut self, event: usize, child: Option<usize>) {
        if self.lowest[event] == self.number[event] {
            while let Some(member) = self.open.pop() {
                self.circle[member] = self.circle_count;
                if member == event {
                    break;
                }
            }
            self.circle_count += 1;
        }
        if let Some(child) = child {
            self.lowest[child] = self.lowest[child].min(self.lowest[event]);
        }
    }
}
