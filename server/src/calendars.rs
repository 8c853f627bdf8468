//! Calendars and maps that other programs read by a secret address: the visits of one person or of one team. Never writable.

mod feed_map;
mod feed_text;
mod feeds;
mod visits;

pub use feed_map::map_of;
pub use feed_text::calendar_of;
pub use feeds::{CalendarFeed, CalendarFeedFields, CalendarFeedMade, create_feed, list_feeds, revoke_feed};
