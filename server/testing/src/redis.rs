//! Redis servers of a test's own, which it can stop, start again, join to a cluster and give certificates.

use std::{
    fs,
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// A name that no other test uses, for `?prefix=`. What is stored under it is removed when this is dropped.
pub struct Prefix {
    server: String,
    name: String,
}

impl Prefix {
    /// On the server that all tests share.
    pub fn make() -> Self {
        let name = format!("test-{:016x}", rand::random::<u64>());
        Self { server: crate::server("MARQUEE_TEST_REDIS"), name }
    }

    /// The shared server under this name.
    pub fn url(&self) -> String {
        format!("{}?prefix={}", self.server, self.name)
    }
}

impl Drop for Prefix {
    fn drop(&mut self) {
        let Ok(mut connection) = ::redis::Client::open(self.server.as_str()).and_then(|client| client.get_connection()) else {
            return;
        };
        let found: ::redis::RedisResult<Vec<Vec<u8>>> = ::redis::cmd("SCAN")
            .arg(0)
            .arg("MATCH")
            .arg(format!("{{{}:*", self.name))
            .arg("COUNT")
            .arg(1_000_000)
            .query::<(u64, Vec<Vec<u8>>)>(&mut connection)
            .map(|(_, keys)| keys);
        for key in found.unwrap_or_default() {
            let _ = ::redis::cmd("UNLINK").arg(key).query::<()>(&mut connection);
        }
    }
}

/// A server with a folder and a port of its own; durable to the last write.
pub struct OwnRedis {
    pub port: u16,
    folder: tempfile::TempDir,
    arguments: Vec<String>,
    child: Option<Child>,
}

pub const PASSWORD: &str = "own-password";

impl OwnRedis {
    /// Starts one, with these arguments beside the usual ones.
    pub fn start(arguments: &[&str]) -> Self {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        let arguments = arguments.iter().map(ToString::to_string).collect();
        let mut server = Self { port, folder: tempfile::tempdir().unwrap(), arguments, child: None };
        server.resume();
        server
    }

    /// One that speaks TLS alone, with a certificate for 127.0.0.1 by an authority of its own; the authority's file.
    pub fn with_tls(more: &[&str]) -> (Self, PathBuf) {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        let folder = tempfile::tempdir().unwrap();
        let authority = certificates(folder.path());
        let at = |name: &str| folder.path().join(name).display().to_string();
        let mut arguments = vec!["--tls-port".to_owned(), port.to_string()];
        for (option, file) in
            [("--tls-cert-file", "server.crt"), ("--tls-key-file", "server.key"), ("--tls-ca-cert-file", "ca.crt")]
        {
            arguments.extend([option.to_owned(), at(file)]);
        }
        arguments.extend(["--tls-auth-clients".to_owned(), "no".to_owned(), "--port".to_owned(), "0".to_owned()]);
        arguments.extend(more.iter().map(ToString::to_string));
        let mut server = Self { port, folder, arguments, child: None };
        server.resume();
        (server, authority)
    }

    pub fn url(&self) -> String {
        format!("redis://:{PASSWORD}@127.0.0.1:{}", self.port)
    }

    /// As a machine that loses its power stops.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// Stops it where it stands (`-STOP`), or lets it go on (`-CONT`).
    pub fn signal(&self, signal: &str) {
        let process = self.child.as_ref().unwrap().id().to_string();
        assert!(Command::new("kill").args([signal, &process]).status().unwrap().success());
    }

    /// Starts it again, on the same port with what it has kept.
    pub fn resume(&mut self) {
        let folder = self.folder.path().display().to_string();
        let program = program();
        let mut command = match Path::new("/usr/bin/setpriv").is_file() {
            // A test that is killed leaves no server behind.
            true => Command::new("/usr/bin/setpriv"),
            false => Command::new(&program),
        };
        if Path::new("/usr/bin/setpriv").is_file() {
            command.args(["--pdeathsig", "KILL", "--"]).arg(&program);
        }
        command.args(["--port", &self.port.to_string(), "--bind", "127.0.0.1", "--requirepass", PASSWORD]);
        command.args(["--masterauth", PASSWORD, "--appendonly", "yes", "--appendfsync", "always", "--save", ""]);
        command.args(["--dir", &folder]).args(&self.arguments);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        self.child = Some(command.spawn().unwrap());
        let begun = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(20), "redis-server does not start");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Asks it something directly.
    pub fn ask<T: ::redis::FromRedisValue>(&self, words: &[&str]) -> T {
        Self::ask_as(&::redis::Client::open(self.url()).unwrap(), words)
    }

    /// The same over TLS.
    pub fn ask_over_tls<T: ::redis::FromRedisValue>(&self, authority: &Path, words: &[&str]) -> T {
        let url = self.url().replace("redis://", "rediss://");
        let authority = ::redis::TlsCertificates { client_tls: None, root_cert: Some(fs::read(authority).unwrap()) };
        Self::ask_as(&::redis::Client::build_with_tls(url, authority).unwrap(), words)
    }

    fn ask_as<T: ::redis::FromRedisValue>(client: &::redis::Client, words: &[&str]) -> T {
        let mut connection = client.get_connection().unwrap();
        let mut command = ::redis::cmd(words[0]);
        command.arg(&words[1..]);
        command.query(&mut connection).unwrap()
    }
}

impl Drop for OwnRedis {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Three servers that share all slots.
pub struct OwnCluster {
    nodes: Vec<OwnRedis>,
}

impl OwnCluster {
    pub fn start() -> Self {
        let nodes: Vec<OwnRedis> =
            (0..3).map(|_| OwnRedis::start(&["--cluster-enabled", "yes", "--cluster-node-timeout", "2000"])).collect();
        for (node, (first, last)) in nodes.iter().zip([("0", "5460"), ("5461", "10922"), ("10923", "16383")]) {
            node.ask::<()>(&["CLUSTER", "ADDSLOTSRANGE", first, last]);
            node.ask::<()>(&["CLUSTER", "MEET", "127.0.0.1", &nodes[0].port.to_string()]);
        }
        let begun = Instant::now();
        let joined = |node: &OwnRedis| {
            let state: String = node.ask(&["CLUSTER", "INFO"]);
            state.contains("cluster_state:ok") && state.contains("cluster_known_nodes:3") && state.contains("slots_ok:16384")
        };
        while !nodes.iter().all(joined) {
            assert!(begun.elapsed() < Duration::from_secs(30), "the cluster does not come together");
            std::thread::sleep(Duration::from_millis(50));
        }
        Self { nodes }
    }

    /// Two of its three hosts: the third is found.
    pub fn url(&self) -> String {
        let hosts: Vec<String> = self.nodes[..2].iter().map(|node| format!("127.0.0.1:{}", node.port)).collect();
        format!("redis+cluster://:{PASSWORD}@{}", hosts.join(","))
    }

    /// One of its servers.
    pub fn node(&mut self, number: usize) -> &mut OwnRedis {
        &mut self.nodes[number]
    }

    /// Each of two of its servers alone.
    pub fn urls_of_two(&self) -> (String, String) {
        let url = |node: &OwnRedis| format!("redis+cluster://:{PASSWORD}@127.0.0.1:{}", node.port);
        (url(&self.nodes[0]), url(&self.nodes[1]))
    }

    /// How many keys each of them holds.
    pub fn sizes(&self) -> Vec<u64> {
        self.nodes.iter().map(|node| node.ask(&["DBSIZE"])).collect()
    }
}

fn program() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = ["redis-server", "valkey-server"]
        .into_iter()
        .find_map(|name| std::env::split_paths(&path).map(|folder| folder.join(name)).find(|program| program.is_file()));
    found.expect("redis-server is not on PATH: run `cargo xtask test`, which installs it, or install it")
}

/// An authority, and a certificate of it for 127.0.0.1; the authority's file.
pub fn certificates(folder: &Path) -> PathBuf {
    let openssl = |line: &str| {
        let output = Command::new("openssl").args(line.split(' ')).current_dir(folder).output().unwrap();
        assert!(output.status.success(), "openssl {line}: {}", String::from_utf8_lossy(&output.stderr));
    };
    fs::write(folder.join("names"), "subjectAltName=IP:127.0.0.1,DNS:localhost\nbasicConstraints=CA:FALSE\n").unwrap();
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
    openssl(&format!("req -x509 {key} -keyout ca.key -out ca.crt -days 2 -subj /CN=household"));
    openssl(&format!("req {key} -keyout server.key -out server.csr -subj /CN=cache"));
    openssl("x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -out server.crt -days 2 -extfile names");
    folder.join("ca.crt")
}
