//! Pure. The least value of the last while.

/// Least of the values pushed within the last one to two spans, in constant memory.
#[derive(Debug)]
pub(super) struct LeastOfWindow {
    span: i64,
    ends: i64,
    current: i64,
    previous: Option<i64>,
}

impl LeastOfWindow {
    pub(super) fn new(span: i64) -> Self {
        Self { span, ends: i64::MIN, current: i64::MAX, previous: None }
    }

    /// Adds a value seen at instant `at`; instants should not fall.
    pub(super) fn push(&mut self, at: i64, value: i64) {
        if at >= self.ends {
            self.previous = (self.ends != i64::MIN).then_some(self.current);
            self.current = i64::MAX;
            self.ends = at + self.span;
        }
        self.current = self.current.min(value);
    }

    /// The least value; `i64::MAX` before the first.
    pub(super) fn least(&self) -> i64 {
        self.current.min(self.previous.unwrap_or(i64::MAX))
    }

    /// True once a whole span lies behind.
    pub(super) fn is_full(&self) -> bool {
        self.previous.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forgets_after_two_spans() {
        let mut least = LeastOfWindow::new(10);
        least.push(0, 5);
        least.push(3, 9);
        assert!(least.least() == 5 && !least.is_full());
        least.push(10, 7);
        assert!(least.least() == 5 && least.is_full());
        least.push(20, 8);
        assert_eq!(least.least(), 7);
    }
}
