//! What the QR code on a piece of equipment says, read by phones without a network. Never says whose it is in words.
//!
//! A label is the address `SERVER/e/CODE`; the code is the organization and the equipment, 16 bytes each, in base64url.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::ids::{OrganizationId, RecordId};

/// Stands before the code in the address.
const PLACE: &str = "/e/";

/// Names a piece of equipment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EquipmentLabel {
    /// Who looks after it.
    pub organization: OrganizationId,
    /// Which one.
    pub equipment: RecordId,
}

impl EquipmentLabel {
    /// The code of this label.
    pub fn to_code(self) -> String {
        URL_SAFE_NO_PAD.encode([*self.organization.as_bytes(), *self.equipment.as_bytes()].concat())
    }

    /// The address that stands in the QR code; `server` is where people reach the server, without a slash at the end.
    pub fn to_url(self, server: &str) -> String {
        format!("{server}{PLACE}{}", self.to_code())
    }

    /// Reads a code; `None` for every other text.
    pub fn from_code(code: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(code).ok().filter(|bytes| bytes.len() == 32)?;
        let (organization, equipment) = bytes.split_at(16);
        Some(Self {
            organization: OrganizationId::from_slice(organization)?,
            equipment: RecordId::from_slice(equipment)?,
        })
    }

    /// Reads what a camera read, whatever server the label was printed for; `None` for every other text.
    pub fn from_scan(text: &str) -> Option<Self> {
        let (_, code) = text.trim().rsplit_once(PLACE)?;
        Self::from_code(code.split(['?', '#']).next()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_reads_back_from_what_a_camera_sees_and_nothing_else_does() {
        let label = EquipmentLabel {
            organization: OrganizationId::from_bytes([0xfb; 16]),
            equipment: RecordId::from_bytes([7; 16]),
        };
        let url = label.to_url("https://campo.example");

        assert_eq!(url.len(), "https://campo.example/e/".len() + 43);
        assert_eq!(EquipmentLabel::from_scan(&format!(" {url}?lang=es ")), Some(label));
        assert_eq!(EquipmentLabel::from_code(&label.to_code()), Some(label));
        for other in
            ["", "7891234567895", "https://campo.example/e/", "https://campo.example/e/AAAA", &url[30..]]
        {
            assert_eq!(EquipmentLabel::from_scan(other), None, "{other}");
        }
    }
}
