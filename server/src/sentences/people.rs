//! Chooses between "the office", "you" and a name. Never says a name that was not given.

use fluent_bundle::FluentValue;
use sync_core::ids::UserId;
use sync_core::order::SYSTEM_USER;
use sync_core::workflow::Role;

use super::Wording;
use super::words::{Variable, say};

/// Who did something, as the reader thinks of that party.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// The people who plan, whoever of them it was.
    Office,
    /// The reader.
    You,
    /// Somebody by name.
    Person(String),
}

impl Who {
    /// A person in a role.
    pub fn acting(user: UserId, role: Role, wording: &Wording<'_>) -> Self {
        if wording.reader == Some(user) {
            return Self::You;
        }
        match role {
            Role::Admin | Role::Dispatcher => Self::Office,
            Role::System => Self::Person(say(wording.language, "name-system", &[])),
            Role::Customer => Self::named(Some(user), "name-customer", wording),
            Role::Technician | Role::Viewer => Self::named(Some(user), "name-unknown", wording),
        }
    }

    /// The author of a value.
    pub fn author(user: Option<UserId>, is_office: bool, wording: &Wording<'_>) -> Self {
        if user.is_some() && user == wording.reader {
            Self::You
        } else if user == Some(SYSTEM_USER) {
            Self::Person(say(wording.language, "name-system", &[]))
        } else if is_office {
            Self::Office
        } else {
            Self::named(user, "name-unknown", wording)
        }
    }

    fn named(user: Option<UserId>, otherwise: &str, wording: &Wording<'_>) -> Self {
        let name = user.and_then(|user| wording.names.people.get(&user)).cloned();
        Self::Person(name.unwrap_or_else(|| say(wording.language, otherwise, &[])))
    }

    /// The clause `<key>-office`, `<key>-you` or `<key>-person`.
    pub fn clause(&self, key: &str, variables: &[Variable<'_>], wording: &Wording<'_>) -> String {
        let (suffix, name) = match self {
            Self::Office => ("office", ""),
            Self::You => ("you", ""),
            Self::Person(name) => ("person", name.as_str()),
        };
        let mut variables = variables.to_vec();
        variables.push(("name", FluentValue::from(name)));
        say(wording.language, &format!("{key}-{suffix}"), &variables)
    }
}

/// The name of a person where a sentence needs one.
pub fn name(user: UserId, wording: &Wording<'_>) -> String {
    let known = wording.names.people.get(&user).cloned();
    known.unwrap_or_else(|| say(wording.language, "name-unknown", &[]))
}
