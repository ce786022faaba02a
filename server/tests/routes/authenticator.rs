//! An authenticator in a few lines, with the bytes of the standard (Web Authentication, level 3, sections 6.1 and 6.5): one
//! key, made and used as a browser would have it done. Honest, unless a test makes it lie.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use p256::ecdsa::{Signature, SigningKey, signature::Signer};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const PRESENT: u8 = 0x01;
const VERIFIED: u8 = 0x04;
const HAS_KEY: u8 = 0x40;

/// One passkey, and what its authenticator and its browser say.
#[derive(Clone)]
pub struct Authenticator {
    key: SigningKey,
    id: [u8; 16],
    /// What the server calls the account.
    pub handle: Vec<u8>,
    pub origin: String,
    pub party: String,
    pub counter: u32,
    /// Whether it knows its holder.
    pub verifies: bool,
}

impl Authenticator {
    /// One that is used at `https://<name>`.
    pub fn at(name: &str) -> Self {
        Self {
            key: SigningKey::from_slice(&rand::random::<[u8; 32]>()).unwrap(),
            id: rand::random(),
            handle: Vec::new(),
            origin: format!("https://{name}"),
            party: name.to_owned(),
            counter: 0,
            verifies: true,
        }
    }

    /// One that was made elsewhere, for `https://<name>`.
    pub fn kept(name: &str, key: &[u8; 32], id: [u8; 16], handle: Vec<u8>) -> Self {
        Self { key: SigningKey::from_slice(key).unwrap(), id, handle, ..Self::at(name) }
    }

    /// `navigator.credentials.create`, as `RegistrationResponseJSON`.
    pub fn create(&mut self, options: &Value) -> Value {
        self.handle = URL_SAFE_NO_PAD.decode(options["user"]["id"].as_str().unwrap()).unwrap();
        let mut said = self.said(HAS_KEY);
        said.extend([0; 16]);
        said.extend(u16::try_from(self.id.len()).unwrap().to_be_bytes());
        said.extend(self.id);
        said.extend(self.public_key());
        // { "fmt": "none", "attStmt": {}, "authData": said } in CBOR.
        let mut object = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58".to_vec();
        object.push(u8::try_from(said.len()).unwrap());
        object.extend(said);
        let response = json!({
            "clientDataJSON": URL_SAFE_NO_PAD.encode(self.client_data("webauthn.create", options)),
            "attestationObject": URL_SAFE_NO_PAD.encode(object),
            "transports": ["internal"],
        });
        self.credential(response)
    }

    /// `navigator.credentials.get`, as `AuthenticationResponseJSON`.
    pub fn get(&mut self, options: &Value) -> Value {
        self.counter += 1;
        let (said, client_data) = (self.said(0), self.client_data("webauthn.get", options));
        let signed = [said.as_slice(), &Sha256::digest(&client_data)].concat();
        let signature: Signature = self.key.sign(&signed);
        let response = json!({
            "clientDataJSON": URL_SAFE_NO_PAD.encode(client_data),
            "authenticatorData": URL_SAFE_NO_PAD.encode(said),
            "signature": URL_SAFE_NO_PAD.encode(signature.to_der()),
            "userHandle": URL_SAFE_NO_PAD.encode(&self.handle),
        });
        self.credential(response)
    }

    fn credential(&self, response: Value) -> Value {
        let id = URL_SAFE_NO_PAD.encode(self.id);
        json!({ "id": id, "rawId": id, "type": "public-key", "response": response, "clientExtensionResults": {} })
    }

    /// For whom, with which flags, for the how-many-eth time.
    fn said(&self, flags: u8) -> Vec<u8> {
        let flags = flags | PRESENT | if self.verifies { VERIFIED } else { 0 };
        [Sha256::digest(&self.party).as_slice(), &[flags], &self.counter.to_be_bytes()].concat()
    }

    fn client_data(&self, kind: &str, options: &Value) -> Vec<u8> {
        json!({ "type": kind, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": false })
            .to_string()
            .into_bytes()
    }

    /// The public key in COSE (RFC 9053, section 7.1.1): an ES256 key on P-256.
    fn public_key(&self) -> Vec<u8> {
        let point = self.key.verifying_key().to_encoded_point(false);
        let mut cose = b"\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20".to_vec();
        cose.extend(point.x().unwrap());
        cose.extend(b"\x22\x58\x20");
        cose.extend(point.y().unwrap());
        cose
    }
}
