//! The few things the two databases say differently, side by side. Never holds a statement that both accept.

use sqlx::AssertSqlSafe;
use sync_core::ids::OrganizationId;

/// Every unique constraint: its name, and the columns by which SQLite reports it.
pub(crate) const UNIQUE_CONSTRAINTS: &[(&str, &str)] = &[
    ("organizations_pkey", "organizations.organization_id"),
    ("users_pkey", "users.organization_id, users.user_id"),
    ("users_email_key", "users.organization_id, users.email"),
    ("devices_pkey", "devices.organization_id, devices.device_id"),
    ("devices_device_id_key", "devices.device_id"),
    ("refresh_families_pkey", "refresh_families.organization_id, refresh_families.family_id"),
    (
        "refresh_tokens_pkey",
        "refresh_tokens.organization_id, refresh_tokens.family_id, refresh_tokens.token_hash",
    ),
    ("audit_pkey", "audit.organization_id, audit.seq"),
    ("audit_heads_pkey", "audit_heads.organization_id"),
    ("jobs_pkey", "jobs.organization_id, jobs.job_id"),
    ("jobs_cause_key", "jobs.organization_id, jobs.kind, jobs.cause"),
    ("reference_heads_pkey", "reference_heads.organization_id"),
    ("reference_rows_pkey", "reference_rows.organization_id, reference_rows.kind, reference_rows.id"),
    ("reference_rows_seq_key", "reference_rows.organization_id, reference_rows.seq"),
    ("customers_pkey", "customers.organization_id, customers.id"),
    ("contacts_pkey", "contacts.organization_id, contacts.id"),
    ("sites_pkey", "sites.organization_id, sites.id"),
    ("catalogue_items_pkey", "catalogue_items.organization_id, catalogue_items.id"),
    ("catalogue_items_code_key", "catalogue_items.organization_id, catalogue_items.code"),
    ("server_settings_pkey", "server_settings.name"),
    ("signing_keys_pkey", "signing_keys.key_id"),
    ("setup_pkey", "setup.token_hash"),
    ("sign_in_failures_pkey", "sign_in_failures.email_hash"),
    ("orders_pkey", "orders.organization_id, orders.order_id"),
    ("changes_pkey", "changes.organization_id, changes.order_id, changes.position"),
    ("changes_hash_key", "changes.organization_id, changes.order_id, changes.hash"),
    ("changes_actor_seq_key", "changes.organization_id, changes.order_id, changes.actor, changes.actor_seq"),
    ("actors_pkey", "actors.organization_id, actors.order_id, actors.actor"),
    ("held_changes_pkey", "held_changes.organization_id, held_changes.order_id, held_changes.hash"),
    (
        "refused_changes_pkey",
        "refused_changes.organization_id, refused_changes.order_id, refused_changes.hash, refused_changes.content_hash",
    ),
    ("order_failures_pkey", "order_failures.organization_id, order_failures.order_id"),
    ("scopes_pkey", "scopes.organization_id, scopes.scope"),
    ("feed_pkey", "feed.organization_id, feed.scope, feed.seq"),
    ("order_numbers_pkey", "order_numbers.organization_id"),
    (
        "order_assignees_pkey",
        "order_assignees.organization_id, order_assignees.order_id, order_assignees.user_id",
    ),
    ("order_summaries_pkey", "order_summaries.organization_id, order_summaries.order_id"),
    ("uploads_pkey", "uploads.organization_id, uploads.upload_id"),
    ("upload_parts_pkey", "upload_parts.organization_id, upload_parts.upload_id, upload_parts.start_offset"),
    ("blobs_pkey", "blobs.organization_id, blobs.sha256"),
    ("order_blobs_pkey", "order_blobs.organization_id, order_blobs.order_id, order_blobs.sha256"),
    ("storage_use_pkey", "storage_use.organization_id, storage_use.user_id"),
    ("document_templates_pkey", "document_templates.organization_id, document_templates.kind"),
    ("equipment_pkey", "equipment.organization_id, equipment.id"),
    (
        "record_alerts_pkey",
        "record_alerts.organization_id, record_alerts.kind, record_alerts.record_id, record_alerts.due_on, record_alerts.days_before",
    ),
    (
        "equipment_moves_pkey",
        "equipment_moves.organization_id, equipment_moves.equipment_id, equipment_moves.version",
    ),
    ("records_pkey", "records.organization_id, records.kind, records.id"),
    ("records_unique_key_key", "records.organization_id, records.kind, records.unique_key"),
    ("api_tokens_pkey", "api_tokens.organization_id, api_tokens.token_id"),
    (
        "idempotency_keys_pkey",
        "idempotency_keys.organization_id, idempotency_keys.principal_id, idempotency_keys.name",
    ),
    ("listeners_pkey", "listeners.organization_id"),
    ("webhooks_pkey", "webhooks.organization_id, webhooks.webhook_id"),
    (
        "webhook_deliveries_pkey",
        "webhook_deliveries.organization_id, webhook_deliveries.webhook_id, webhook_deliveries.delivery_id",
    ),
    (
        "webhook_deliveries_message_key",
        "webhook_deliveries.organization_id, webhook_deliveries.webhook_id, webhook_deliveries.message_id",
    ),
    (
        "notifications_pkey",
        "notifications.organization_id, notifications.user_id, notifications.notification_id",
    ),
    (
        "notifications_cause_key",
        "notifications.organization_id, notifications.user_id, notifications.event, notifications.cause",
    ),
    (
        "notification_preferences_pkey",
        "notification_preferences.organization_id, notification_preferences.user_id",
    ),
    ("messages_pkey", "messages.organization_id, messages.message_id"),
    (
        "messages_cause_key",
        "messages.organization_id, messages.channel, messages.event, messages.cause, messages.address",
    ),
    ("mail_opt_outs_pkey", "mail_opt_outs.organization_id, mail_opt_outs.address_hash"),
    ("export_budgets_pkey", "export_budgets.organization_id, export_budgets.user_id, export_budgets.hour"),
    ("calendar_feeds_pkey", "calendar_feeds.organization_id, calendar_feeds.feed_id"),
    ("calendar_feeds_token_key", "calendar_feeds.token_hash"),
    ("saved_views_pkey", "saved_views.organization_id, saved_views.view_id"),
    ("geocoded_places_pkey", "geocoded_places.organization_id, geocoded_places.query"),
    ("imports_pkey", "imports.organization_id, imports.import_id"),
    (
        "import_refusals_pkey",
        "import_refusals.organization_id, import_refusals.import_id, import_refusals.row_number",
    ),
    ("import_keys_pkey", "import_keys.organization_id, import_keys.kind, import_keys.external_id"),
    ("order_list_pkey", "order_list.organization_id, order_list.order_id"),
    ("order_words_pkey", "order_words.organization_id, order_words.word, order_words.order_id"),
    (
        "record_words_pkey",
        "record_words.organization_id, record_words.word, record_words.kind, record_words.id",
    ),
    (
        "order_equipment_pkey",
        "order_equipment.organization_id, order_equipment.order_id, order_equipment.equipment_id",
    ),
];

