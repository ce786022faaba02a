//! The commands beside `serve`, as an operator types them.

use std::{path::Path, process::Output};

use crate::process;

fn marquee(folder: &Path, arguments: &[&str]) -> Output {
    process::marquee(folder).args(arguments).output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn an_import_names_what_it_refuses_imports_the_rest_and_changes_nothing_the_second_time() {
    let folder = tempfile::tempdir().unwrap();
    let films = folder.path().join("films");
    std::fs::create_dir(&films).unwrap();
    crate::watching::film(&films.join("Good One (1999).mp4"));
    std::fs::write(films.join("Broken (2000).mp4"), "no video at all").unwrap();

    let first = marquee(folder.path(), &["import", "films"]);
    assert_eq!(first.status.code(), Some(1), "{}", err(&first));
    assert!(out(&first).contains("1 imported, 0 there already, 1 refused"), "{}", out(&first));
    assert!(err(&first).contains("Broken (2000).mp4: "), "{}", err(&first));

    std::fs::remove_file(films.join("Broken (2000).mp4")).unwrap();
    let second = marquee(folder.path(), &["import", "films"]);
    assert_eq!(second.status.code(), Some(0), "{}", err(&second));
    assert!(out(&second).contains("0 imported, 1 there already, 0 refused"), "{}", out(&second));
}

#[test]
fn an_import_of_nothing_is_a_failure() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(marquee(folder.path(), &["import", "none.mkv"]).status.code(), Some(1));
    assert_eq!(marquee(folder.path(), &["import"]).status.code(), Some(2));
}

#[test]
fn a_catalogue_is_imported_but_for_its_bad_records_each_named_by_line_and_field() {
    let folder = tempfile::tempdir().unwrap();
    let file =
        "[\n{ \"title\": \"One\", \"year\": 1999 },\n{ \"title\": \"Two\", \"year\": \"soon\" },\n{ \"title\": \"Three\" }\n]\n";
    std::fs::write(folder.path().join("films.json"), file).unwrap();
    let first = marquee(folder.path(), &["import-catalogue", "films.json"]);
    assert_eq!(first.status.code(), Some(1), "{}", err(&first));
    assert_eq!(out(&first).trim(), "2 created, 0 updated, 0 unchanged, 1 refused");
    assert!(err(&first).contains("films.json: line 3, year: "), "{}", err(&first));
    let second = marquee(folder.path(), &["import-catalogue", "films.json"]);
    assert_eq!(out(&second).trim(), "0 created, 0 updated, 2 unchanged, 1 refused");
}

#[test]
fn the_openapi_document_is_printed_and_touches_no_data() {
    let folder = tempfile::tempdir().unwrap();
    let output = marquee(folder.path(), &["openapi"]);
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn help_has_an_example_for_every_command() {
    let folder = tempfile::tempdir().unwrap();
    for command in
        ["serve", "import", "import-catalogue", "demo", "account", "dependencies", "vault", "backup", "restore", "openapi"]
    {
        let help = out(&marquee(folder.path(), &[command, "--help"]));
        assert!(help.contains(&format!("marquee {command}")) && help.contains("Example"), "{command}: {help}");
    }
}

#[test]
fn the_machines_owner_makes_accounts_and_gives_new_passwords() {
    let folder = tempfile::tempdir().unwrap();
    let made = marquee(folder.path(), &["account", "create", "Ada", "--name", "Ada Lovelace", "--operator"]);
    assert!(made.status.success(), "{}", err(&made));
    assert_eq!(out(&marquee(folder.path(), &["account", "list"])), "Ada\toperator\tAda Lovelace\n");
    let taken = marquee(folder.path(), &["account", "create", "ADA"]);
    assert_eq!(taken.status.code(), Some(1));
    assert!(err(&taken).contains("This name is taken."), "{}", err(&taken));

    let renewed = out(&marquee(folder.path(), &["account", "password", "ada"]));
    let password = renewed.trim().rsplit_once(": ").unwrap().1.to_owned();
    assert!(!out(&made).contains(&password));
    let server = process::Running::start(folder.path(), &[]);
    let body = format!(r#"{{"login":"ada","password":"{password}"}}"#);
    let json = ("Content-Type", "application/json");
    let answer = process::ask(&server.address, "POST", "/api/v1/sign-in", &[json], &body).unwrap();
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    let nobody = marquee(folder.path(), &["account", "password", "nobody"]);
    assert!(err(&nobody).contains("There is no such account."), "{}", err(&nobody));
}

#[test]
fn a_folder_of_films_that_is_named_for_the_search_index_stops_the_start_in_words_and_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let film = folder.path().join("films/Alien (1979).mkv");
    std::fs::create_dir(folder.path().join("films")).unwrap();
    std::fs::write(&film, "a film").unwrap();
    let serve = process::marquee(folder.path())
        .args(["serve", "--address", "127.0.0.1:0"])
        .env("MARQUEE_STORAGE__SEARCH", folder.path().join("films"))
        .output()
        .unwrap();
    assert_eq!(serve.status.code(), Some(78), "as any config that cannot be used: {}", err(&serve));
    assert!(err(&serve).contains("storage.search: ") && err(&serve).contains("Name a folder that is empty"), "{}", err(&serve));
    assert_eq!(std::fs::read_to_string(&film).unwrap(), "a film");
    assert_eq!(std::fs::read_dir(folder.path().join("films")).unwrap().count(), 1);
}
