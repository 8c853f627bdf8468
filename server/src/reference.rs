//! The office's own data, of which phones hold what they need: customers, sites, catalogue, teams and more. Never orders.

mod catalogue_item;
mod contact;
mod customer;
mod degrees;
mod equipment;
mod list_records;
mod people;
mod publish;
mod record;
mod save_record;
mod site;
mod skill;
mod staff_profile;
mod team;
mod working_hours;

pub use catalogue_item::{CatalogueItemFields, CatalogueKind};
pub use contact::ContactFields;
pub use customer::{CustomerFields, check_tax_id};
pub use equipment::EquipmentFields;
pub use list_records::{ListQuery, PageAnchor, get_record, list_records};
pub use publish::publish_one;
pub(crate) use record::found_by;
pub use record::{OpenTo, Record, ReferenceFields};
pub use save_record::{archive_record, create_record, update_record};
pub use site::SiteFields;
pub use skill::SkillFields;
pub use staff_profile::{OwnedSkill, StaffProfileFields};
pub use team::TeamFields;
pub use working_hours::{Absence, Day, Shift, minutes_on};
