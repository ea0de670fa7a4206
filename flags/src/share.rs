//! A share of something, in basis points (hundredths of a percent).

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

/// A share between nothing and all, exact to a hundredth of a percent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Share(u16);

/// Why a text is not a share.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ShareError(pub(crate) &'static str);

impl Share {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// Everything.
    pub const ALL: Self = Self(10_000);

    /// A share of so many basis points; `None` above 10,000.
    #[must_use]
    pub const fn from_basis_points(basis_points: u16) -> Option<Self> {
        if basis_points <= 10_000 {
            Some(Self(basis_points))
        } else {
            None
        }
    }

    /// The share in basis points, 0 to 10,000.
    #[must_use]
    pub const fn basis_points(self) -> u16 {
        self.0
    }

    /// Whether this ticket (any number, for example the hash of a request id) is inside the share.
    #[must_use]
    pub const fn includes(self, ticket: u32) -> bool {
        ticket % 10_000 < self.0 as u32
    }
}

impl FromStr for Share {
    type Err = ShareError;

    /// Reads `25%`, `0.5%` or `0.05%`: digits, at most two decimals, a percent sign, at most 100.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let Some(number) = text.strip_suffix('%') else {
            return Err(ShareError("a share is written as a percentage, with its percent sign"));
        };
        let (whole, decimals) = number.split_once('.').unwrap_or((number, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(whole) || !digits(decimals) {
            return Err(ShareError("a share is a plain number between 0 and 100"));
        }
        if decimals.len() > 2 {
            return Err(ShareError("a share has at most two decimals"));
        }
        let whole: u32 = whole.parse().map_err(|_| ShareError("a share is at most 100%"))?;
        let hundredths: u32 = format!("{decimals:0<2}")
            .parse()
            .map_err(|_| ShareError("a share is a plain number"))?;
        let basis_points = whole.saturating_mul(100).saturating_add(hundredths);
        u16::try_from(basis_points)
            .ok()
            .and_then(Self::from_basis_points)
            .ok_or(ShareError("a share is at most 100%"))
    }
}

impl fmt::Display for Share {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0 / 100, self.0 % 100) {
            (whole, 0) => write!(formatter, "{whole}%"),
            (whole, tenths) if tenths % 10 == 0 => write!(formatter, "{whole}.{}%", tenths / 10),
            (whole, hundredths) => write!(formatter, "{whole}.{hundredths:02}%"),
        }
    }
}

impl Serialize for Share {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentage_becomes_basis_points() {
        for (text, basis_points) in [
            ("0%", 0),
            ("0.01%", 1),
            ("0.5%", 50),
            ("00.50%", 50),
            ("25%", 2_500),
            ("99.99%", 9_999),
            ("100%", 10_000),
            ("100.0%", 10_000),
        ] {
            assert_eq!(text.parse(), Ok(Share(basis_points)), "{text}");
        }
    }

    #[test]
    fn what_is_no_percentage_is_refused() {
        for text in [
            "",
            "%",
            "25",
            "0.25",
            "101%",
            "100.01%",
            "-1%",
            "+1%",
            "NaN%",
            "inf%",
            "1e1%",
            "0.001%",
            "1,5%",
            " 5%",
            "5 %",
            ".5%",
            "5.%",
            "٥%",
            "99999999999%",
            "5%%",
        ] {
            assert!(text.parse::<Share>().is_err(), "{text:?} was accepted");
        }
    }

    #[test]
    fn every_share_reads_back_what_it_prints() {
        for basis_points in 0..=10_000 {
            assert_eq!(Share(basis_points).to_string().parse(), Ok(Share(basis_points)));
        }
    }

    #[test]
    fn a_share_includes_exactly_its_part_of_the_tickets() {
        for share in [Share::NONE, Share(1), Share(2_500), Share(9_999), Share::ALL] {
            let included = (0..10_000).filter(|ticket| share.includes(*ticket)).count();
            assert_eq!(included, usize::from(share.0));
        }
        assert!(Share::ALL.includes(u32::MAX));
    }
}
