//! The commands of `campo` as an operator types them: real processes on real databases. Never the library instead.

mod backup;
mod configuration;
mod demo;
mod doctor;
mod import;
mod logs;
mod people;
