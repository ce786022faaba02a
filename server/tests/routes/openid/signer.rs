//! Keys that everybody knows, and tokens signed with them: for tests of what a provider says, in the crate and of its routes.

use base64::{Engine, engine::general_purpose::STANDARD};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode, jwk::Jwk};
use serde_json::{Value, json};

/// RFC 8410, section 10.
const ED25519: &str = "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC";
const ES256: &str = "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgSgpkJn/jWy7ifGUKtu7I1+Ki7/lAEmcsGM3hRQav7MahRANCAAQdpbBmYOyz7cfKjdsdC957Sj908Agd3GbgEi21uyrOljnSZJ+Xmz0XDkkdYSw7zkoz5ny/O6hnEPi0O9Wp5JHe";
const RS256: &str = "MIIEowIBAAKCAQEAu4swePrHKsnjKKDWCYJu1EjLELRP1OHDxZuDgYK8EvGs+8P0UHLIV0kdEwXQW+ZsibFp0WXLBhDY/IVMW0N5FOmIL6QZy1\
    eg/SkL/mIABjXbG9R0LRirK5Tp6HFOTyz4YqBo5tmKrSCEPQAIfEgh8x9IstwkhkXP0B7xLaMJKNuia9OBfJFDPsYhNcZZrKzYh36HQixjStpL\
    FtzP4ZX93F9Wa+d6ofgFyDh6gbLK7zTGHw+SXfcCNigPuDhcznUyJr8ic0SWtP2Z0cU7fO5BLCDFv6I0GkNFQKQCmg3qAt2ZhaJRI3FbpUYyYi\
    Bk982rhrfVbuKB/A1Ktu8YWtRNRQIDAQABAoIBAAPd7/I52LWpDQFPWhDYuvIVZo57hH8TGqDH8jNPUuAHHw+sr8YHrKbUFjPh6LTRMJRUPEAG\
    wjCa7bmjNZRW9Orf99PK2LdPISQnK2nW2afguc0kmWXWpOAUq9zQyhJEdWill+Duql1wfRmIfYqzSA2FxYKrZ46XNByj9RaBgcfxJxZu1ptm/j\
    8r/ymfC+KOFgFd/0IEK/Iul8cBm62NBGkivWEH8Jd5iNCOwL9PBFgyq5IZsq0UIWlO9Rg8eEhjl62RQ6SzrIwFjP1RubScJ35kXps9HlmTTy7W\
    15CXgXv2WQA2URdUMmsFeQgQo6HGmyvimcjWFBSnSIk35l35Wq8CgYEA+e6filgBSMTjHUaNa7ZsLInwyVFdKt3Xi/Dd/YAqv9n3Dsu9pCNoVu\
    tpQjaCSailYwLIUoug6QMufjE6zV7swQ11ZIa7K6ZXuGkVIim4y30MGHkt4qPu58hA0XflluCOOgo1+8XwDLIPINpIJ5U6pZEt2IomwdvcF55I\
    cRjYTLMCgYEAwBjPXIIhXq5uYpkKiGFLuV/RyWF31ecyYaMvUsH7J1KSZB/Apwj8Qdsq2sVaD0NzTE583giOC0lMNGpLwrBd0ooASonBd2QbqF\
    9AJl8JtzR1Y9MwoYE7AYqR1UOZu3zSZtJDL1WlMyK/yFIy5A7P/1SDoNCtjsTKbS40CmGn6icCgYAQQeRg1F6pBB2d3uP+GKyqrQJbpg5AZpPJ\
    x445GigtuJjofnpEfgUgekmrg+4vqmevrBOpwulhntJcZQllKIKQADcdpeHw8e4M0dENGtepbOXnhaJldrJoo08MERd/G/ZEcjuWuAZoXQC861\
    X8NSnOcUYhKsNgotOLOcGOkcYoHwKBgQC10UXDW2/WO+dC73OmreCMboMTxms0TIXFID1UaUIcb+0bU2p3LuwEMTsYoh6hv8fLe6Z4SUSYriGw\
    osNeXKwQ8IliA4zYQipjbPQ83UtG2iIZ//RRiQ2eYdeyMS+642QJ6g2pKbkY81Tud86vSM3Z79Y+SgVb0it+t3KOOOxDlQKBgHtqpPDXmRPSOb\
    PNWjmB+bSXUykKQX/ni+WmVVuTbhXC9uwTc1a+3o0zimcyNHL/e2A3cwDIo6Cc3Qo6JOxbmEjK8cjNmhW5ZiSi32Ye+4egrON2EqthjRdJRiFG\
    1LkY60uO3oqvC3bb70/S8oq9iA/nWREiV+yiappFcMeT3YY3";

/// A key with its name.
#[derive(Clone)]
pub struct Signer {
    algorithm: Algorithm,
    key: EncodingKey,
    kid: String,
}

impl Signer {
    pub fn ed25519(kid: &str) -> Self {
        Self { algorithm: Algorithm::EdDSA, key: EncodingKey::from_ed_der(&bytes(ED25519)), kid: kid.into() }
    }

    pub fn es256(kid: &str) -> Self {
        Self { algorithm: Algorithm::ES256, key: EncodingKey::from_ec_der(&bytes(ES256)), kid: kid.into() }
    }

    pub fn rs256(kid: &str) -> Self {
        Self { algorithm: Algorithm::RS256, key: EncodingKey::from_rsa_der(&bytes(RS256)), kid: kid.into() }
    }

    pub fn sign(&self, claims: &Value) -> String {
        let header = Header { kid: Some(self.kid.clone()), ..Header::new(self.algorithm) };
        encode(&header, claims, &self.key).unwrap()
    }

    /// As a provider publishes it.
    pub fn jwk(&self) -> Value {
        let mut key = serde_json::to_value(Jwk::from_encoding_key(&self.key, self.algorithm).unwrap()).unwrap();
        key["kid"] = json!(self.kid);
        key["use"] = json!("sig");
        key
    }
}

fn bytes(key: &str) -> Vec<u8> {
    STANDARD.decode(key).unwrap()
}
