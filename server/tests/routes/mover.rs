//! Somebody who changes their address again and again, over HTTP, and remembers what the server acknowledged.

use std::{
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
};

use serde_json::json;

use crate::{
    process::{ask, succeeds},
    viewer::let_guests_watch,
};

const JSON: (&str, &str) = ("Content-Type", "application/json");

/// An account, and what was acknowledged to it.
pub struct Mover {
    login: String,
    password: String,
    cookie: String,
    pub acknowledged: u32,
    sent: u32,
}

impl Mover {
    /// An operator's account for each login, made at the command line.
    pub fn each(folder: &Path, settings: &[(&str, &str)], logins: &[&str]) -> Vec<Self> {
        let make = |login: &&str| {
            let said = succeeds(folder, settings, &["account", "create", "--operator", login]);
            let password = said.trim().rsplit_once(": ").unwrap().1.to_owned();
            Self { login: (*login).to_owned(), password, cookie: String::new(), acknowledged: 0, sent: 0 }
        };
        logins.iter().map(make).collect()
    }

    pub fn sign_in(&mut self, address: &str) {
        let body = json!({ "login": self.login, "password": self.password }).to_string();
        let answer = ask(address, "POST", "/api/v1/sign-in", &[JSON], &body).unwrap();
        assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
        let cookies = answer.lines().filter_map(|line| line.strip_prefix("set-cookie: "));
        self.cookie = cookies.map(|line| line.split(';').next().unwrap()).collect::<Vec<_>>().join("; ");
    }

    /// See [`let_guests_watch`].
    pub fn let_guests_watch(&self, address: &str) {
        let_guests_watch(address, &self.cookie);
    }

    /// Moves until it is told to stop, or the server is gone.
    pub fn change(&mut self, address: &str, until: &AtomicBool) {
        while !until.load(Ordering::Relaxed) && self.change_once(address) {}
    }

    /// Moves; whether the server was there.
    pub fn change_once(&mut self, address: &str) -> bool {
        self.sent += 1;
        let body = json!({ "holder": "Ada", "street": format!("{} Square", self.sent), "postal_code": "", "city": "London",
            "country": "GB", "method": "" });
        let headers = [JSON, ("Cookie", self.cookie.as_str())];
        let Some(answer) = ask(address, "PUT", "/api/v1/account/billing", &headers, &body.to_string()) else { return false };
        if answer.contains("confirmation_required") {
            self.confirm(address);
        } else if answer.contains("\r\n\r\n") {
            assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
            self.acknowledged = self.sent;
        }
        true
    }

    /// A sign-in counts as a factor that was shown for five minutes, and the test takes longer.
    fn confirm(&self, address: &str) {
        let body = json!({ "password": self.password }).to_string();
        // Where the server is gone meanwhile, the next change asks for it again.
        ask(address, "POST", "/api/v1/account/confirmation", &[JSON, ("Cookie", &self.cookie)], &body);
    }

    pub fn is_signed_in(&self, address: &str) -> bool {
        let answer = ask(address, "GET", "/api/v1/account/billing", &[("Cookie", &self.cookie)], "").unwrap();
        answer.starts_with("HTTP/1.1 200")
    }

    /// The address that is kept was acknowledged, or sent after what was acknowledged last.
    pub fn check(&self, address: &str) {
        let (kept, range) = (self.kept(address), self.acknowledged..=self.sent);
        assert!(range.contains(&kept), "{}: {kept} is kept, {range:?} was acknowledged and sent", self.login);
    }

    fn kept(&self, address: &str) -> u32 {
        let answer = ask(address, "GET", "/api/v1/account/billing", &[("Cookie", &self.cookie)], "").unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200"), "{answer}");
        let billing: serde_json::Value = serde_json::from_str(body).unwrap();
        let street = billing["street"].as_str().unwrap();
        street.strip_suffix(" Square").map_or(0, |number| number.parse().unwrap())
    }
}
