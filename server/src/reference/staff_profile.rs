//! What planning knows of a person: skills, hours, absences, where the day begins. Never on other people's phones.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sync_core::ids::{RecordId, UserId};

use crate::reference::people::require_users;
use crate::reference::working_hours::{Absence, Shift, check_absences, check_shifts};
use crate::reference::{OpenTo, ReferenceFields, SkillFields, degrees, site};
use crate::refusal::{FieldProblem, Refusal, optional_date, optional_text, require_text};
use crate::store::Tx;

const SKILLS_MAX: usize = 100;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StaffProfileFields {
    /// Whose it is; a person has one.
    pub user_id: UserId,
    /// By which lists name it.
    pub name: String,
    #[serde(default)]
    pub position: String,
    #[serde(default)]
    pub skills: Vec<OwnedSkill>,
    /// In the time zone of the organization.
    #[serde(default)]
    pub working_hours: Vec<Shift>,
    #[serde(default)]
    pub absences: Vec<Absence>,
    /// Where the day begins, degrees north.
    #[serde(default, rename = "latitude", with = "degrees")]
    #[schemars(with = "Option<f64>", range(min = -90.0, max = 90.0))]
    pub latitude_e7: Option<i64>,
    /// Degrees east.
    #[serde(default, rename = "longitude", with = "degrees")]
    #[schemars(with = "Option<f64>", range(min = -180.0, max = 180.0))]
    pub longitude_e7: Option<i64>,
}

/// A skill a person has, and until when the certificate says so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OwnedSkill {
    pub skill_id: RecordId,
    #[serde(default)]
    pub certificate: String,
    /// Its last day, `YYYY-MM-DD`; empty for one that does not expire.
    #[serde(default)]
    pub expires_on: String,
}

impl StaffProfileFields {
    /// The profile of somebody of whom nothing is known any more.
    pub(crate) fn emptied(&self, name: &str) -> Self {
        Self {
            user_id: self.user_id,
            name: name.to_owned(),
            position: String::new(),
            skills: Vec::new(),
            working_hours: Vec::new(),
            absences: Vec::new(),
            latitude_e7: None,
            longitude_e7: None,
        }
    }

    /// Whether the person has a skill on a day, `YYYY-MM-DD`.
    pub fn has_skill(&self, skill: RecordId, day: &str) -> bool {
        let is_valid = |owned: &OwnedSkill| owned.expires_on.is_empty() || day <= owned.expires_on.as_str();
        self.skills.iter().any(|owned| owned.skill_id == skill && is_valid(owned))
    }
}

impl ReferenceFields for StaffProfileFields {
    const KIND: &'static str = "staff_profile";
    // Where colleagues live and why they are away is nobody's business.
    const FOR_PHONES: bool = false;
    const READERS: OpenTo = OpenTo::Office;
    const UNIQUE_FIELD: &'static str = "user_id";

    fn check(&mut self) -> Result<(), Refusal> {
        self.name = require_text("name", &self.name, 200)?;
        self.position = optional_text("position", &self.position, 100)?;
        if self.skills.len() > SKILLS_MAX {
            return Err(Refusal::invalid("skills", FieldProblem::TooLong));
        }
        for owned in &mut self.skills {
            owned.certificate = optional_text("skills", &owned.certificate, 100)?;
            owned.expires_on = optional_date("skills", &owned.expires_on)?;
        }
        self.skills.sort_by_key(|owned| owned.skill_id);
        if self.skills.windows(2).any(|pair| pair[0].skill_id == pair[1].skill_id) {
            return Err(Refusal::invalid("skills", FieldProblem::Taken));
        }
        check_shifts(&mut self.working_hours)?;
        check_absences(&mut self.absences)?;
        site::check_position(self.latitude_e7, self.longitude_e7)
    }

    fn title(&self) -> &str {
        &self.name
    }

    fn search_text(&self) -> String {
        let certificates = self.skills.iter().map(|owned| owned.certificate.as_str());
        [self.name.as_str(), &self.position].into_iter().chain(certificates).collect::<Vec<_>>().join(" ")
    }

    fn unique_key(&self) -> Option<String> {
        Some(self.user_id.to_string())
    }

    /// The first certificate that ends.
    fn due_on(&self) -> Option<&str> {
        self.skills.iter().map(|owned| owned.expires_on.as_str()).filter(|day| !day.is_empty()).min()
    }

    async fn check_references(&self, tx: &mut Tx, _id: RecordId) -> Result<(), Refusal> {
        require_users(tx, "user_id", [self.user_id]).await?;
        for owned in &self.skills {
            let skill = SkillFields::get(tx, owned.skill_id).await?;
            let skill = skill.ok_or(Refusal::invalid("skills", FieldProblem::Unknown))?;
            if skill.fields.certificate_required && owned.expires_on.is_empty() {
                return Err(Refusal::invalid("skills", FieldProblem::Required));
            }
        }
        Ok(())
    }
}
