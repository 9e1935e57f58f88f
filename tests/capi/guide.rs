//! What docs/c-api.md shows works: its programs, and each of its snippets in the function that it promises.
//!
//! A snippet is compiled as C99 without tolerance for warnings and run; what it prints is held against the comments
//! beside `puts` and `printf`; it must leave no error and no handle behind.

use std::fs;
use std::path::Path;

use super::{compile_and_run, root, scratch};

/// The world that the guide promises to its snippets.
const BEFORE: &str = r#"#include <ironbase.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

"#;
const FUNCTION: &str = r#"
static void snippet(ironbase_db_t *db, ironbase_collection_t *users) {
    ironbase_status_t status = IRONBASE_OK;
    ironbase_error_t *error = NULL;
    char *out = NULL;
    (void)db, (void)users, (void)status, (void)out;
"#;
const MAIN: &str = r#"
    if (error != NULL) {
        fprintf(stderr, "an error is left: %s\n", ironbase_error_message(error));
        exit(1);
    }
}

int main(void) {
    ironbase_db_t *db = NULL;
    ironbase_collection_t *users = NULL;
    ironbase_open("app.mlite", NULL, 0, &db, NULL);
    ironbase_db_collection(db, "users", IRONBASE_NUL, &users, NULL);
    ironbase_collection_insert_many(users,
                                    "{\"_id\": 1, \"name\": \"Ada\", \"age\": 36}"
                                    "{\"_id\": 2, \"name\": \"Bob\", \"age\": 20}"
                                    "{\"_id\": 3, \"name\": \"Cy\", \"age\": 20}",
                                    IRONBASE_NUL, NULL, 0, NULL, NULL, NULL);
    snippet(db, users);
    ironbase_collection_free(users);
    ironbase_db_free(db);
    if (ironbase_live_handles() != 0) {
        fprintf(stderr, "%d handles are left\n", (int)ironbase_live_handles());
        return 1;
    }
    return 0;
}
"#;

/// The C code of a document's blocks.
fn blocks(document: &str) -> Vec<String> {
    let text = fs::read_to_string(root().join(document)).unwrap();
    let blocks = text.split("```c\n").skip(1);
    let code = blocks.filter_map(|part| part.split("```").next());
    code.map(str::to_string).collect()
}

/// A snippet with its own functions, which stand before all else, taken out of the rest.
fn program_of(block: &str) -> String {
    let (mut functions, mut body) = (String::new(), String::new());
    let mut in_function = false;
    for line in block.lines() {
        in_function |= line.starts_with("static ") && line.ends_with(") {");
        let part = if in_function {
            &mut functions
        } else {
            &mut body
        };
        part.push_str(line);
        part.push('\n');
        in_function &= line != "}";
    }
    format!("{BEFORE}{functions}{FUNCTION}{body}{MAIN}")
}

/// What a block says that it prints: the comment behind `puts` and `printf`. A `..` at its end stands for any more.
fn promised(block: &str) -> Vec<&str> {
    let prints = |line: &&str| line.contains("puts(") || line.contains("printf(");
    let lines = block.lines().filter(prints);
    let comments = lines.filter_map(|line| line.rsplit_once("// "));
    comments.map(|(_, comment)| comment.trim()).collect()
}

fn check_output(name: &str, block: &str, printed: &str) {
    for line in promised(block) {
        let is_there = match line.strip_suffix("..") {
            Some(beginning) => printed.lines().any(|found| found.starts_with(beginning)),
            None => printed.lines().any(|found| found == line),
        };
        assert!(is_there, "{name} promises {line:?}, and prints\n{printed}");
    }
}

#[test]
fn the_guide_s_examples_do_what_they_show() {
    let mut outputs = 0;
    let blocks = blocks("docs/c-api.md");
    assert!(blocks.len() > 15, "{} examples", blocks.len());
    for (number, block) in blocks.iter().enumerate() {
        let name = format!("guide_{number}");
        // Each in a folder of its own: they leave databases there.
        let directory = scratch(&name);
        let text = match block.contains("int main(") {
            true => block.clone(),
            false => program_of(block),
        };
        let printed = compile_and_run(&text, &name, "c99", &directory).stdout;
        check_output(&name, block, &String::from_utf8(printed).unwrap());
        outputs += promised(block).len();
        fs::remove_dir_all(Path::new(&directory)).unwrap();
    }
    assert!(outputs > 20, "{outputs} lines of output");
}

#[test]
fn the_guide_has_an_example_of_every_function_for_documents() {
    let guide = blocks("docs/c-api.md").concat();
    let header = super::header();
    // Shown by a sibling that differs in its name and its filter only, or told of in words.
    let siblings = [
        "ironbase_collection_update_one",
        "ironbase_collection_delete_many",
        "ironbase_collection_find_one_and_replace",
        "ironbase_collection_drop",
        "ironbase_collection_find_one_bson",
        "ironbase_collection_insert_one_bson",
        "ironbase_txn_abort",
        "ironbase_error_status",
        "ironbase_error_has_label",
    ];
    for name in super::declared_functions(&header) {
        let is_shown = guide.contains(&format!("{name}("));
        assert!(
            is_shown || siblings.contains(&name),
            "docs/c-api.md has no example of {name}"
        );
    }
}
