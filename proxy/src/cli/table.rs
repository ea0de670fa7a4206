//! Plain tables for a terminal: columns as wide as their widest cell, no lines, the last column left ragged.

use proxy::report::safe;

use super::printer::Paint;

/// Rows of text under a heading.
#[derive(Debug)]
pub(crate) struct Table {
    heading: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new(heading: &[&'static str]) -> Self {
        Self {
            heading: heading.to_vec(),
            rows: Vec::new(),
        }
    }

    /// Adds a row; it has as many cells as the heading.
    pub(crate) fn row(&mut self, cells: Vec<String>) {
        debug_assert_eq!(cells.len(), self.heading.len(), "a row fits its heading");
        self.rows.push(cells.into_iter().map(|cell| safe(&cell)).collect());
    }

    /// The finished table, one line a row.
    pub(crate) fn render(&self, paint: Paint) -> String {
        let heading: Vec<String> = self.heading.iter().map(|&title| title.to_owned()).collect();
        let widths = self.widths();
        let mut text = format!("{}\n", paint.bold(&line(&heading, &widths)));
        for row in &self.rows {
            text.push_str(&line(row, &widths));
            text.push('\n');
        }
        text
    }

    fn widths(&self) -> Vec<usize> {
        (0..self.heading.len())
            .map(|column| {
                let cells = self
                    .rows
                    .iter()
                    .filter_map(|row| row.get(column))
                    .map(|cell| cell.chars().count());
                cells.chain([self.heading[column].len()]).max().unwrap_or_default()
            })
            .collect()
    }
}

fn line(cells: &[String], widths: &[usize]) -> String {
    let mut text = String::new();
    for (cell, &width) in cells.iter().zip(widths) {
        text.push_str(&format!("{cell:<width$}  "));
    }
    text.truncate(text.trim_end().len());
    text
}

#[cfg(test)]
mod tests {
    use super::{Paint, Table};

    #[test]
    fn columns_line_up_and_lines_have_no_tail() {
        let mut table = Table::new(&["ROUTE", "STAGE"]);
        table.row(vec!["GET /api/crm/tickets".to_owned(), "shadow".to_owned()]);
        table.row(vec!["GET /api".to_owned(), String::new()]);
        let expected = "ROUTE                 STAGE\nGET /api/crm/tickets  shadow\nGET /api\n";
        assert_eq!(table.render(Paint(false)), expected);
    }
}
