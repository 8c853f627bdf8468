//! How many requests one caller and one address may make, and sockets keep open. Never counts what one node did for
//! another.

use std::collections::HashMap;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::refusal::Refusal;

/// The limits of one node.
pub struct Traffic {
    callers: Limit<[u8; 16]>,
    addresses: Limit<IpAddr>,
}

/// A refused socket is tried again after this.
const SOCKET_RETRY_AFTER_S: u32 = 30;

/// The sockets that each address keeps open.
#[derive(Clone)]
pub struct Sockets {
    per_address_max: usize,
    open: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// A socket that counts as long as this lives.
pub struct OpenSocket {
    sockets: Sockets,
    address: Option<IpAddr>,
}

impl Sockets {
    /// 0 means without limit.
    pub fn per_address(per_address_max: usize) -> Self {
        Self { per_address_max, open: Arc::default() }
    }

    /// Counts a socket from an address on the network, where that is known.
    pub fn open(&self, address: Option<IpAddr>) -> Result<OpenSocket, Refusal> {
        if let Some(address) = address {
            let mut open = self.lock();
            let count = open.entry(address).or_default();
            if self.per_address_max > 0 && *count >= self.per_address_max {
                return Err(Refusal::RateLimited { retry_after_s: SOCKET_RETRY_AFTER_S });
            }
            *count += 1;
        }
        Ok(OpenSocket { sockets: self.clone(), address })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for OpenSocket {
    fn drop(&mut self) {
        let Some(address) = self.address else { return };
        let mut open = self.sockets.lock();
        if let Some(count) = open.get_mut(&address) {
            *count -= 1;
            if *count == 0 {
                open.remove(&address);
            }
        }
    }
}

/// No limiter for no limit.
type Limit<K> = Option<DefaultKeyedRateLimiter<K>>;

impl Traffic {
    /// A minute's worth may come at once; 0 means without limit.
    pub fn per_minute(by_caller: u32, by_address: u32) -> Self {
        Self { callers: limit(by_caller), addresses: limit(by_address) }
    }

    /// Counts a request of a person or a token.
    pub fn admit_caller(&self, caller: [u8; 16]) -> Result<(), Refusal> {
        admit(self.callers.as_ref(), &caller)
    }

    /// Counts a request from an address on the network.
    pub fn admit_address(&self, address: IpAddr) -> Result<(), Refusal> {
        admit(self.addresses.as_ref(), &address)
    }

    /// Forgets who has not asked for a while.
    pub fn forget_idle(&self) {
        if let Some(callers) = &self.callers {
            callers.retain_recent();
        }
        if let Some(addresses) = &self.addresses {
            addresses.retain_recent();
        }
    }
}

fn limit<K: std::hash::Hash + Eq + Clone>(per_minute: u32) -> Limit<K> {
    NonZeroU32::new(per_minute).map(|count| RateLimiter::keyed(Quota::per_minute(count)))
}

fn admit<K: std::hash::Hash + Eq + Clone>(
    limiter: Option<&DefaultKeyedRateLimiter<K>>,
    key: &K,
) -> Result<(), Refusal> {
    let Some(Err(too_early)) = limiter.map(|limiter| limiter.check_key(key)) else { return Ok(()) };
    let wait = too_early.wait_time_from(DefaultClock::default().now());
    let retry_after_s = u32::try_from(wait.as_millis().div_ceil(1_000)).unwrap_or(u32::MAX).max(1);
    Err(Refusal::RateLimited { retry_after_s })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_keeps_so_many_sockets_and_gets_another_when_one_ends() {
        let sockets = Sockets::per_address(2);
        let (one, other) = (Some(IpAddr::from([10, 0, 0, 1])), Some(IpAddr::from([10, 0, 0, 2])));

        let first = sockets.open(one).unwrap();
        let _second = sockets.open(one).unwrap();
        assert!(matches!(sockets.open(one), Err(Refusal::RateLimited { .. })));
        assert!(sockets.open(other).is_ok());
        drop(first);

        assert!(sockets.open(one).is_ok());
        assert_eq!(sockets.lock().len(), 1, "an address without sockets is forgotten");
    }

    #[test]
    fn who_asks_too_often_waits_and_nobody_else() {
        let traffic = Traffic::per_minute(2, 0);
        let ask = |caller| traffic.admit_caller([caller; 16]);

        assert!(ask(1).is_ok() && ask(1).is_ok());
        assert!(matches!(ask(1), Err(Refusal::RateLimited { retry_after_s: 1..=30 })));
        assert!(ask(2).is_ok());
        assert!((0..1_000).all(|_| traffic.admit_address(IpAddr::from([127, 0, 0, 1])).is_ok()));
    }
}
