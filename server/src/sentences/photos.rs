//! Tells how many photos of an order have not arrived. Never asks why.

use super::words::say;
use crate::messages::Language;

/// Tells of photos that are on their way; nothing when there are none.
pub fn photos_on_their_way(count: usize, language: Language) -> Option<String> {
    (count > 0).then(|| say(language, "photos-on-their-way", &[("count", count.into())]))
}
