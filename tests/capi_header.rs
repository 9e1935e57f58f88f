//! The C header is what the source says, compiles as every C and C++ it claims, names exactly the
//! functions that the shared library exports, and its examples and the guide's run.

#[path = "capi/guide.rs"]
mod guide;

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The source files of the header, in its order.
const SOURCES: &[&str] = &[
    "status.rs",
    "library.rs",
    "error.rs",
    "database.rs",
    "collection.rs",
    "insert.rs",
    "command.rs",
    "find.rs",
    "update.rs",
    "find_and_modify.rs",
    "bulk_write.rs",
    "indexes.rs",
    "cursor.rs",
    "bson.rs",
    "transaction.rs",
    "compact.rs",
    "operation.rs",
    "maintenance.rs",
    "backup.rs",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn header() -> String {
    fs::read_to_string(root().join("include/ironbase.h")).unwrap()
}

/// A directory of this test's own, empty.
fn scratch(name: &str) -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&directory);
    fs::create_dir_all(&directory).unwrap();
    directory
}

/// The shared library that cargo built for this test.
fn shared_library() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let library = test.parent().unwrap().join("libironbase.so");
    assert!(library.exists(), "{} is not there", library.display());
    library
}

fn run(program: &str, arguments: &[&OsStr], directory: &Path) -> Output {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(directory)
        .output();
    output.unwrap_or_else(|error| panic!("{program} does not start: {error}"))
}

fn expect_success(what: &str, output: &Output) {
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{what}: {}\n{text}", output.status);
}

#[test]
fn the_header_is_what_the_source_says() {
    let config = cbindgen::Config::from_file(root().join("cbindgen.toml")).unwrap();
    let mut builder = cbindgen::Builder::new().with_config(config);
    for source in SOURCES {
        builder = builder.with_src(root().join("src/capi").join(source));
    }
    let mut generated = Vec::new();
    builder.generate().unwrap().write(&mut generated);
    let generated = String::from_utf8(generated).unwrap();
    if std::env::var_os("IRONBASE_UPDATE_HEADER").is_some() {
        fs::write(root().join("include/ironbase.h"), &generated).unwrap();
    }
    assert!(
        header() == generated,
        "include/ironbase.h is out of date: run\n\
         IRONBASE_UPDATE_HEADER=1 cargo test --test capi_header"
    );
}

#[test]
fn the_version_is_the_same_everywhere() {
    let version = env!("CARGO_PKG_VERSION");
    let mut parts = version.split('.');
    for name in ["MAJOR", "MINOR", "PATCH"] {
        let line = format!(
            "#define IRONBASE_VERSION_{name} {}\n",
            parts.next().unwrap()
        );
        assert!(header().contains(&line), "{line}");
    }
    assert!(header().contains(&format!("#define IRONBASE_VERSION_STRING \"{version}\"\n")));
    let abi = ironbase::capi::library::ironbase_abi_version();
    assert!(header().contains(&format!("#define IRONBASE_ABI_VERSION {abi}\n")));
    if cfg!(target_os = "linux") {
        let output = run(
            "readelf",
            &["-d".as_ref(), shared_library().as_ref()],
            root(),
        );
        expect_success("readelf", &output);
        let output = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.contains(&format!("[libironbase.so.{abi}]")),
            "{output}"
        );
        assert!(output.contains("NODELETE"), "{output}");
    }
}

#[test]
fn the_library_exports_the_header_s_functions_and_no_others() {
    let output = run(
        "nm",
        &[
            "-D".as_ref(),
            "--defined-only".as_ref(),
            shared_library().as_ref(),
        ],
        root(),
    );
    expect_success("nm", &output);
    let output = String::from_utf8(output.stdout).unwrap();
    let exported: BTreeSet<&str> = output
        .lines()
        .filter_map(|line| line.split_whitespace().nth(2))
        .collect();
    let header = header();
    let declared = declared_functions(&header);
    assert!(declared.len() > 30, "{declared:?}");
    assert_eq!(exported, declared);
}

/// The functions of the header: comment and declaration of each.
fn functions(header: &str) -> Vec<(&str, &str)> {
    let code = header.split("extern \"C\" {").nth(1).unwrap();
    let commented = code.split("/**").filter_map(|part| part.split_once("*/"));
    commented
        .map(|(comment, code)| (comment, code.split(';').next().unwrap().trim()))
        .filter(|(_, declaration)| {
            !declaration.starts_with(['#', 't']) && declaration.ends_with(')')
        })
        .collect()
}

/// The word before the position's end: the name in `const char *name`.
fn last_word(text: &str) -> &str {
    text.trim_end().rsplit([' ', '*']).next().unwrap()
}

