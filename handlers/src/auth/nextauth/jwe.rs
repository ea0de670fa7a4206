//! Opening the compact JWE of NextAuth: `"alg":"dir"` (RFC 7516) with AES-256-GCM (RFC 7518, section 5.3) or
//! AES-256-CBC and HMAC-SHA-512 (section 5.2.5).

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::cipher::{AES_256, DecryptionContext, PaddedBlockDecryptingKey, UnboundCipherKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use aws_lc_rs::iv::FixedLength;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac as _};
use serde::Deserialize;
use sha2::Sha512;

/// A longer text is no session cookie.
const LONGEST: usize = 64 * 1024;
/// The bytes of an authentication tag of `A256GCM`.
const GCM_TAG: usize = 16;

#[derive(Deserialize)]
struct Header {
    alg: String,
    enc: String,
    crit: Option<serde_json::Value>,
    zip: Option<serde_json::Value>,
}

/// The five parts, decoded.
struct Sealed<'t> {
    header: &'t str,
    iv: Vec<u8>,
    text: Vec<u8>,
    tag: Vec<u8>,
}

/// The text inside, when `secret` opens it.
pub(super) fn open(token: &str, secret: &[u8], cookie: &str) -> Option<Vec<u8>> {
    if token.len() > LONGEST {
        return None;
    }
    let parts: Vec<&str> = token.split('.').collect();
    // With `dir` there is no encrypted key: the second part is empty.
    let [header, "", iv, text, tag] = parts[..] else {
        return None;
    };
    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).ok();
    let said: Header = serde_json::from_slice(&decode(header)?).ok()?;
    if said.alg != "dir" || said.crit.is_some() || said.zip.is_some() {
        return None;
    }
    let sealed = Sealed {
        header,
        iv: decode(iv)?,
        text: decode(text)?,
        tag: decode(tag)?,
    };
    let five = format!("Auth.js Generated Encryption Key ({cookie})");
    match said.enc.as_str() {
        "A256GCM" => open_gcm(&sealed, &derive::<32>(secret, "", FOUR)?)
            .or_else(|| open_gcm(&sealed, &derive::<32>(secret, cookie, &five)?)),
        "A256CBC-HS512" => open_cbc(&sealed, &derive::<64>(secret, cookie, &five)?),
        _ => None,
    }
}

/// What version 4 derives its key for; its salt is empty.
const FOUR: &str = "NextAuth.js Generated Encryption Key";

struct Length(usize);

impl KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

/// HKDF with SHA-256 (RFC 5869).
fn derive<const N: usize>(secret: &[u8], salt: &str, info: &str) -> Option<[u8; N]> {
    let mut key = [0; N];
    let extracted = Salt::new(HKDF_SHA256, salt.as_bytes()).extract(secret);
    let info = [info.as_bytes()];
    let expanded = extracted.expand(&info, Length(N)).ok()?;
    expanded.fill(&mut key).ok()?;
    Some(key)
}

fn open_gcm(sealed: &Sealed<'_>, key: &[u8; 32]) -> Option<Vec<u8>> {
    if sealed.tag.len() != GCM_TAG {
        return None;
    }
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).ok()?);
    let nonce = Nonce::try_assume_unique_for_key(&sealed.iv).ok()?;
    let mut text = [sealed.text.as_slice(), &sealed.tag].concat();
    let aad = Aad::from(sealed.header.as_bytes());
    let opened = key.open_in_place(nonce, aad, &mut text).ok()?;
    Some(opened.to_vec())
}

fn open_cbc(sealed: &Sealed<'_>, key: &[u8; 64]) -> Option<Vec<u8>> {
    let (mac_key, cipher_key) = key.split_at(32);
    let mut mac = Hmac::<Sha512>::new_from_slice(mac_key).ok()?;
    mac.update(sealed.header.as_bytes());
    mac.update(&sealed.iv);
    mac.update(&sealed.text);
    let header_bits = u64::try_from(sealed.header.len()).ok()?.checked_mul(8)?;
    mac.update(&header_bits.to_be_bytes());
    // The tag is the left half of the MAC; only a whole half counts, or a short tag could be guessed.
    if sealed.tag.len() != 32 {
        return None;
    }
    mac.verify_truncated_left(&sealed.tag).ok()?;
    let iv: [u8; 16] = sealed.iv.as_slice().try_into().ok()?;
    let key = UnboundCipherKey::new(&AES_256, cipher_key).ok()?;
    let key = PaddedBlockDecryptingKey::cbc_pkcs7(key).ok()?;
    let mut text = sealed.text.clone();
    let context = DecryptionContext::Iv128(FixedLength::from(iv));
    let opened = key.decrypt(&mut text, context).ok()?;
    Some(opened.to_vec())
}
