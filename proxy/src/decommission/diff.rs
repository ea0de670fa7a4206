//! The difference of two texts as the hunks of a unified diff.

use std::fmt::Write as _;

/// Lines around a change.
const CONTEXT: usize = 3;
/// Above this many pairs of lines the changed middle is replaced as a whole: still right, only longer.
const MOST_PAIRS: usize = 4_000_000;

/// One line and what happens to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line<'t> {
    Kept(&'t str),
    Gone(&'t str),
    New(&'t str),
}

/// The hunks that turn `before` into `after`; empty when they are equal.
pub(super) fn hunks(before: &str, after: &str) -> String {
    let lines = lines(before, after);
    let changed: Vec<usize> = (0..lines.len())
        .filter(|&at| !matches!(lines.get(at), Some(Line::Kept(_)) | None))
        .collect();
    let mut text = String::new();
    let mut groups: Vec<(usize, usize)> = Vec::new();
    for at in changed {
        let (start, end) = (at.saturating_sub(CONTEXT), (at + 1 + CONTEXT).min(lines.len()));
        match groups.last_mut() {
            Some(last) if start <= last.1 => last.1 = end,
            _ => groups.push((start, end)),
        }
    }
    for (start, end) in groups {
        hunk(&lines, start, end, &mut text);
    }
    text
}

fn hunk(lines: &[Line<'_>], start: usize, end: usize, text: &mut String) {
    let count = |range: &[Line<'_>], new: bool| {
        let counts = |line: &&Line<'_>| match line {
            Line::Kept(_) => true,
            Line::Gone(_) => !new,
            Line::New(_) => new,
        };
        range.iter().filter(counts).count()
    };
    let (above, body) = (
        lines.get(..start).unwrap_or_default(),
        lines.get(start..end).unwrap_or_default(),
    );
    let range = |new: bool| {
        let (first, length) = (count(above, new), count(body, new));
        // An empty side is named by the line before it.
        if length == 0 {
            format!("{first},0")
        } else {
            format!("{},{length}", first + 1)
        }
    };
    let _ = writeln!(text, "@@ -{} +{} @@", range(false), range(true));
    for line in body {
        let (sign, line) = match line {
            Line::Kept(line) => (' ', line),
            Line::Gone(line) => ('-', line),
            Line::New(line) => ('+', line),
        };
        text.push(sign);
        text.push_str(line);
        if !line.ends_with('\n') {
            text.push_str("\n\\ No newline at end of file\n");
        }
    }
}

/// The longest common subsequence between the equal beginning and the equal end.
fn lines<'t>(before: &'t str, after: &'t str) -> Vec<Line<'t>> {
    let old: Vec<&str> = before.split_inclusive('\n').collect();
    let new: Vec<&str> = after.split_inclusive('\n').collect();
    let head = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let most = old.len().min(new.len()) - head;
    let tail = old
        .iter()
        .rev()
        .zip(new.iter().rev())
        .take(most)
        .take_while(|(a, b)| a == b)
        .count();
    let middle_old = old.get(head..old.len() - tail).unwrap_or_default();
    let middle_new = new.get(head..new.len() - tail).unwrap_or_default();
    let kept = |range: &[&'t str]| range.iter().map(|&line| Line::Kept(line)).collect::<Vec<_>>();
    let mut lines = kept(old.get(..head).unwrap_or_default());
    if middle_old.len().saturating_mul(middle_new.len()) > MOST_PAIRS {
        lines.extend(middle_old.iter().map(|&line| Line::Gone(line)));
        lines.extend(middle_new.iter().map(|&line| Line::New(line)));
    } else {
        middle(middle_old, middle_new, &mut lines);
    }
    lines.extend(kept(old.get(old.len() - tail..).unwrap_or_default()));
    lines
}

fn middle<'t>(old: &[&'t str], new: &[&'t str], lines: &mut Vec<Line<'t>>) {
    // `longest[a * width + b]`: of `old[a..]` and `new[b..]`.
    let width = new.len() + 1;
    let mut longest = vec![0_u32; (old.len() + 1) * width];
    let at = |longest: &[u32], a: usize, b: usize| longest.get(a * width + b).copied().unwrap_or(0);
    for (a, one) in old.iter().enumerate().rev() {
        for (b, other) in new.iter().enumerate().rev() {
            let length = if one == other {
                at(&longest, a + 1, b + 1) + 1
            } else {
                at(&longest, a + 1, b).max(at(&longest, a, b + 1))
            };
            if let Some(cell) = longest.get_mut(a * width + b) {
                *cell = length;
            }
        }
    }
    let (mut a, mut b) = (0, 0);
    loop {
        match (old.get(a), new.get(b)) {
            (Some(one), Some(other)) if one == other => {
                lines.push(Line::Kept(one));
                (a, b) = (a + 1, b + 1);
            }
            (Some(one), other) if other.is_none() || at(&longest, a + 1, b) >= at(&longest, a, b + 1) => {
                lines.push(Line::Gone(one));
                a += 1;
            }
            (_, Some(other)) => {
                lines.push(Line::New(other));
                b += 1;
            }
            _ => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::hunks;

    #[test]
    fn a_change_has_three_lines_around_it() {
        let before = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";
        assert_eq!(
            hunks(before, &before.replace("5\n", "five\n")),
            "@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n"
        );
        assert_eq!(hunks(before, before), "");
    }

    #[test]
    fn far_changes_have_hunks_of_their_own_and_a_missing_line_end_is_said() {
        let before: String = (1..=20).map(|line| format!("{line}\n")).collect::<String>() + "end";
        let after = before.replacen("1\n", "", 1).replace("end", "over");
        let text = hunks(&before, &after);
        assert_eq!(text.matches("@@ -").count(), 2, "{text}");
        assert!(text.starts_with("@@ -1,4 +1,3 @@\n-1\n 2\n"), "{text}");
        assert!(
            text.ends_with("-end\n\\ No newline at end of file\n+over\n\\ No newline at end of file\n"),
            "{text}"
        );
    }
}