fn declared_functions(header: &str) -> BTreeSet<&str> {
    let functions = functions(header).into_iter();
    functions
        .map(|(_, declaration)| last_word(declaration.split('(').next().unwrap()))
        .collect()
}

#[test]
fn every_function_s_comment_is_complete() {
    let header = header();
    for (comment, declaration) in functions(&header) {
        let (before, parameters) = declaration.trim_end_matches(')').split_once('(').unwrap();
        let name = last_word(before);
        assert!(comment.contains("@since 0."), "{name} has no @since");
        let group = comment
            .split("@ingroup ")
            .nth(1)
            .and_then(|text| text.split_whitespace().next());
        let group = group.unwrap_or_else(|| panic!("{name} is in no group"));
        assert!(
            header.contains(&format!("@defgroup {group} ")),
            "{group} has no page"
        );
        if comment.contains("Parameters, options, result and statuses: as") || parameters == "void"
        {
            continue;
        }
        for parameter in parameters.split(',').map(last_word) {
            let documented = ["@param", "@param[out]"]
                .iter()
                .any(|tag| comment.contains(&format!("{tag} {parameter} ")));
            assert!(documented, "{name} does not document {parameter}");
        }
        let returns = !before.starts_with("void ") || before.contains('*');
        assert_eq!(comment.contains("@return "), returns, "@return of {name}");
    }
}

#[test]
fn the_header_compiles_as_every_standard() {
    let directory = scratch("header_standards");
    for (compiler, extension, standards) in [
        ("cc", "c", &["c99", "c11", "c17"][..]),
        ("clang", "c", &["c99", "c11", "c17"][..]),
        ("c++", "cpp", &["c++11", "c++17", "c++20"][..]),
        ("clang++", "cpp", &["c++11", "c++17", "c++20"][..]),
    ] {
        if Command::new(compiler).arg("--version").output().is_err() {
            println!("{compiler} is not installed: not tried");
            continue;
        }
        let source = directory.join(format!("header.{extension}"));
        // Twice: the include guard must hold.
        let text = "#include <ironbase.h>\n#include <ironbase.h>\n\
                    int main(void) { return ironbase_version() == NULL; }\n";
        fs::write(&source, text).unwrap();
        for standard in standards {
            compile(compiler, standard, &source, &["-fsyntax-only".as_ref()]);
        }
    }
}

/// Compiles without tolerance for warnings.
fn compile(compiler: &str, standard: &str, source: &Path, more: &[&OsStr]) {
    let standard = format!("-std={standard}");
    let include = root().join("include");
    let mut arguments: Vec<&OsStr> = vec![
        standard.as_ref(),
        "-Wall".as_ref(),
        "-Wextra".as_ref(),
        "-Wpedantic".as_ref(),
        "-Werror".as_ref(),
        "-I".as_ref(),
        include.as_ref(),
        source.as_ref(),
    ];
    arguments.extend_from_slice(more);
    let output = run(compiler, &arguments, root());
    expect_success(
        &format!("{compiler} {standard} {}", source.display()),
        &output,
    );
}

#[test]
fn the_header_s_examples_run() {
    let directory = scratch("header_examples");
    let header = header();
    let groups: Vec<&str> = header.split("@defgroup ").skip(1).collect();
    assert!(groups.len() > 5, "{} groups", groups.len());
    for group in groups {
        let name = group.split_whitespace().next().unwrap();
        let page = group.split("*/").next().unwrap();
        let example = page
            .split("@code{.c}\n")
            .nth(1)
            .expect("a group's page has an example");
        let example = example.split("@endcode").next().unwrap();
        let body: Vec<&str> = example
            .lines()
            .map(|line| line.trim_start_matches(" *").trim_end())
            .collect();
        let text = format!(
            "#include <ironbase.h>\n#include <stdio.h>\n#include <stdlib.h>\n\
             int main(void) {{\n{}\nreturn 0;\n}}\n",
            body.join("\n")
        );
        compile_and_run(&text, name, "c99", &directory);
    }
}

/// Runs a C program in a directory.
fn compile_and_run(text: &str, name: &str, standard: &str, directory: &Path) -> Output {
    // The name that programs look for at run time is the SONAME, not the file's.
    let library = directory.join("libironbase.so.0");
    fs::copy(shared_library(), &library).unwrap();
    let (source, program) = (directory.join(format!("{name}.c")), directory.join(name));
    fs::write(&source, text).unwrap();
    let arguments: &[&OsStr] = &[
        "-o".as_ref(),
        program.as_ref(),
        library.as_ref(),
        "-Wl,-rpath,$ORIGIN".as_ref(),
    ];
    compile("cc", standard, &source, arguments);
    let output = run(program.to_str().unwrap(), &[], directory);
    expect_success(name, &output);
    output
}
