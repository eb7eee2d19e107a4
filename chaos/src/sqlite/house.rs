//! A folder for the files of a run, which is removed with all that is in it.

use std::{
    env, fs,
    path::PathBuf,
    process,
    sync::atomic::{AtomicUsize, Ordering},
};

use crate::Result;

pub(crate) struct House(PathBuf);

impl House {
    pub(crate) fn new() -> Result<Self> {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = env::temp_dir().join(format!("annals-chaos-{}-{number}", process::id()));
        // One of that name is of an earlier process with the same number.
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(&folder)?;
        Ok(Self(folder))
    }

    /// What the processes of a run are told of the file of that name.
    pub(crate) fn url(&self, name: &str) -> Result<String> {
        let path = self.0.join(name);
        let path =
            path.to_str().ok_or("the folder for temporary files has a name that is no text")?;
        Ok(format!("sqlite:{path}"))
    }
}

impl Drop for House {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0); // What is left there is in nobody's way.
    }
}
