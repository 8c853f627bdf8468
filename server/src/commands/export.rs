//! `campo export`: a whole list as a file, as the interface would write it. Never more than the hour's rows.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use campo::accounts::Principal;
use campo::app::App;
use campo::audit::ListAudit;
use campo::config::Config;
use campo::exports::{
    ExportBytes, ExportFormat, ExportStyle, Headers, OtherList, export_audit_entries, export_devices,
    export_orders, export_other, export_records, export_users,
};
use campo::messages::Language;
use campo::orders::list_orders::ListOrders;
use campo::reference::{
    CatalogueItemFields, ChecklistTemplateFields, ContactFields, CustomerFields, EquipmentFields,
    ExpiringRecordFields, LegalHoldFields, ListQuery, OrderKindFields, SiteFields, SkillFields,
    StaffProfileFields, TeamFields, WorkflowFields,
};
use clap::{Args, ValueEnum};

use super::user::Of;
use super::{Failed, Outcome, open, operator, read_language, worded};

#[derive(Args)]
pub struct Export {
    list: List,
    #[arg(long, default_value = "csv")]
    format: Format,
    /// Where to write; standard output when absent.
    #[arg(long)]
    out: Option<PathBuf>,
    /// The language of the words in it: en, pt-BR, es or ro.
    #[arg(long, default_value = "en", value_parser = read_language)]
    language: Language,
    /// Name columns as programs do, the same in every language and version.
    #[arg(long)]
    stable_headers: bool,
    /// With archived rows.
    #[arg(long)]
    with_archived: bool,
    #[command(flatten)]
    of: Of,
}

#[derive(Clone, Copy, ValueEnum)]
enum List {
    Orders,
    Customers,
    Contacts,
    Sites,
    Equipment,
    CatalogueItems,
    ExpiringRecords,
    Teams,
    Skills,
    StaffProfiles,
    Users,
    Devices,
    AuditEntries,
    Workflows,
    ChecklistTemplates,
    OrderKinds,
    LegalHolds,
    ApiTokens,
    CalendarFeeds,
    HeldChanges,
    Imports,
    Jobs,
    Webhooks,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Csv,
    Xlsx,
    /// Orders only.
    Geojson,
}

pub async fn export(config: Config, export: Export) -> Outcome {
    let app = open(config).await?;
    let operator = operator(&app, export.of.organization.as_deref()).await?;
    let format = match export.format {
        Format::Csv => ExportFormat::Csv,
        Format::Xlsx => ExportFormat::Xlsx,
        Format::Geojson => ExportFormat::Geojson,
    };
    let headers = if export.stable_headers { Headers::Stable } else { Headers::Local };
    let style = ExportStyle { format, headers, language: export.language };
    if format == ExportFormat::Geojson && !matches!(export.list, List::Orders) {
        return Err(Failed::new("only orders have a place on a map: use csv or xlsx"));
    }
    let file = begin(&app, &operator, &export, style).await?;
    match export.out {
        Some(path) => write(file, std::fs::File::create(path)?).await,
        None => write(file, std::io::stdout()).await,
    }
}

async fn begin(
    app: &Arc<App>,
    operator: &Principal,
    export: &Export,
    style: ExportStyle,
) -> Result<ExportBytes, Failed> {
    let query = ListQuery { with_archived: export.with_archived, ..ListQuery::default() };
    let file = match export.list {
        List::Orders => {
            let asked = export_orders(app, operator, ListOrders::default(), style).await;
            return asked.map_err(|refusal| Failed::new(refusal.to_string()));
        }
        List::Customers => export_records::<CustomerFields>(app, operator, &query, style).await,
        List::Contacts => export_records::<ContactFields>(app, operator, &query, style).await,
        List::Sites => export_records::<SiteFields>(app, operator, &query, style).await,
        List::Equipment => export_records::<EquipmentFields>(app, operator, &query, style).await,
        List::CatalogueItems => export_records::<CatalogueItemFields>(app, operator, &query, style).await,
        List::ExpiringRecords => export_records::<ExpiringRecordFields>(app, operator, &query, style).await,
        List::Teams => export_records::<TeamFields>(app, operator, &query, style).await,
        List::Skills => export_records::<SkillFields>(app, operator, &query, style).await,
        List::StaffProfiles => export_records::<StaffProfileFields>(app, operator, &query, style).await,
        List::Users => export_users(app, operator, &query, style).await,
        List::Devices => export_devices(app, operator, style).await,
        List::Workflows => export_records::<WorkflowFields>(app, operator, &query, style).await,
        List::ChecklistTemplates => {
            export_records::<ChecklistTemplateFields>(app, operator, &query, style).await
        }
        List::OrderKinds => export_records::<OrderKindFields>(app, operator, &query, style).await,
        List::LegalHolds => export_records::<LegalHoldFields>(app, operator, &query, style).await,
        List::ApiTokens => export_other(app, operator, &OtherList::ApiTokens, style).await,
        List::CalendarFeeds => export_other(app, operator, &OtherList::CalendarFeeds, style).await,
        List::HeldChanges => export_other(app, operator, &OtherList::HeldChanges, style).await,
        List::Imports => export_other(app, operator, &OtherList::Imports, style).await,
        List::Jobs => export_other(app, operator, &OtherList::Jobs, style).await,
        List::Webhooks => export_other(app, operator, &OtherList::Webhooks, style).await,
        List::AuditEntries => export_audit_entries(app, operator, ListAudit::default(), style).await,
    };
    file.map_err(worded)
}

async fn write(mut file: ExportBytes, mut to: impl Write) -> Outcome {
    while let Some(piece) = file.recv().await {
        to.write_all(&piece?)?;
    }
    Ok(to.flush()?)
}
