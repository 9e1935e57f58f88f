//! What an operation brings to the languages it is written in: the time that `$$NOW` stands for, the
//! variables of its `let`, the collation that its strings compare by, and what may stop it.
//!
//! All parts of one operation (filter, sort, projection, update) are compiled with the same context,
//! so that they agree. What is compiled keeps what it needs of it.

use std::cmp::Ordering;
use std::fmt::Debug;
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use crate::bson::compare::compare_values_in;
use crate::bson::{Collation, RawValue, RawValueBuf};
use crate::error::Result;

/// What may stop an operation while it computes.
pub trait Stop: Debug + Send + Sync {
    /// Counts a step, of which there may be millions; an error says that the operation must end.
    fn step(&self) -> Result<()>;
}

/// What expressions keep of the context to be evaluated with.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    collation: Option<Collation>,
    stop: Option<Arc<dyn Stop>>,
}

impl Surroundings {
    /// Compares two values, the strings among them by the collation.
    #[inline]
    pub fn compare(&self, a: RawValue<'_>, b: RawValue<'_>) -> Ordering {
        compare_values_in(self.collation.as_ref(), a, b)
    }

    /// Counts a step of a computation, which fails when it must end.
    #[inline]
    pub fn step(&self) -> Result<()> {
        match &self.stop {
            None => Ok(()),
            Some(stop) => stop.step(),
        }
    }
}

/// The surroundings of one operation. The default has no variables, and strings compare by their bytes.
#[derive(Clone, Debug, Default)]
pub struct Context {
    /// Read from the clock when it is first asked for, and the same ever after.
    now_ms: OnceLock<i64>,
    variables: Vec<(Box<str>, Option<RawValueBuf>)>,
    surroundings: Surroundings,
}

impl Context {
    /// `$$NOW`: milliseconds since 1970.
    pub fn now_ms(&self) -> i64 {
        *self.now_ms.get_or_init(|| {
            let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
            since.map_or(0, |since| since.as_millis() as i64)
        })
    }

    /// The collation of strings; none: they compare by their bytes.
    pub fn collation(&self) -> Option<&Collation> {
        self.surroundings.collation.as_ref()
    }

    /// Sets the collation.
    pub fn set_collation(&mut self, collation: Option<Collation>) {
        self.surroundings.collation = collation;
    }

    /// Sets what may stop the operation.
    pub fn set_stop(&mut self, stop: Option<Arc<dyn Stop>>) {
        self.surroundings.stop = stop;
    }

    /// What expressions are evaluated with.
    pub fn surroundings(&self) -> &Surroundings {
        &self.surroundings
    }

    /// Gives a variable a value, or another one; none is "missing".
    pub fn set_variable(&mut self, name: &str, value: Option<RawValue<'_>>) {
        self.variables.retain(|(own, _)| **own != *name);
        self.variables.push((name.into(), value.map(Into::into)));
    }

    /// The value of a variable of the operation's `let`, if there is such a variable.
    pub fn variable(&self, name: &str) -> Option<Option<RawValue<'_>>> {
        let mut variables = self.variables.iter();
        let (_, value) = variables.find(|(own, _)| **own == *name)?;
        Some(value.as_ref().map(RawValueBuf::as_raw))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_stands_still_and_variables_are_found_by_name() {
        let mut context = Context::default();
        let now = context.now_ms();
        std::thread::sleep(std::time::Duration::from_millis(3));
        assert_eq!(context.now_ms(), now);
        assert_eq!(context.clone().now_ms(), now);
        context.set_variable("a", None);
        context.set_variable("a", Some(RawValue::Int32(2)));
        assert_eq!(context.variable("a"), Some(Some(RawValue::Int32(2))));
        assert_eq!(context.variable("b"), None);
    }
}
