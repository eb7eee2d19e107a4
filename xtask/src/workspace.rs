//! The packages of the workspace, from `cargo metadata`.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use serde::Deserialize;

use crate::{
    Result,
    command::{self, cargo},
};

/// A package of the workspace.
#[derive(Debug, Deserialize)]
pub(crate) struct Package {
    pub(crate) name: String,
    features: BTreeMap<String, Vec<String>>,
    dependencies: Vec<Dependency>,
}

#[derive(Debug, Deserialize)]
struct Dependency {
    name: String,
    /// `None` for a normal dependency.
    kind: Option<String>,
    /// Where it is, if it is ours.
    path: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    target_directory: PathBuf,
}

/// Every package of the workspace.
pub(crate) fn packages() -> Result<Vec<Package>> {
    Ok(metadata()?.packages)
}

/// Where all that is built goes.
pub(crate) fn target_directory() -> Result<PathBuf> {
    Ok(metadata()?.target_directory)
}

fn metadata() -> Result<Metadata> {
    let output = command::output(&mut cargo("metadata --no-deps --format-version 1"))?;
    Ok(serde_json::from_slice(&output)?)
}

impl Package {
    /// The packages of the workspace that this one is built upon; tests and build scripts aside.
    pub(crate) fn imports(&self) -> BTreeSet<&str> {
        let ours = self.dependencies.iter().filter(|it| it.kind.is_none() && it.path.is_some());
        ours.map(|dependency| dependency.name.as_str()).collect()
    }

    /// Its features, `default` aside.
    pub(crate) fn features(&self) -> impl Iterator<Item = &str> {
        self.features.keys().map(String::as_str).filter(|name| *name != "default")
    }
}

#[cfg(test)]
impl Package {
    /// A package built upon `imports`.
    pub(crate) fn sample(name: &str, imports: &[&str]) -> Self {
        let ours = |name: &&str| Dependency {
            name: (*name).into(),
            kind: None,
            path: Some(PathBuf::from("elsewhere")),
        };
        Self {
            name: name.into(),
            features: BTreeMap::new(),
            dependencies: imports.iter().map(ours).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Package;

    fn package() -> Package {
        serde_json::from_value(json!({
            "name": "annals-memory",
            "features": { "default": ["fast"], "fast": [] },
            "dependencies": [
                { "name": "annals-core", "kind": null, "path": "/annals/core" },
                { "name": "annals-testkit", "kind": "dev", "path": "/annals/testkit" },
                { "name": "tokio", "kind": null },
            ],
        }))
        .unwrap()
    }

    #[test]
    fn an_import_is_ours_and_not_for_tests_alone() {
        assert_eq!(package().imports().into_iter().collect::<Vec<_>>(), ["annals-core"]);
    }

    #[test]
    fn default_is_not_a_feature_to_be_built_alone() {
        assert_eq!(package().features().collect::<Vec<_>>(), ["fast"]);
    }
}
