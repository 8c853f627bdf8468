//! How much is measured: enough for a figure, or just enough to see that the benchmark runs. Never in between.

/// The two sizes of every benchmark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    Full,
    Smoke,
}

impl Size {
    pub fn choose<T>(self, full: T, smoke: T) -> T {
        match self {
            Self::Full => full,
            Self::Smoke => smoke,
        }
    }

    /// How often a thing is measured, after a first time that does not count.
    pub fn repetitions(self) -> usize {
        self.choose(5, 1)
    }
}
