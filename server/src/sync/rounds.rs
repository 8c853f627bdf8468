//! Does together what waits at the same time: work of one organization goes in rounds. Never makes work wait that finds
//! nothing under way.
//!
//! Whoever comes while a round is under way is part of the next one, so that rounds grow with the crowd: one transaction
//! instead of many. A round runs in a task of its own and ends even when everybody who waits for it is gone.

use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sync_core::ids::OrganizationId;
use tokio::sync::oneshot;

use crate::store::{Result, StoreError};

/// The work that waits, by organization; an organization without an entry has no round under way.
pub(crate) struct Rounds<T: Round> {
    waiting: Arc<Mutex<HashMap<OrganizationId, VecDeque<Waiting<T>>>>>,
}

/// Work that somebody waits for.
struct Waiting<T: Round> {
    job: T::Job,
    answer: Answer<T>,
}

type Answer<T> = oneshot::Sender<Result<<T as Round>::Outcome>>;

impl<T: Round> Default for Rounds<T> {
    fn default() -> Self {
        Self { waiting: Arc::default() }
    }
}

impl<T: Round> Clone for Rounds<T> {
    fn clone(&self) -> Self {
        Self { waiting: Arc::clone(&self.waiting) }
    }
}

/// How rounds are put together and done.
pub(crate) trait Round: Send + Sync + 'static {
    type Job: Send + 'static;
    type Outcome: Send + 'static;

    /// Whether a job can be part of a round that these jobs are part of.
    fn has_room(round: &[Self::Job], job: &Self::Job) -> bool;

    /// Does the jobs of one round and returns an outcome for each, in order.
    fn run(
        &self,
        organization: OrganizationId,
        jobs: Vec<Self::Job>,
    ) -> impl Future<Output = Vec<Result<Self::Outcome>>> + Send;
}

impl<T: Round> Rounds<T> {
    /// Adds a job and waits until a round has done it.
    ///
    /// # Errors
    ///
    /// What the round says of this job.
    pub(crate) async fn join(
        &self,
        organization: OrganizationId,
        job: T::Job,
        round: T,
    ) -> Result<T::Outcome> {
        let (answer, answered) = oneshot::channel();
        if self.is_first_to_wait(organization, Waiting { job, answer }) {
            tokio::spawn(self.clone().run(organization, round));
        }
        answered.await.map_err(|_| StoreError::internal("a round was interrupted"))?
    }

    /// Lets work wait; true when no round is under way that would take it along.
    fn is_first_to_wait(&self, organization: OrganizationId, work: Waiting<T>) -> bool {
        let mut waiting = self.lock();
        let is_under_way = waiting.contains_key(&organization);
        waiting.entry(organization).or_default().push_back(work);
        !is_under_way
    }

