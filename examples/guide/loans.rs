//! Applications for loans.

pub mod domain;
pub mod import;
pub mod models;
#[cfg(test)]
mod tests;

pub type Failure = Box<dyn std::error::Error + Send + Sync>;
