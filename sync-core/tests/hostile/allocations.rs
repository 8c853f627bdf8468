//! Counts what the current thread allocates, so that a test can bound it; never changes how memory is served.
#![expect(
    unsafe_code,
    reason = "a global allocator is unsafe by its signature; every call goes to the system's"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

pub struct Counting;

thread_local! {
    static LIVE_BYTES: Cell<isize> = const { Cell::new(0) };
    static PEAK_BYTES: Cell<isize> = const { Cell::new(0) };
}

/// Runs `work` and returns its result with the most bytes it held at once.
pub fn peak_bytes_of<T>(work: impl FnOnce() -> T) -> (T, isize) {
    let before = LIVE_BYTES.get();
    PEAK_BYTES.set(before);
    let result = work();
    (result, PEAK_BYTES.get() - before)
}

fn count(change_bytes: isize) {
    // A thread that is shutting down may have dropped its counters.
    let live = LIVE_BYTES.try_with(|live| {
        live.set(live.get() + change_bytes);
        live.get()
    });
    if let Ok(live) = live {
        let _ = PEAK_BYTES.try_with(|peak| peak.set(peak.get().max(live)));
    }
}

// SAFETY: every call is passed on unchanged to the system allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size().cast_signed());
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(-layout.size().cast_signed());
        // SAFETY: `pointer` came from `System` with this layout.
        unsafe { System.dealloc(pointer, layout) }
    }
}
