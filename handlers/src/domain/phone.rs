//! Phone numbers in one form (auth contract, "Phone normalization").

use serde_json::Value;

/// A number as it is stored and compared.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Phone {
    /// `+` and 8 to 25 digits.
    pub normalized: String,
    /// `+51`; known only when a national number came with a country code.
    pub country_code: Option<String>,
}

/// Why a text is no phone number.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PhoneError {
    /// Nothing was given.
    #[error("Phone number is required")]
    Required,
    /// The country code is none.
    #[error("Invalid country code")]
    CountryCode,
    /// Too few or too many digits.
    #[error("Phone number must contain 8-25 digits")]
    Length,
    /// No digit at all.
    #[error("Phone number must contain digits")]
    NoDigits,
}

const DIGITS: std::ops::RangeInclusive<usize> = 8..=25;
/// What the column of the country code holds, with its `+`.
const LONGEST_COUNTRY_CODE: usize = 8;

impl Phone {
    /// Reads what a form sent: `phone` must be a text, `country_code` may be missing, null or empty.
    ///
    /// # Errors
    /// The first rule that is broken; its text is the contract's.
    pub fn from_fields(phone: Option<&Value>, country_code: Option<&Value>) -> Result<Self, PhoneError> {
        let phone = phone.and_then(Value::as_str).unwrap_or_default();
        if phone.trim().is_empty() {
            return Err(PhoneError::Required);
        }
        match country_code {
            None | Some(Value::Null) => Self::parse(phone, None),
            Some(Value::String(code)) => Self::parse(phone, Some(code)),
            Some(_) => Err(PhoneError::CountryCode),
        }
    }

    /// Reads two texts.
    ///
    /// # Errors
    /// As [`Phone::from_fields`].
    pub fn parse(phone: &str, country_code: Option<&str>) -> Result<Self, PhoneError> {
        let phone = phone.trim();
        if phone.is_empty() {
            return Err(PhoneError::Required);
        }
        let country_code = match country_code.filter(|code| !code.is_empty()) {
            None => None,
            Some(code) => Some(country_number(code).ok_or(PhoneError::CountryCode)?),
        };
        let international = phone.starts_with('+') || phone.starts_with("00");
        let digits = digits(phone.strip_prefix("00").unwrap_or(phone));
        if international {
            return Self::of_digits(&digits, None);
        }
        if digits.is_empty() {
            return Err(PhoneError::NoDigits);
        }
        let national = without_zeros(&digits);
        match country_code {
            None => Self::of_digits(national, None),
            Some(code) => {
                let stored = format!("+{code}");
                if stored.len() > LONGEST_COUNTRY_CODE {
                    return Err(PhoneError::CountryCode);
                }
                Self::of_digits(&format!("{code}{national}"), Some(stored))
            }
        }
    }

    fn of_digits(digits: &str, country_code: Option<String>) -> Result<Self, PhoneError> {
        if !DIGITS.contains(&digits.len()) {
            return Err(PhoneError::Length);
        }
        Ok(Self {
            normalized: format!("+{digits}"),
            country_code,
        })
    }
}

/// The ASCII digits of a text.
#[must_use]
pub fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// All zeros stay as they are.
fn without_zeros(digits: &str) -> &str {
    let rest = digits.trim_start_matches('0');
    if rest.is_empty() { digits } else { rest }
}

/// The number of a country code: of `+0051` it is `51`. A form that sends `0x51` means 51, and only letters are hexadecimal.
fn country_number(code: &str) -> Option<String> {
    let code = code.trim();
    let hexadecimal = code
        .strip_prefix("0x")
        .or_else(|| code.strip_prefix("0X"))
        .filter(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_hexdigit()));
    match hexadecimal {
        Some(rest) => {
            let decimal: String = rest.chars().take_while(char::is_ascii_digit).collect();
            positive(&decimal).or_else(|| {
                let value = u64::from_str_radix(rest, 16).ok().filter(|value| *value > 0)?;
                Some(value.to_string())
            })
        }
        None => positive(&digits(code)),
    }
}

fn positive(digits: &str) -> Option<String> {
    let number = digits.trim_start_matches('0');
    (!number.is_empty()).then(|| number.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(phone: &str, code: Option<&str>) -> Result<(String, Option<String>), PhoneError> {
        Phone::parse(phone, code).map(|phone| (phone.normalized, phone.country_code))
    }

    fn international(digits: &str) -> Result<(String, Option<String>), PhoneError> {
        Ok((digits.to_owned(), None))
    }

    #[test]
    fn an_international_number_keeps_its_digits_and_names_no_country() {
        assert_eq!(read("+51 987-650-002", Some("+51")), international("+51987650002"));
        assert_eq!(read(" 0051987650001 ", None), international("+51987650001"));
        assert_eq!(read("+123", None), Err(PhoneError::Length));
        assert_eq!(read("+", None), Err(PhoneError::Length));
        assert_eq!(read(&format!("+{}", "1".repeat(25)), None).unwrap().0.len(), 26);
        assert_eq!(read(&format!("+{}", "1".repeat(26)), None), Err(PhoneError::Length));
    }

    #[test]
    fn a_national_number_takes_the_country_code() {
        let with = |code: &str| read("0987650003", Some(code));
        let peru = Ok(("+51987650003".to_owned(), Some("+51".to_owned())));
        for code in ["+51", "51", "+0051", "0x51", " +51 ", "0X51"] {
            assert_eq!(with(code), peru, "{code}");
        }
        assert_eq!(with("0xff").unwrap().1.as_deref(), Some("+255"));
        assert_eq!(with("").unwrap(), ("+987650003".to_owned(), None));
        for code in ["xx", "0x0", "+0", "  ", "+", "12345678"] {
            assert_eq!(with(code), Err(PhoneError::CountryCode), "{code}");
        }
        assert_eq!(read("00000000", Some("51")), Err(PhoneError::Length));
        assert_eq!(read("0123", Some("51")), Err(PhoneError::Length));
    }

    #[test]
    fn zeros_alone_stay_and_no_digits_are_refused() {
        assert_eq!(read("1234567", None), Err(PhoneError::Length));
        assert_eq!(read("012345678", None), international("+12345678"));
        assert_eq!(read("abc", None), Err(PhoneError::NoDigits));
        assert_eq!(read("   ", None), Err(PhoneError::Required));
    }

    #[test]
    fn fields_must_be_texts() {
        let of =
            |phone: Value, code: Value| Phone::from_fields(Some(&phone), Some(&code)).map(|phone| phone.normalized);
        assert_eq!(of(json!(51987650001_u64), json!(null)), Err(PhoneError::Required));
        assert_eq!(of(json!("987650001"), json!(51)), Err(PhoneError::CountryCode));
        assert_eq!(of(json!("987650001"), json!("51")), Ok("+51987650001".to_owned()));
        assert_eq!(Phone::from_fields(None, None), Err(PhoneError::Required));
    }
}
