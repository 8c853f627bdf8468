//! The office's data that phones read: customers, contacts, sites, equipment, catalogue items. Never orders.

mod catalogue_item;
mod contact;
mod customer;
mod degrees;
mod equipment;
mod list_records;
mod publish;
mod record;
mod save_record;
mod site;

pub use catalogue_item::{CatalogueItemFields, CatalogueKind};
pub use contact::ContactFields;
pub use customer::{CustomerFields, check_tax_id};
pub use equipment::EquipmentFields;
pub use list_records::{ListQuery, PageAnchor, get_record, list_records};
pub use publish::publish_one;
pub use record::{Record, ReferenceFields};
pub use save_record::{archive_record, create_record, update_record};
pub use site::SiteFields;
