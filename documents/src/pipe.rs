//! Carries one job to a process of its own and its outcome back. Never keeps a byte after the answer.
//!
//! Both ways: four bytes with the length of a JSON head, the head, then the bytes the head announces.

use std::io::{self, Read, Write};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::data::{Pictures, ServiceOrderDocument};
use crate::labels::LabelSheet;
use crate::render::{Rendered, TemplateProblem, render, render_labels};
use crate::template;

/// More than any order has; guards the reader against a broken pipe.
const HEAD_BYTES_MAX: u32 = 64 * 1024 * 1024;
const PICTURE_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// What is to be done.
#[derive(Debug, Clone, PartialEq)]
pub enum Job {
    /// Render a document, with an organization's template or our own.
    Render { document: Box<ServiceOrderDocument>, pictures: Pictures, template: Option<String> },
    /// Render labels for equipment.
    Labels { sheet: LabelSheet },
    /// Judge a template.
    Check { template: String },
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Rendered {
        pdf: Vec<u8>,
        page_count: usize,
    },
    /// The template was judged and is good.
    Good,
    /// The template is at fault.
    Bad(Vec<TemplateProblem>),
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "job", rename_all = "snake_case")]
enum JobHead {
    Render { document: Box<ServiceOrderDocument>, pictures: Vec<(String, u64)>, template: Option<String> },
    Labels { sheet: LabelSheet },
    Check { template: String },
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
enum OutcomeHead {
    Rendered { page_count: usize, size_bytes: u64 },
    Good,
    Bad { problems: Vec<TemplateProblem> },
}

impl Job {
    /// The bytes that carry the job.
    ///
    /// # Errors
    ///
    /// Fails when it is larger than any order is.
    pub fn write(&self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        match self {
            Self::Check { template } => {
                write_head(&mut bytes, &JobHead::Check { template: template.clone() })?
            }
            Self::Labels { sheet } => write_head(&mut bytes, &JobHead::Labels { sheet: sheet.clone() })?,
            Self::Render { document, pictures, template } => {
                let sizes = pictures.iter().map(|(name, picture)| (name.clone(), size_of(picture)));
                let (document, template) = (document.clone(), template.clone());
                write_head(&mut bytes, &JobHead::Render { document, pictures: sizes.collect(), template })?;
                pictures.values().for_each(|picture| bytes.extend_from_slice(picture));
            }
        }
        Ok(bytes)
    }

    fn read(input: &mut impl Read) -> io::Result<Self> {
        Ok(match read_head(input)? {
            JobHead::Check { template } => Self::Check { template },
            JobHead::Labels { sheet } => Self::Labels { sheet },
            JobHead::Render { document, pictures, template } => {
                let read = |(name, size_bytes)| Ok((name, read_bytes(input, size_bytes)?));
                let pictures = pictures.into_iter().map(read).collect::<io::Result<_>>()?;
                Self::Render { document, pictures, template }
            }
        })
    }

    /// Does it, in this process.
    pub fn run(&self) -> Outcome {
        match self {
            Self::Check { template } => {
                template::check(template).map_or_else(Outcome::Bad, |()| Outcome::Good)
            }
            Self::Labels { sheet } => Outcome::of(render_labels(sheet)),
            Self::Render { document, pictures, template } => {
                Outcome::of(render(document, pictures, template.as_deref()))
            }
        }
    }
}

impl Outcome {
    fn of(rendered: Result<Rendered, Vec<TemplateProblem>>) -> Self {
        match rendered {
            Ok(Rendered { pdf, page_count }) => Self::Rendered { pdf, page_count },
            Err(problems) => Self::Bad(problems),
        }
    }

    fn write(&self, output: &mut impl Write) -> io::Result<()> {
        match self {
            Self::Good => write_head(output, &OutcomeHead::Good),
            Self::Bad(problems) => write_head(output, &OutcomeHead::Bad { problems: problems.clone() }),
            Self::Rendered { pdf, page_count } => {
                let head = OutcomeHead::Rendered { page_count: *page_count, size_bytes: size_of(pdf) };
                write_head(output, &head)?;
                output.write_all(pdf)
            }
        }
    }

    /// Reads what the other process wrote.
    ///
    /// # Errors
    ///
    /// Fails when it ended before it had said everything.
    pub fn read(input: &mut impl Read) -> io::Result<Self> {
        Ok(match read_head(input)? {
            OutcomeHead::Good => Self::Good,
            OutcomeHead::Bad { problems } => Self::Bad(problems),
            OutcomeHead::Rendered { page_count, size_bytes } => {
                Self::Rendered { pdf: read_bytes(input, size_bytes)?, page_count }
            }
        })
    }
}

/// Does the one job that comes in and writes its outcome: the whole life of the other process.
///
/// # Errors
///
/// Fails when a pipe breaks.
pub fn serve(input: &mut impl Read, output: &mut impl Write) -> io::Result<()> {
    let outcome = Job::read(input)?.run();
    outcome.write(output)?;
    output.flush()
}

fn size_of(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).expect("a length in memory fits")
}

fn write_head(output: &mut impl Write, head: &impl Serialize) -> io::Result<()> {
    let head = serde_json::to_vec(head)?;
    let length = u32::try_from(head.len()).ok().filter(|length| *length <= HEAD_BYTES_MAX);
    output.write_all(&length.ok_or_else(too_large)?.to_le_bytes())?;
    output.write_all(&head)
}

fn read_head<T: DeserializeOwned>(input: &mut impl Read) -> io::Result<T> {
    let mut length = [0; 4];
    input.read_exact(&mut length)?;
    let length = u32::from_le_bytes(length);
    if length > HEAD_BYTES_MAX {
        return Err(too_large());
    }
    Ok(serde_json::from_slice(&read_bytes(input, length.into())?)?)
}

fn read_bytes(input: &mut impl Read, size_bytes: u64) -> io::Result<Vec<u8>> {
    if size_bytes > PICTURE_BYTES_MAX {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    let read = input.take(size_bytes).read_to_end(&mut bytes)?;
    if size_of(&bytes[..read]) == size_bytes { Ok(bytes) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

fn too_large() -> io::Error {
    io::ErrorKind::InvalidData.into()
}

#[cfg(test)]
mod tests {
    use campo_locale::Language;

    use super::*;
    use crate::data::{CopyFor, Style};
    use crate::sample;

    #[test]
    fn a_job_arrives_as_it_was_sent() {
        let document = Box::new(sample::full(CopyFor::Company, Style::Full, Language::Romanian));
        let template = Some("= Hello".to_owned());
        let job = Job::Render { document, pictures: sample::pictures(), template };

        let bytes = job.write().unwrap();

        assert_eq!(Job::read(&mut bytes.as_slice()).unwrap(), job);
        assert!(Job::read(&mut &bytes[..bytes.len() - 1]).is_err());
    }

    #[test]
    fn a_pipe_that_ends_early_is_an_error_and_not_half_a_document() {
        let mut bytes = Vec::new();
        Outcome::Rendered { pdf: b"%PDF-".to_vec(), page_count: 1 }.write(&mut bytes).unwrap();

        assert!(Outcome::read(&mut bytes.as_slice()).is_ok());
        for end in 0..bytes.len() {
            assert!(Outcome::read(&mut &bytes[..end]).is_err(), "{end}");
        }
    }
}