/// The constraint SQLite means by "UNIQUE constraint failed: columns".
pub(crate) fn constraint_of_columns(message: &str) -> Option<&'static str> {
    let columns = message.strip_prefix("UNIQUE constraint failed: ")?;
    UNIQUE_CONSTRAINTS.iter().find(|(_, reported)| *reported == columns).map(|(name, _)| *name)
}

/// The constraint PostgreSQL names itself.
pub(crate) fn constraint_named(name: &str) -> Option<&'static str> {
    UNIQUE_CONSTRAINTS.iter().find(|(known, _)| *known == name).map(|(known, _)| *known)
}

/// Whether a table exists in the opened database; binds its name.
pub(crate) const TABLE_EXISTS_POSTGRES: &str = "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = current_schema() AND table_name = $1";
pub(crate) const TABLE_EXISTS_SQLITE: &str =
    "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = $1";

/// Lets the restricted role read and write every table of ours, and not own one. Others may have tables in the schema.
pub(crate) const GRANT_TABLES_POSTGRES: &str = "DO $$ DECLARE own record; BEGIN \
     EXECUTE format('GRANT USAGE ON SCHEMA %I TO campo_app', current_schema()); \
     FOR own IN SELECT tablename FROM pg_tables WHERE schemaname = current_schema() \
     AND pg_has_role(current_user, tableowner, 'MEMBER') LOOP \
     EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE %I.%I TO campo_app', current_schema(), own.tablename); \
     END LOOP; \
     REVOKE ALL ON schema_migrations FROM campo_app; \
     END $$";

