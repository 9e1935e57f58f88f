//! Random documents, filters, updates and options: few different values, so that they meet, and every type and shape there is.

use ironbase::bson::{Decimal128, Document, ObjectId, Value, doc};
use ironbase::storage::vfs::sim::Random;

/// Where filters, sorts and projections look.
const PATHS: [&str; 12] = [
    "a", "a", "b", "c", "c.d", "c.d", "c.e", "tags", "tags.x", "tags.0", "missing", "_id",
];
/// What updates change.
const TARGETS: [&str; 7] = ["a", "b", "c.d", "c.e", "tags", "tags.1", "new"];

pub struct Draw {
    pub random: Random,
    unique: i32,
}

impl Draw {
    pub fn new(seed: u64) -> Draw {
        Draw {
            random: Random::new(seed),
            unique: 0,
        }
    }

    pub fn chance(&mut self, percent: u64) -> bool {
        self.random.chance(percent)
    }

    pub fn below(&mut self, limit: u64) -> u64 {
        self.random.below(limit)
    }

    fn pick(&mut self, from: &[&'static str]) -> &'static str {
        self.random.choose(from).expect("not empty")
    }

    fn direction(&mut self) -> i32 {
        if self.chance(50) { 1 } else { -1 }
    }

    /// An `_id`: one of a few hundred.
    pub fn id(&mut self) -> Value {
        let number = self.below(150) as i32;
        match self.below(10) {
            0 => Value::Int64(number.into()),
            1 => Value::Double(number.into()),
            2 => format!("id{number}").into(),
            3 if self.chance(30) => format!("{}{}", "long id ".repeat(40), number % 10).into(),
            4 if self.chance(30) => doc! { "x": (number % 10) }.into(),
            _ => Value::Int32(number),
        }
    }

    fn number(&mut self) -> Value {
        let number = self.below(12) as i32 - 3;
        match self.below(12) {
            0 => Value::Int64(number.into()),
            1 | 2 => Value::Double(f64::from(number) + 0.5),
            3 => Value::Double(number.into()),
            4 => Value::Decimal128(Decimal128::parse(&format!("{number}.50")).expect("a decimal")),
            5 if self.chance(20) => self.extreme(),
            _ => Value::Int32(number),
        }
    }

    fn extreme(&mut self) -> Value {
        let all = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0, 1e300];
        match self.below(8) {
            0 => Value::Int64(i64::MAX),
            1 => Value::Int64(i64::MIN),
            2 => Value::Int32(i32::MAX),
            _ => Value::Double(self.random.choose(&all).expect("not empty")),
        }
    }

    fn text(&mut self) -> Value {
        let short = self.pick(&["", "a", "ab", "abc", "b", "B", "c\u{0}d", "é"]);
        match self.below(12) {
            // Longer than any key of an index, and alike for long.
            0 => format!("{}{short}", "long ".repeat(110)).into(),
            1 => format!("{}{short}", "x".repeat(490 + self.below(20) as usize)).into(),
            _ => short.into(),
        }
    }

    /// What is neither a number, a text nor made of other values.
    fn rare(&mut self) -> Value {
        let small = self.below(3) as u8;
        match self.below(9) {
            0 => Value::Boolean(small > 0),
            1 => Value::DateTime(i64::from(small) * 1000 - 1000),
            2 => Value::ObjectId(ObjectId([small; 12])),
            3 => Value::Binary {
                subtype: 0,
                bytes: vec![small; usize::from(small)],
            },
            4 => Value::Timestamp {
                time: small.into(),
                increment: 1,
            },
            5 => Value::MinKey,
            6 => Value::MaxKey,
            7 => Value::Regex {
                pattern: "a".to_string(),
                options: String::new(),
            },
            _ => Value::Symbol("a".to_string()),
        }
    }

    pub fn value(&mut self, depth: u32) -> Value {
        match self.below(if depth > 0 { 14 } else { 10 }) {
            0..5 => self.number(),
            5..7 => self.text(),
            7 => Value::Null,
            8 => self.rare(),
            9 => Value::Int32(self.below(3) as i32),
            10 => {
                let mut inner = doc! {};
                for name in ["d", "e", "x"] {
                    if self.chance(50) {
                        inner.insert(name, self.value(depth - 1));
                    }
                }
                inner.into()
            }
            _ => {
                let length = self.below(4);
                Value::Array((0..length).map(|_| self.value(depth - 1)).collect())
            }
        }
    }

    /// A value for the unique field: mostly new, sometimes one that others may have, or several.
    fn unique_value(&mut self) -> Value {
        self.unique += 1;
        match self.below(20) {
            0 => Value::Double(f64::from(self.unique - 3)),
            1 => Value::Array(vec![self.unique.into(), (-(self.below(50) as i32)).into()]),
            2 => Value::Null,
            _ => self.unique.into(),
        }
    }

    pub fn document(&mut self) -> Document {
        let mut document = doc! { "_id": (self.id()) };
        for name in ["a", "b", "c", "tags"] {
            if self.chance(80) {
                document.insert(name, self.value(2));
            }
        }
        if self.chance(25) {
            let length = self.below(4) as i32;
            let tags = (0..length).map(|_| doc! { "x": (self.number()) }.into());
            document.insert("tags", tags.collect::<Vec<Value>>());
        }
        if self.chance(30) {
            document.insert("c", doc! { "d": (self.number()), "e": (self.value(1)) });
        }
        if self.chance(95) {
            document.insert("u", self.unique_value());
        }
        if self.chance(3) {
            document.insert("large", "x".repeat(self.below(20_000) as usize));
        }
        document
    }

    /// `{operator: value}` for a field.
    fn test(&mut self) -> Document {
        let operator = self.pick(&[
            "$eq",
            "$ne",
            "$gt",
            "$gte",
            "$lt",
            "$lte",
            "$gt",
            "$lt",
            "$in",
            "$nin",
            "$exists",
            "$not",
            "$regex",
            "$type",
            "$size",
            "$mod",
            "$all",
            "$elemMatch",
            "$bitsAnySet",
        ]);
        match operator {
            "$in" | "$nin" => {
                let count = self.below(5);
                let values: Vec<Value> = (0..count).map(|_| self.value(1)).collect();
                doc! { operator: values }
            }
            "$exists" => doc! { "$exists": (self.chance(50)) },
            "$type" => {
                doc! { "$type": (self.pick(&["number", "string", "array", "object", "null"])) }
            }
            "$size" => doc! { "$size": (self.below(3) as i32) },
            "$mod" => doc! { "$mod": [2, (self.below(2) as i32)] },
            "$bitsAnySet" => doc! { "$bitsAnySet": (self.below(8) as i32) },
            "$all" => {
                let count = self.below(3);
                let values: Vec<Value> = (0..count).map(|_| self.value(0)).collect();
                doc! { "$all": values }
            }
            "$elemMatch" if self.chance(50) => doc! { "$elemMatch": (self.test()) },
            "$elemMatch" => {
                let field = self.pick(&["x", "d", "0"]);
                doc! { "$elemMatch": { field: (self.test()) } }
            }
            "$not" => doc! { "$not": (self.test()) },
            "$regex" => doc! { "$regex": (self.pick(&["^a", "^ab", "b", "^x", "^", "^a|b"])) },
            _ => doc! { operator: (self.value(1)) },
        }
    }

    fn field(&mut self) -> Document {
        let path = self.pick(&PATHS);
        if path == "_id" && self.chance(70) {
            return doc! { "_id": (self.id()) };
        }
        let mut test = self.test();
        if self.chance(30) {
            for (name, value) in self.test() {
                test.insert(name, value);
            }
        }
        match self.below(10) {
            0..4 => doc! { path: (self.value(1)) },
            _ => doc! { path: test },
        }
    }

    pub fn filter(&mut self, depth: u32) -> Document {
        match self.below(if depth > 0 { 12 } else { 8 }) {
            0 => doc! {},
            1..6 => self.field(),
            6 | 7 => {
                let mut both = self.field();
                for (name, value) in self.field() {
                    both.insert(name, value);
                }
                both
            }
            _ => {
                let operator = self.pick(&["$or", "$or", "$and", "$nor"]);
                let count = 1 + self.below(3);
                let parts: Vec<Value> = (0..count).map(|_| self.filter(depth - 1).into()).collect();
                doc! { operator: parts }
            }
        }
    }

    pub fn update(&mut self) -> Document {
        if self.chance(15) {
            return self.pipeline();
        }
        let mut update = doc! {};
        for _ in 0..1 + self.below(2) {
            let (operator, operand) = self.operation();
            let target = match operator {
                "$push" | "$addToSet" | "$pull" | "$pullAll" | "$pop" if self.chance(80) => "tags",
                "$set" | "$unset" | "$inc" | "$min" if self.chance(15) => self.pick(&[
                    "tags.$",
                    "tags.$[]",
                    "a.$[]",
                    "tags.$[].x",
                    "tags.$[e]",
                    "a.$[e]",
                    "tags.$[f].x",
                ]),
                _ => self.pick(&TARGETS),
            };
            if !update.contains_key(operator) {
                update.insert(operator, doc! {});
            }
            if let Some(Value::Document(fields)) = update.get_mut(operator) {
                fields.insert(target, operand);
            }
        }
        update
    }

    /// An operator and an operand for it.
    fn operation(&mut self) -> (&'static str, Value) {
        match self.below(22) {
            0..6 => ("$set", self.value(2)),
            6 | 7 => ("$unset", 1.into()),
            8..11 => ("$inc", self.number()),
            11 => ("$mul", self.number()),
            12 => ("$min", self.value(1)),
            13 => ("$max", self.value(1)),
            14 => ("$bit", doc! { "xor": (self.below(9) as i32) }.into()),
            15 => ("$rename", self.pick(&TARGETS).into()),
            16 | 17 => {
                let slice = self.below(12) as i32 - 6;
                let each = vec![self.value(1), self.number()];
                let mut push = doc! { "$each": each, "$slice": slice };
                if self.chance(30) {
                    push.insert("$sort", self.direction());
                }
                if self.chance(30) {
                    push.insert("$position", self.below(9) as i32 - 4);
                }
                ("$push", push.into())
            }
            18 => ("$addToSet", self.value(1)),
            19 if self.chance(50) => ("$pull", self.value(1)),
            19 => ("$pull", doc! { "$lte": (self.number()) }.into()),
            20 => ("$pullAll", vec![self.value(1), self.number()].into()),
            _ => ("$pop", self.direction().into()),
        }
    }

    /// An update by stages, each of which sees what those before it made. An array is a document whose names are positions.
    fn pipeline(&mut self) -> Document {
        let mut stages = doc! {};
        for at in 0..1 + self.below(3) {
            let stage = match self.below(8) {
                0 => doc! { "$unset": (self.pick(&TARGETS)) },
                1 => {
                    let with = doc! { "a": (self.expression()), "new": (self.below(3) as i32) };
                    doc! { "$replaceWith": { "$mergeObjects": ["$$ROOT", with] } }
                }
                _ => {
                    let target = self.pick(&["a", "b", "c.d", "c.e", "tags", "new"]);
                    doc! { "$set": { target: (self.expression()) } }
                }
            };
            stages.insert(at.to_string(), stage);
        }
        stages
    }

    fn expression(&mut self) -> Value {
        let field = self.pick(&["$a", "$b", "$c", "$c.d", "$tags", "$tags.x", "$missing"]);
        let other = self.pick(&["$a", "$b", "$c.d", "$tags"]);
        let small = self.below(4) as i32;
        match self.below(10) {
            0 | 1 => doc! { "$literal": (self.value(1)) }.into(),
            2 | 3 => field.into(),
            4 => doc! { "$ifNull": [field, small] }.into(),
            5 => doc! { "$cond": [{ "$gt": [field, other] }, field, "$$REMOVE"] }.into(),
            6 => doc! { "$add": [field, small] }.into(),
            7 => vec![field.into(), other.into(), small.into()].into(),
            8 => {
                let operands = vec![field.into(), vec![Value::from(small)].into()];
                let is_array: Value = doc! { "$isArray": [field] }.into();
                let joined: Value = doc! { "$concatArrays": operands }.into();
                doc! { "$cond": [is_array, joined, other] }.into()
            }
            _ => doc! { "$type": field }.into(),
        }
    }

    /// An update of a single document, which may touch the unique field too.
    pub fn update_of_one(&mut self) -> Document {
        let mut update = self.update();
        if update.contains_key("0") {
            if self.chance(20) {
                let value = doc! { "$literal": (self.unique_value()) };
                update.insert("7", doc! { "$set": { "u": value } });
            }
            return update;
        }
        if update.contains_key("$set") || !self.chance(20) {
            return update;
        }
        let mut with_unique = doc! { "$set": { "u": (self.unique_value()) } };
        for (operator, fields) in update {
            with_unique.insert(operator, fields);
        }
        with_unique
    }

    /// Sort, skip, limit and projection. A sort always ends in `_id`, so that there is one right order.
    pub fn options(&mut self) -> Document {
        let mut options = doc! {};
        if self.chance(75) {
            let mut sort = doc! {};
            for _ in 0..self.below(3) {
                let path = self.pick(&PATHS);
                let clashes =
                    |(name, _): (&str, &Value)| name.starts_with(path) || path.starts_with(name);
                if !sort.iter().any(clashes) {
                    sort.insert(path, self.direction());
                }
            }
            if !sort.contains_key("_id") {
                sort.insert("_id", self.direction());
            }
            options.insert("sort", sort);
        }
        if self.chance(30) {
            options.insert("skip", self.below(20) as i32);
        }
        if self.chance(40) {
            options.insert("limit", self.below(20) as i32);
        }
        if self.chance(20) {
            let included = self.chance(50);
            let (one, other) = (
                self.pick(&["a", "c.d", "tags.x"]),
                self.pick(&["b", "u", "c.e"]),
            );
            options.insert("projection", doc! { one: included, other: included });
        }
        options
    }
}

/// The filters that an update's `$[e]` and `$[f]` stand for; one that no path uses would be refused.
pub fn array_filters(update: &Document) -> Option<Vec<u8>> {
    let text = format!("{update:?}");
    let mut filters = doc! {};
    for (identifier, filter) in [
        ("$[e]", doc! { "e": { "$gte": 1 } }),
        ("$[f]", doc! { "f.x": { "$lt": 5 } }),
    ] {
        if text.contains(identifier) {
            filters.insert(filters.len().to_string(), filter);
        }
    }
    (!filters.is_empty()).then(|| filters.to_bytes())
}
