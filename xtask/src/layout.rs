//! Where things lie in the workspace. Must never hold a path that is not derived from its root.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The workspace's folders, all absolute.
pub struct Layout {
    root: PathBuf,
}

impl Layout {
    /// Finds the workspace that this xtask belongs to.
    ///
    /// # Errors
    /// Where it is started by hand, outside of `cargo xtask`, and away from the workspace.
    pub fn find() -> Result<Self> {
        let start = match std::env::var_os("CARGO_MANIFEST_DIR") {
            Some(folder) => PathBuf::from(folder),
            None => std::env::current_dir()?,
        };
        let root = start
            .ancestors()
            .find(|folder| folder.join("Cargo.lock").is_file() && folder.join("xtask/Cargo.toml").is_file())
            .context("this is not Marquee's workspace: start the command as `cargo xtask` inside of it")?;
        Ok(Self { root: root.to_path_buf() })
    }

    /// A layout around any folder.
    #[cfg(test)]
    pub fn of(root: &Path) -> Self {
        Self { root: root.to_path_buf() }
    }

    /// The workspace's root.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A path below the root.
    pub fn at(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    /// The built site, which the server serves or embeds.
    pub fn site(&self) -> PathBuf {
        self.at("target/site")
    }

    /// Cargo's target folder of the client, and what is made on the way from it to the site.
    pub fn front(&self) -> PathBuf {
        self.at("target/front")
    }

    /// Where the packages of `xtask/packages` are installed.
    pub fn vendor(&self) -> PathBuf {
        self.at("target/vendor")
    }

    /// A file of an installed package.
    pub fn package(&self, relative: &str) -> PathBuf {
        self.vendor().join("node_modules").join(relative)
    }

    /// The demo library's sources: `movies.json` and `big-buck-bunny.mp4`.
    pub fn demo_assets(&self) -> PathBuf {
        self.vendor().join("demo")
    }
}
