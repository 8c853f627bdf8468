//! Decides what happens to a block of bytes. Never touches a socket.

use std::net::SocketAddr;
use std::time::Duration;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::Direction;

/// The faults in force.
#[derive(Debug)]
pub(super) struct FaultPlan {
    pub(super) target: SocketAddr,
    pub(super) is_cut: bool,
    pub(super) delay: Duration,
    lost_replies: Option<LostReplies>,
    to_server: Option<FaultAt>,
    to_client: Option<FaultAt>,
}

#[derive(Debug)]
struct LostReplies {
    /// A reply is lost when the next 32 random bits are below this.
    below: u64,
    random: ChaCha8Rng,
}

/// A fault that happens once, after so many more bytes.
#[derive(Clone, Copy, Debug)]
struct FaultAt {
    bytes_before: u64,
    kind: ByteFault,
}

#[derive(Clone, Copy, Debug)]
enum ByteFault {
    Cut,
    Flip,
}

/// How much of a block is delivered and whether the connection ends after it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) deliver: usize,
    pub(super) ends: bool,
}

impl FaultPlan {
    pub(super) fn none(target: SocketAddr) -> Self {
        Self {
            target,
            is_cut: false,
            delay: Duration::ZERO,
            lost_replies: None,
            to_server: None,
            to_client: None,
        }
    }

    pub(super) fn lose_replies(&mut self, probability: f64, seed: u64) {
        assert!((0.0..=1.0).contains(&probability), "a probability lies between 0 and 1");
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and 2 to the 32nd"
        )]
        let below = (probability * 2_f64.powi(32)) as u64;
        self.lost_replies =
            (below > 0).then(|| LostReplies { below, random: ChaCha8Rng::seed_from_u64(seed) });
    }

    pub(super) fn cut_after(&mut self, direction: Direction, bytes: u64) {
        *self.armed(direction) = Some(FaultAt { bytes_before: bytes, kind: ByteFault::Cut });
    }

    pub(super) fn flip_after(&mut self, direction: Direction, bytes: u64) {
        *self.armed(direction) = Some(FaultAt { bytes_before: bytes, kind: ByteFault::Flip });
    }

    /// Applies the faults to a block that arrived; may change it.
    pub(super) fn judge(
        &mut self,
        direction: Direction,
        is_first_of_reply: bool,
        block: &mut [u8],
    ) -> Verdict {
        if is_first_of_reply && self.loses_this_reply() {
            return Verdict { deliver: 0, ends: true };
        }
        let whole = Verdict { deliver: block.len(), ends: false };
        let armed = self.armed(direction);
        let Some(fault) = *armed else { return whole };
        let within = usize::try_from(fault.bytes_before).ok().filter(|position| match fault.kind {
            ByteFault::Cut => *position <= block.len(),
            ByteFault::Flip => *position < block.len(),
        });
        let Some(position) = within else {
            *armed = Some(FaultAt { bytes_before: fault.bytes_before - block.len() as u64, ..fault });
            return whole;
        };
        *armed = None;
        match fault.kind {
            ByteFault::Cut => Verdict { deliver: position, ends: true },
            ByteFault::Flip => {
                block[position] ^= 1;
                whole
            }
        }
    }

    fn loses_this_reply(&mut self) -> bool {
        self.lost_replies.as_mut().is_some_and(|lost| u64::from(lost.random.next_u32()) < lost.below)
    }

    fn armed(&mut self, direction: Direction) -> &mut Option<FaultAt> {
        match direction {
            Direction::ToServer => &mut self.to_server,
            Direction::ToClient => &mut self.to_client,
        }
    }
}
