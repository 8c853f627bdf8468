//! Which jobs wait for each other. Never knows what a job does.

/// Jobs of one lane run a few at a time; lanes never wait for each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lane {
    /// Tidying up.
    House,
    /// What takes the processor: pictures.
    Pictures,
    /// What follows from an event.
    Events,
    /// One job for each webhook, so that each has a queue of its own.
    Webhooks,
    /// One job for each mail.
    Mail,
    /// One job for each file that is imported.
    Imports,
}

impl Lane {
    pub const ALL: [Self; 6] =
        [Self::House, Self::Pictures, Self::Events, Self::Webhooks, Self::Mail, Self::Imports];

    /// The name stored in rows.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::House => "house",
            Self::Pictures => "pictures",
            Self::Events => "events",
            Self::Webhooks => "webhooks",
            Self::Mail => "mail",
            Self::Imports => "imports",
        }
    }

    /// How many jobs of the lane one node runs at a time. Those that wait for others on the network may be many.
    pub const fn width(self) -> usize {
        match self {
            // Events one after the other, so that receivers hear of them in their order.
            Self::House | Self::Pictures | Self::Events | Self::Imports => 1,
            Self::Webhooks => 64,
            Self::Mail => 4,
        }
    }
}
