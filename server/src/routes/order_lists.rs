//! Lists of orders under names, and calendars that other programs read.

use crate::calendars::{CalendarFeedFields, CalendarFeedMade};
use crate::http::calendars::{self, CalendarFeedList};
use crate::http::error::Code;
use crate::http::exports::{self, ExportListRequest};
use crate::http::operation::{Access, Operation, Ownership};
use crate::http::saved_views::{self, SavedViewList};
use crate::http::scope::Scope;
use crate::orders::saved_views::{SavedView, SavedViewFields};
use crate::routes::table_file;

pub fn operations() -> Vec<Operation> {
    let read = |row: Operation| row.scope(Scope::OrdersRead);
    let write = |row: Operation| row.scope(Scope::OrdersWrite);
    vec![
        read(Operation::get("/v1/saved-views", "listSavedViews"))
            .says("Lists the views that are shared or the caller's own")
            .answers::<SavedViewList>(200)
            .to(saved_views::list_views),
        table_file(read(Operation::get("/v1/saved-views/export", "exportSavedViews")))
            .says("Writes the views that are shared or the caller's own into a file, CSV or XLSX")
            .query::<ExportListRequest>()
            .to(exports::export_saved_views),
        write(Operation::post("/v1/saved-views", "createSavedView"))
            .says("Saves a filter, a sort and columns under a name; only the office shares")
            .versioned()
            .body::<SavedViewFields>()
            .answers::<SavedView>(201)
            .refuses(&[Code::RoleForbidden])
            .to(saved_views::create_view),
        write(Operation::put("/v1/saved-views/{id}", "updateSavedView"))
            .says("Writes every field of a view")
            .ownership(Ownership::Own)
            .conditional()
            .versioned()
            .body::<SavedViewFields>()
            .answers::<SavedView>(200)
            .refuses(&[Code::RoleForbidden])
            .to(saved_views::update_view),
        write(Operation::delete("/v1/saved-views/{id}", "deleteSavedView"))
            .says("Takes a view away")
            .ownership(Ownership::Own)
            .answers_nothing(204)
            .refuses(&[Code::RoleForbidden])
            .to(saved_views::delete_view),
        Operation::get("/v1/calendar-feeds", "listCalendarFeeds")
            .says("Lists secret addresses of calendars, without the addresses")
            .scope(Scope::IntegrationsRead)
            .answers::<CalendarFeedList>(200)
            .to(calendars::list_feeds),
        table_file(Operation::get("/v1/calendar-feeds/export", "exportCalendarFeeds"))
            .says("Writes the list of secret addresses, without the addresses, into a file, CSV or XLSX")
            .scope(Scope::IntegrationsRead)
            .query::<ExportListRequest>()
            .to(exports::export_calendar_feeds),
        Operation::post("/v1/calendar-feeds", "createCalendarFeed")
            .says("Makes the secret address of a person's or a team's calendar; it is shown once")
            .scope(Scope::IntegrationsWrite)
            .body::<CalendarFeedFields>()
            .answers::<CalendarFeedMade>(201)
            .refuses(&[Code::RoleForbidden])
            .to(calendars::create_feed),
        Operation::delete("/v1/calendar-feeds/{id}", "revokeCalendarFeed")
            .says("Ends the secret address of a calendar")
            .ownership(Ownership::Person(Access::Office))
            .scope(Scope::IntegrationsWrite)
            .answers_nothing(204)
            .to(calendars::revoke_feed),
        Operation::get("/calendar/{token}", "readCalendar")
            .says("Reads a calendar by its secret address (iCalendar), or a map of the same visits (GeoJSON)")
            .access(Access::Public)
            .text_parameter("token")
            .answers_bytes(200, &["text/calendar", "application/geo+json"])
            .to(calendars::get_calendar),
    ]
}
