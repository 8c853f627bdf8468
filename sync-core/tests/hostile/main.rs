//! Hostile and honest changes against the ingest guard and the decision that uses it. Never reaches a server.
#![cfg(test)]

mod allocations;
mod base;
mod builder;
mod case;
mod cases_bombs;
mod cases_encoding;
mod cases_structure;
mod corpus;
mod damage;
mod decision;
mod fleet;
mod fuzzed;
mod golden;
mod ground;
mod honest;
mod matrix;
mod oracle;
mod past;
mod pipeline;
mod push;
mod technician;

#[global_allocator]
static ALLOCATOR: allocations::Counting = allocations::Counting;
