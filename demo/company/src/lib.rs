//! A believable company to look at Campo with, made over the interface that everybody has. Never in a database with another.

pub mod clock;
pub mod failed;
pub mod office;
pub mod seed;
