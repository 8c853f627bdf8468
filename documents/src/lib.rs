//! Service orders and labels on paper: data in, the bytes of a PDF out.
//!
//! A pure function of data and template. It reads no file, asks no network and no clock; what a template can reach is
//! in memory. It never decides who may see what beyond the two copies.
//!
//! [`data`] is what goes in, [`view`] what a template reads, [`render`] the function itself, [`template`] judges a
//! template before it is stored, and [`pipe`] carries all of it to a process of its own.

pub mod data;
mod drawing;
mod fonts;
pub mod labels;
mod picture_names;
pub mod pipe;
mod render;
pub mod sample;
mod teller;
pub mod template;
mod view;
mod words;
mod world;

pub use render::{Rendered, TemplateProblem, built_in_template, render, render_labels};
