//! What the fold must do, told by examples, by an exhaustive matrix and by random histories.

mod build;
mod concurrency;
mod hostile;
mod reference;
mod replicas;
mod rules;
