//! The names of headers. The same few come again and again, on every connection: those of late are kept, with what is of note about
//! them, and most names are found there instead of being read letter by letter.

use std::cell::RefCell;

use http::HeaderName;
use http::header::InvalidHeaderName;

use crate::exchange::Notable;

/// How many names are kept at most.
const PLACES: usize = 256;
/// Longer ones are not.
const LONGEST: usize = 48;

thread_local! {
    static LATE: RefCell<Vec<Option<Known>>> = const { RefCell::new(Vec::new()) };
}

struct Known {
    /// As it was written.
    written: Box<[u8]>,
    name: HeaderName,
    notable: Notable,
}

/// A name as it is written, and what is of note about it.
///
/// # Errors
/// When it is none.
pub(crate) fn header_name(written: &[u8]) -> Result<(HeaderName, Notable), InvalidHeaderName> {
    let Some(place) = place(written) else {
        return read(written);
    };
    LATE.with_borrow_mut(|late| {
        if late.is_empty() {
            late.resize_with(PLACES, || None);
        }
        let Some(slot) = late.get_mut(place) else {
            return read(written);
        };
        if let Some(known) = slot.as_ref().filter(|known| *known.written == *written) {
            return Ok((known.name.clone(), known.notable));
        }
        let (name, notable) = read(written)?;
        *slot = Some(Known {
            written: written.into(),
            name: name.clone(),
            notable,
        });
        Ok((name, notable))
    })
}

fn read(written: &[u8]) -> Result<(HeaderName, Notable), InvalidHeaderName> {
    let name = HeaderName::from_bytes(written)?;
    let notable = Notable::of_name(name.as_str());
    Ok((name, notable))
}

/// Where a name is kept; whoever chooses names that share a place only makes them be read.
fn place(written: &[u8]) -> Option<usize> {
    let (Some(first), Some(last)) = (written.first(), written.last()) else {
        return None;
    };
    let middle = written.get(written.len() / 2)?;
    let mixed = written.len() * 67 + usize::from(*first) * 31 + usize::from(*middle) * 7 + usize::from(*last);
    (written.len() <= LONGEST).then_some(mixed % PLACES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_the_same_however_often_it_comes() {
        for _ in 0..3 {
            for written in [
                "Host",
                "host",
                "X-Api-Key",
                "upgrade",
                "content-Length",
                "x_ficus_override",
            ] {
                let (name, notable) = header_name(written.as_bytes()).unwrap();
                assert_eq!(name.as_str(), written.to_ascii_lowercase());
                assert_eq!(notable, Notable::of_name(name.as_str()), "{written}");
            }
        }
    }

    #[test]
    fn names_that_share_a_place_are_not_taken_for_each_other() {
        let names: Vec<String> = (0..2_000).map(|number| format!("x-{number:x}-name")).collect();
        for name in names.iter().chain(&names) {
            assert_eq!(header_name(name.as_bytes()).unwrap().0.as_str(), name);
        }
    }

    #[test]
    fn what_is_no_name_is_refused_every_time() {
        let long = "a".repeat(70_000);
        for wrong in ["", "a b", "a:", "\u{e9}", &long] {
            assert!(header_name(wrong.as_bytes()).is_err() && header_name(wrong.as_bytes()).is_err());
        }
    }
}