    /// Does rounds until nobody waits.
    async fn run(self, organization: OrganizationId, round: T) {
        let mut under_way = UnderWay { rounds: &self, organization, is_over: false };
        while let Some((jobs, answers)) = under_way.next() {
            let outcomes = round.run(organization, jobs).await;
            for (answer, outcome) in answers.into_iter().zip(outcomes) {
                // Whoever asked may be gone; what was done is done.
                let _ = answer.send(outcome);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<OrganizationId, VecDeque<Waiting<T>>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Stands for the organization's entry. A round that panics takes those who wait with it, and the next comer begins anew.
struct UnderWay<'a, T: Round> {
    rounds: &'a Rounds<T>,
    organization: OrganizationId,
    is_over: bool,
}

/// Jobs, and where their outcomes go.
type NextRound<T> = (Vec<<T as Round>::Job>, Vec<Answer<T>>);

impl<T: Round> UnderWay<'_, T> {
    /// The next round: the first who waits, and everybody who fits beside; `None` when nobody waits any more.
    fn next(&mut self) -> Option<NextRound<T>> {
        let mut waiting = self.rounds.lock();
        let queue = waiting.get_mut(&self.organization)?;
        let (mut jobs, mut answers, mut later) = (Vec::new(), Vec::new(), VecDeque::new());
        for one in queue.drain(..) {
            if jobs.is_empty() || T::has_room(&jobs, &one.job) {
                jobs.push(one.job);
                answers.push(one.answer);
            } else {
                later.push_back(one);
            }
        }
        *queue = later;
        if jobs.is_empty() {
            waiting.remove(&self.organization);
            self.is_over = true;
            return None;
        }
        Some((jobs, answers))
    }
}

impl<T: Round> Drop for UnderWay<'_, T> {
    fn drop(&mut self) {
        if !self.is_over {
            self.rounds.lock().remove(&self.organization);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::future::join_all;
    use tokio::sync::Semaphore;

    const ORGANIZATION: OrganizationId = OrganizationId::from_bytes([1; 16]);

    /// Notes which jobs were done together, each round when it is let through. Job 0 panics; odd jobs share no round.
    #[derive(Clone)]
    struct Noted {
        begun: Arc<Semaphore>,
        let_through: Arc<Semaphore>,
        rounds: Arc<Mutex<Vec<Vec<u32>>>>,
    }

    impl Noted {
        fn new() -> Self {
            let closed = || Arc::new(Semaphore::new(0));
            Self { begun: closed(), let_through: closed(), rounds: Arc::default() }
        }

        fn rounds(&self) -> Vec<Vec<u32>> {
            self.rounds.lock().unwrap().clone()
        }
    }

    impl Round for Noted {
        type Job = u32;
        type Outcome = u32;

        fn has_room(round: &[u32], job: &u32) -> bool {
            job.is_multiple_of(2) || round.iter().all(|job| job.is_multiple_of(2))
        }

        async fn run(&self, _: OrganizationId, jobs: Vec<u32>) -> Vec<Result<u32>> {
            self.begun.add_permits(1);
            self.let_through.acquire().await.unwrap().forget();
            assert!(!jobs.contains(&0), "a round with job 0 panics");
            let outcomes = jobs.iter().map(|job| Ok(job * 10)).collect();
            self.rounds.lock().unwrap().push(jobs);
            outcomes
        }
    }

    /// Lets one job begin a round, adds the others meanwhile, lets everything through and returns all outcomes.
    async fn outcomes(noted: &Noted, rounds: &Rounds<Noted>, first: u32, others: &[u32]) -> Vec<Result<u32>> {
        let join = |job| {
            let (rounds, noted) = (rounds.clone(), noted.clone());
            tokio::spawn(async move { rounds.join(ORGANIZATION, job, noted).await })
        };
        let first = join(first);
        noted.begun.acquire().await.unwrap().forget();
        let others: Vec<_> = others.iter().copied().map(join).collect();
        tokio::task::yield_now().await;
        noted.let_through.add_permits(100);
        let all = join_all(std::iter::once(first).chain(others)).await;
        all.into_iter().map(|outcome| outcome.unwrap()).collect()
    }

    #[tokio::test]
    async fn those_who_come_while_a_round_is_under_way_share_the_next() {
        let noted = Noted::new();

        let outcomes = outcomes(&noted, &Rounds::default(), 2, &[4, 6, 8, 10]).await;

        assert_eq!(noted.rounds(), [vec![2], vec![4, 6, 8, 10]]);
        let outcomes: Vec<_> = outcomes.into_iter().map(Result::unwrap).collect();
        assert_eq!(outcomes, [20, 40, 60, 80, 100]);
    }

    #[tokio::test]
    async fn who_does_not_fit_waits_for_the_next_round_and_keeps_the_place() {
        let noted = Noted::new();

        outcomes(&noted, &Rounds::default(), 2, &[1, 3, 4, 5]).await;

        assert_eq!(noted.rounds(), [vec![2], vec![1, 4], vec![3], vec![5]]);
    }

    #[tokio::test]
    async fn a_round_that_panics_fails_those_who_wait_and_the_next_comer_begins_anew() {
        let (noted, rounds) = (Noted::new(), Rounds::default());

        let failed = outcomes(&noted, &rounds, 0, &[2]).await;
        let later = rounds.join(ORGANIZATION, 4, noted.clone()).await;

        assert!(failed.iter().all(Result::is_err), "{failed:?}");
        assert_eq!(later.unwrap(), 40);
    }
}
