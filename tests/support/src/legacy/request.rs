//! A request as it came over the wire.

/// How much of a body is kept; the rest is counted and thrown away.
pub(super) const KEPT_BODY: usize = 1024 * 1024;

/// What the server was asked. The body grows while it is being read.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// The head's bytes as they came, with the empty line.
    pub raw_head: String,
    /// The method as it was written.
    pub method: String,
    /// Path and query as they were written.
    pub target: String,
    /// The header lines in their order, names as they were written.
    pub headers: Vec<(String, String)>,
    /// The body without its framing, cut after 1 MiB.
    pub body: Vec<u8>,
    /// Its whole length in bytes.
    pub body_length: u64,
    /// Whether the body came to its proper end.
    pub complete: bool,
}

impl Request {
    /// Reads a head. Anything that is not one becomes empty fields: judging it is for the test.
    pub(super) fn parse(raw_head: String) -> Self {
        let mut lines = raw_head.split("\r\n");
        let mut words = lines.next().unwrap_or_default().split(' ').map(str::to_owned);
        let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let headers = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_owned(), value.trim().to_owned()));
        Self {
            method,
            target,
            headers: headers.collect(),
            raw_head,
            ..Self::default()
        }
    }

    /// The target without its query.
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// The first value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// Every value of a header, in order.
    pub fn all<'r>(&'r self, name: &'r str) -> impl Iterator<Item = &'r str> {
        self.headers
            .iter()
            .filter(move |(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The body as text.
    ///
    /// # Panics
    /// When it is not UTF-8.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("the body is text")
    }
}