/// Begins a transaction that may write.
pub(crate) const BEGIN_WRITE_POSTGRES: &str = "BEGIN";

/// Begins a read transaction in which every statement sees one state of the database.
pub(crate) const BEGIN_SNAPSHOT_POSTGRES: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// Binds the transaction to one organization, or to none and everything (`campo.system`).
pub(crate) fn bind_organization_postgres(organization: Option<OrganizationId>) -> AssertSqlSafe<String> {
    AssertSqlSafe(bind_organization(organization))
}

/// Begins a transaction and binds it, in one exchange with the database.
pub(crate) fn begin_postgres(begin: &str, organization: Option<OrganizationId>) -> AssertSqlSafe<String> {
    AssertSqlSafe(format!("{begin}; {}", bind_organization(organization)))
}

/// An identifier's hexadecimal digits are safe between quotes.
fn bind_organization(organization: Option<OrganizationId>) -> String {
    let hexadecimal = organization.map(|id| id.to_string().replace('-', "")).unwrap_or_default();
    let system = if organization.is_none() { "on" } else { "off" };
    format!("SET LOCAL campo.organization = '{hexadecimal}'; SET LOCAL campo.system = '{system}'")
}

/// Ends a SELECT whose rows nobody else may lock until the transaction ends; the one SQLite writer needs no locks.
pub(crate) const LOCK_ROWS_SQLITE: &str = "";
pub(crate) const LOCK_ROWS_POSTGRES: &str = " FOR NO KEY UPDATE";

/// Where bytes stand within others: both take the whole first.
pub(crate) const FIND_BYTES_SQLITE: &str = "instr";
pub(crate) const FIND_BYTES_POSTGRES: &str = "\"position\"";

/// A statement that `Statement` put together, all of whose values are bound.
pub(crate) fn assembled(text: String) -> impl sqlx::SqlSafeStr {
    AssertSqlSafe(text)
}

/// How a search is put so that the database goes the way that was chosen.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SearchDialect {
    /// Joins a short list of ids to the rows they name, in this order; PostgreSQL finds that out from its statistics.
    pub join: &'static str,
    /// Whether the rows of a list of ids have to be looked up one by one in so many words. PostgreSQL would rather hash
    /// the whole table for a few thousand of them.
    pub says_look_up: bool,
    /// Whether orders that words name are remembered between the statements of one page, where looking them up again is dear.
    pub remembers_words: bool,
    /// Ends a subquery whose rows the query around it takes one by one, in their order, until it has enough.
    pub fence: &'static str,
    /// Whether the index to go by has to be named. SQLite takes the key of the table for as good as an index of few rows.
    pub says_index: bool,
    /// Rows of the sort that are looked at first in the hope of a full page, and at most where they promise one. A row by
    /// way of an index costs SQLite four times as much.
    pub walk: (i64, i64),
    /// Whether the query around it says that order again. SQLite keeps it, and would sort again after the last row.
    pub says_order_again: bool,
}

impl SearchDialect {
    pub(crate) const SQLITE: Self = Self {
        join: " CROSS JOIN ",
        says_look_up: false,
        remembers_words: false,
        fence: " LIMIT -1",
        says_index: true,
        walk: (2_000, 5_000),
        says_order_again: false,
    };
    pub(crate) const POSTGRES: Self = Self {
        join: " JOIN ",
        says_look_up: true,
        remembers_words: true,
        fence: " OFFSET 0",
        says_index: false,
        walk: (8_000, 20_000),
        says_order_again: true,
    };

    /// Stands behind a table that is read by this index.
    pub(crate) fn by(self, index: &str) -> String {
        if self.says_index { format!(" INDEXED BY {index}") } else { String::new() }
    }
}

/// Limits an SQLite file to so many pages, for the connection that runs it.
pub(crate) fn page_limit_sqlite(pages_max: u32) -> impl sqlx::SqlSafeStr {
    AssertSqlSafe(format!("PRAGMA max_page_count = {pages_max}"))
}
