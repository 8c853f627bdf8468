//! Everything a template can reach, from memory: itself, our building blocks, and the pictures of one document.
//!
//! Never a file of the machine, a network, a package or a clock.

use std::collections::BTreeMap;

use typst::diag::{FileError, FileResult};
use typst::foundations::{Bytes, Datetime, Dict, Duration};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World};

use crate::data::Pictures;
use crate::fonts::fonts;
use crate::picture_names;

pub const MAIN: &str = "/main.typ";
pub const TEMPLATE: &str = "/template.typ";
const BLOCKS: &str = "/campo.typ";
const MAIN_SOURCE: &str = include_str!("../templates/main.typ");
const BLOCKS_SOURCE: &str = include_str!("../templates/campo.typ");

/// The world of one rendering.
pub struct MemoryWorld<'a> {
    library: LazyHash<Library>,
    main: FileId,
    sources: BTreeMap<&'static str, Source>,
    drawings: BTreeMap<String, Bytes>,
    pictures: &'a Pictures,
}

impl<'a> MemoryWorld<'a> {
    /// `drawings` are what is drawn rather than given, by their paths.
    pub fn new(
        template: &str,
        inputs: Dict,
        drawings: BTreeMap<String, Bytes>,
        pictures: &'a Pictures,
    ) -> Self {
        let sources = [(MAIN, MAIN_SOURCE), (TEMPLATE, template), (BLOCKS, BLOCKS_SOURCE)];
        let source = |(path, text): (&'static str, &str)| (path, Source::new(file_id(path), text.to_owned()));
        Self {
            library: LazyHash::new(Library::builder().with_inputs(inputs).build()),
            main: file_id(MAIN),
            sources: sources.into_iter().map(source).collect(),
            drawings,
            pictures,
        }
    }

    pub fn template_id(&self) -> FileId {
        file_id(TEMPLATE)
    }
}

fn file_id(path: &str) -> FileId {
    let path = VirtualPath::new(path).expect("the paths of our own files are paths");
    RootedPath::new(VirtualRoot::Project, path).intern()
}

impl World for MemoryWorld<'_> {
    fn library(&self) -> &LazyHash<Library> {
        &self.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &fonts().book
    }

    fn main(&self) -> FileId {
        self.main
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        let path = path_of(id)?;
        self.sources.get(path).cloned().ok_or_else(|| FileError::NotFound(path.into()))
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        let path = path_of(id)?;
        if let Some(drawing) = self.drawings.get(path) {
            return Ok(drawing.clone());
        }
        let picture = picture_names::name_of(path).and_then(|name| self.pictures.get(name));
        let picture = picture.ok_or_else(|| FileError::NotFound(path.into()))?;
        Ok(Bytes::new(picture.clone()))
    }

    fn font(&self, index: usize) -> Option<Font> {
        fonts().fonts.get(index).cloned()
    }

    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        None
    }
}

/// The path inside a document; a package is not inside.
fn path_of(id: FileId) -> FileResult<&'static str> {
    let path = id.get();
    match path.root() {
        VirtualRoot::Package(_) => Err(FileError::AccessDenied),
        VirtualRoot::Project => Ok(path.vpath().get_with_slash()),
    }
}
