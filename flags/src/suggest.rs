//! The nearest known word, for "did you mean".

/// Longer words are not compared: a suggestion would help nobody and cost time.
const MAX_LETTERS: usize = 200;

/// The candidate that is nearest to what was written, if one is near enough to have been meant.
pub(crate) fn nearest<'c>(written: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let letters: Vec<char> = written.to_lowercase().chars().collect();
    if letters.is_empty() || letters.len() > MAX_LETTERS {
        return None;
    }
    let near_enough = (letters.len() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (distance(&letters, candidate, near_enough), candidate))
        .filter(|(distance, _)| *distance <= near_enough)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// How many letters have to be put in, taken out, replaced or swapped with their neighbour; more than `limit` when there is
/// no need to know exactly.
fn distance(written: &[char], candidate: &str, limit: usize) -> usize {
    let candidate: Vec<char> = candidate.to_lowercase().chars().collect();
    if candidate.len().abs_diff(written.len()) > limit {
        return limit + 1;
    }
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=candidate.len()).collect();
    let mut previous = None;
    for (row, letter) in written.iter().enumerate() {
        let mut current = Vec::with_capacity(last.len());
        current.push(row + 1);
        let mut before = None;
        for (column, other) in candidate.iter().enumerate() {
            let at = |cells: &[usize], index: usize| cells.get(index).copied().unwrap_or(usize::MAX - 1);
            let replaced = at(&last, column) + usize::from(letter != other);
            let mut best = replaced.min(at(&last, column + 1) + 1).min(at(&current, column) + 1);
            if previous == Some(*other) && before == Some(*letter) {
                best = best.min(at(&before_last, column.saturating_sub(1)) + 1);
            }
            current.push(best);
            before = Some(*other);
        }
        previous = Some(*letter);
        before_last = std::mem::replace(&mut last, current);
    }
    last.last().copied().unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_is_recognised() {
        let words = ["legacy", "shadow", "native"];
        for (written, meant) in [
            ("shadwo", "shadow"),
            ("Native", "native"),
            ("legacyy", "legacy"),
            ("ative", "native"),
            ("shadaw", "shadow"),
        ] {
            assert_eq!(nearest(written, words), Some(meant), "{written}");
        }
    }

    #[test]
    fn another_word_is_not() {
        for written in ["", "canary", "x", "retired", &"shadow".repeat(100)] {
            assert_eq!(nearest(written, ["legacy", "shadow", "native"]), None, "{written}");
        }
    }
}
