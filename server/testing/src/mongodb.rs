//! Databases of a test's own, on the server that all tests share.

/// A database that is dropped with this.
pub struct Scratch {
    url: String,
}

impl Scratch {
    pub fn new() -> Self {
        Self::on(&crate::server("MARQUEE_TEST_MONGODB"))
    }

    /// On a server of the test's own.
    pub fn on(server: &str) -> Self {
        let (address, query) = server.split_once('?').unwrap_or((server, ""));
        // Behind `//`, the first slash ends the hosts.
        let hosts = address.splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
        Self { url: format!("{hosts}/marquee_test_{:016x}?{query}", rand::random::<u64>()) }
    }

    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Default for Scratch {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let url = self.url.clone();
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let client = mongodb::Client::with_uri_str(&url).await.unwrap();
                client.default_database().unwrap().drop().await.unwrap();
            });
        });
        // A test that failed has said why.
        let _ = dropped.join();
    }
}
