//! Reads settings from a TOML file. Every refusal names the file, the line and the column.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::config::settings::{SETTINGS, Setting, Shape, nearest};
use crate::config::{ConfigError, Given, Place};

/// What a file says, by environment variable.
///
/// # Errors
///
/// When the file cannot be read, is no TOML, names a setting there is not, or writes one in another shape.
pub(crate) fn read(path: &Path) -> Result<BTreeMap<&'static str, Given>, ConfigError> {
    let unreadable = |error: std::io::Error| ConfigError::Unreadable(path.to_owned(), error.to_string());
    read_text(path, &std::fs::read_to_string(path).map_err(unreadable)?)
}

fn read_text(path: &Path, text: &str) -> Result<BTreeMap<&'static str, Given>, ConfigError> {
    let file = File { path, text };
    let root = DeTable::parse(text).map_err(|error| ConfigError::Syntax {
        place: file.place(error.span().map_or(0, |span| span.start)),
        message: error.message().to_owned(),
    })?;
    let mut given = BTreeMap::new();
    for (name, value) in root.get_ref() {
        match value.get_ref() {
            DeValue::Table(table) => {
                for (inner, value) in table {
                    file.take(&format!("{}.{}", name.get_ref(), inner.get_ref()), inner, value, &mut given)?;
                }
            }
            DeValue::String(_)
            | DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_)
            | DeValue::Array(_) => file.take(name.get_ref(), name, value, &mut given)?,
        }
    }
    Ok(given)
}

struct File<'a> {
    path: &'a Path,
    text: &'a str,
}

impl File<'_> {
    fn take<K>(
        &self,
        key: &str,
        name: &Spanned<K>,
        value: &Spanned<DeValue<'_>>,
        given: &mut BTreeMap<&'static str, Given>,
    ) -> Result<(), ConfigError> {
        let Some(setting) = SETTINGS.iter().find(|setting| setting.key == key) else {
            let place = Some(self.place(name.span().start));
            let meant = nearest(key, SETTINGS.iter().map(|setting| setting.key));
            return Err(ConfigError::Unknown { place, name: key.to_owned(), meant });
        };
        let place = self.place(value.span().start);
        let text = text_of(setting.shape, value.get_ref()).ok_or_else(|| ConfigError::Invalid {
            name: setting.key,
            place: Some(place.clone()),
            value: if setting.is_secret { "(hidden)".to_owned() } else { self.text[value.span()].to_owned() },
            expected: expected(setting),
        })?;
        given.insert(setting.variable, Given { text, place: Some(place) });
        Ok(())
    }

    fn place(&self, offset: usize) -> Place {
        let before = &self.text[..offset.min(self.text.len())];
        let line_start = before.rfind('\n').map_or(0, |end| end + 1);
        Place {
            path: PathBuf::from(self.path),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }
}

const fn expected(setting: &Setting) -> &'static str {
    match setting.shape {
        Shape::Text => "a text between quotes",
        Shape::Number => "a whole number",
        Shape::Switch => "true or false",
        Shape::List => "texts between brackets, for example [\"one\", \"two\"]",
    }
}

/// As it would be written in the environment; `None` for another shape.
fn text_of(shape: Shape, value: &DeValue<'_>) -> Option<String> {
    match (shape, value) {
        (Shape::Text, DeValue::String(text)) => Some(text.to_string()),
        (Shape::Number, DeValue::Integer(number)) => {
            i64::from_str_radix(number.as_str(), number.radix()).ok().map(|number| number.to_string())
        }
        (Shape::Switch, DeValue::Boolean(is_on)) => Some(if *is_on { "on" } else { "off" }.to_owned()),
        (Shape::List, DeValue::Array(items)) => {
            let texts = items.iter().map(|item| {
                let text = item.get_ref().as_str().filter(|text| !text.contains(','));
                text.map(str::to_owned)
            });
            Some(texts.collect::<Option<Vec<_>>>()?.join(","))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        read_text(Path::new("campo.toml"), text).unwrap_err().to_string()
    }

    #[test]
    fn every_shape_reads_as_the_environment_would_write_it() {
        let text = "listen = '0.0.0.0:80'\nworkers = 0x10\njobs = false\n[http]\ncors_origins = ['https://a', 'https://b']\n";

        let given = read_text(Path::new("campo.toml"), text).unwrap();

        let texts: Vec<_> = given.iter().map(|(name, given)| (*name, given.text.as_str())).collect();
        assert_eq!(
            texts,
            [
                ("CAMPO_CORS_ORIGINS", "https://a,https://b"),
                ("CAMPO_JOBS", "off"),
                ("CAMPO_LISTEN", "0.0.0.0:80"),
                ("CAMPO_WORKERS", "16"),
            ]
        );
    }

    #[test]
    fn what_cannot_be_used_is_named_located_and_explained() {
        assert_eq!(
            refusal("data = 'x'\n[mail]\n  smpt_url = 'smtp://h'\n"),
            "campo.toml:3:3: mail.smpt_url is not a setting of Campo; did you mean mail.smtp_url?"
        );
        assert_eq!(
            refusal("[blobs]\nupload_mb = 'many'\n"),
            "campo.toml:2:13: blobs.upload_mb = 'many': a whole number is expected"
        );
        assert_eq!(
            refusal("[database]\nurl = 7\n"),
            "campo.toml:2:7: database.url = (hidden): a text between quotes is expected"
        );
        assert!(refusal("listen = \n").starts_with("campo.toml:1:"));
        assert!(
            refusal("data = 'a'\ndata = 'b'\n").starts_with("campo.toml:2:1: "),
            "{}",
            refusal("data = 'a'\ndata = 'b'\n")
        );
        assert!(refusal("[backup.directory]\nx = 1\n").contains("backup.directory"));
    }
}
