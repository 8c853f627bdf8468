//! Who may do what, whole: every operation of the table, by every kind of caller, on what is theirs, another's, another
//! organization's and nobody's. `authorization.txt` is the same for people to read.

mod things;

use std::fmt::Write as _;
use std::path::Path;

use campo::accounts::Scope;
use campo::http::operation::{Access, Condition, Operation, Ownership};
use campo::routes::areas;
use harness::databases::TestDatabase;
use reqwest::{Method, StatusCode};
use serde_json::json;
use sync_core::workflow::Role;

use super::support::{Admin, Answer, PASSWORD, TestNode, each_node};
use things::{Person, Things, body_of};

const ROLES: [Role; 4] = [Role::Viewer, Role::Technician, Role::Dispatcher, Role::Admin];
const UNKNOWN: &str = "00000000-0000-0000-0000-00000000dead";

/// What a caller gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// Past the door and to the thing; what then becomes of the request is another matter.
    In,
    Unauthorized,
    Forbidden,
    NotFound,
}

impl Outcome {
    const fn word(self) -> &'static str {
        match self {
            Self::In => "in",
            Self::Unauthorized => "401",
            Self::Forbidden => "403",
            Self::NotFound => "404",
        }
    }
}

/// Whose the thing is that the path names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    Own,
    Others,
    Elsewhere,
}

fn table() -> Vec<Operation> {
    areas().into_iter().flat_map(|area| area.operations).collect()
}

fn has_ids(row: &Operation) -> bool {
    row.parameters().any(|name| !row.text_parameters.contains(&name))
}

/// What the table says.
fn expected(row: &Operation, role: Option<Role>, whose: Whose) -> Outcome {
    let Some(role) = role else {
        return if row.access == Access::Public { Outcome::In } else { Outcome::Unauthorized };
    };
    if row.access == Access::Device || !row.access.admits(role) {
        return Outcome::Forbidden;
    }
    if !has_ids(row) {
        return Outcome::In;
    }
    let reaches = match (whose, row.ownership) {
        (Whose::Elsewhere, _) => false,
        (Whose::Own, _) | (Whose::Others, Ownership::Organization) => true,
        (Whose::Others, Ownership::Order) => role != Role::Technician,
        (Whose::Others, Ownership::Person(others)) => others.admits(role),
        (Whose::Others, Ownership::Own) => false,
    };
    if reaches { Outcome::In } else { Outcome::NotFound }
}

fn whoses(row: &Operation) -> &'static [Whose] {
    if has_ids(row) { &[Whose::Own, Whose::Others, Whose::Elsewhere] } else { &[Whose::Own] }
}

/// One line for each operation: outcomes on one's own, another's and another organization's thing.
fn as_text() -> String {
    let mut text = String::from(
        "# What each role gets on what is its own, another's, another organization's; \"in\" is past the door and to the thing.\n\
         # nobody / viewer / technician / dispatcher / admin, and the scope an API token needs\n",
    );
    let mut rows = table();
    rows.sort_by_key(|row| (row.path, row.method.to_string()));
    for row in rows {
        let cells = [None].into_iter().chain(ROLES.map(Some)).map(|role| {
            let outcomes = whoses(&row).iter().map(|whose| expected(&row, role, *whose).word());
            let mut outcomes: Vec<_> = outcomes.collect();
            outcomes.dedup();
            if outcomes.len() == 1 { outcomes[0].to_owned() } else { outcomes_of(&row, role) }
        });
        let cells: Vec<String> = cells.collect();
        let scope = row.scope.map_or("no token", |scope| scope.as_str());
        let cells = cells.join(" / ");
        writeln!(text, "{:7} {:62} {cells}  [{scope}]", row.method.as_str(), row.path).unwrap();
    }
    text
}

fn outcomes_of(row: &Operation, role: Option<Role>) -> String {
    whoses(row).iter().map(|whose| expected(row, role, *whose).word()).collect::<Vec<_>>().join(",")
}

#[test]
fn authorization_txt_is_what_the_table_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("api/authorization.txt");

    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&path, as_text()).unwrap();
    }

    let is_same = std::fs::read_to_string(&path).is_ok_and(|committed| committed == as_text());
    assert!(is_same, "run `UPDATE_SNAPSHOTS=1 cargo xtask test authorization_txt` and read the difference");
}

/// One person who calls, with what is theirs.
struct Caller {
    role: Option<Role>,
    own: Things,
}

/// Two organizations with people and things.
struct World<'a> {
    node: &'a TestNode,
    callers: Vec<Caller>,
    others: Things,
    elsewhere: Things,
}

impl<'a> World<'a> {
    async fn make(node: &'a TestNode, admin: &Admin) -> World<'a> {
        let elsewhere = node.set_up_another("olga@example.com").await;
        let mut callers = vec![Caller { role: None, own: Things::none() }];
        for role in ROLES {
            let person = Person::add(node, admin, role.as_str()).await;
            callers.push(Caller { role: Some(role), own: Things::make(node, admin, person).await });
        }
        let other = Person::add(node, admin, "technician").await;
        let others = Things::make(node, admin, other).await;
        let stranger = Person::add(node, &elsewhere, "technician").await;
        let elsewhere = Things::make(node, &elsewhere, stranger).await;
        World { node, callers, others, elsewhere }
    }

    /// Sends a request of this row, with the ids of these things or with ids of nothing.
    async fn ask(&self, row: &Operation, token: &str, things: Option<&Things>) -> Answer {
        let path = things.map_or_else(|| unknown_path(row), |things| things.path(row));
        let method = row.method.as_str().parse::<Method>().expect("the table has real methods");
        let body = body_of(row, things.unwrap_or(&self.others));
        let mut request = self.node.request(method, &path);
        if !token.is_empty() {
            request = request.bearer_auth(token);
        }
        if row.condition == Condition::Required {
            request = request.header("if-match", "\"1\"");
        }
        for (name, value) in things::headers_of(row) {
            request = request.header(name, value);
        }
        if !body.is_null() {
            request = request.json(&body);
        }
        self.node.send(request).await
    }

    /// What really happens.
    async fn outcome(&self, row: &Operation, caller: &Caller, whose: Whose) -> Outcome {
        let things = match whose {
            Whose::Own if caller.role.is_none() => &self.others,
            Whose::Own => &caller.own,
            Whose::Others => &self.others,
            Whose::Elsewhere => &self.elsewhere,
        };
        let token = match row.id.as_ref() {
            // These end the session that asks.
            "signOut" | "enrollDevice" if caller.role.is_some() => {
                let session = self.node.sign_in(&caller.own.owner.email, PASSWORD).await;
                session.body["access_token"].as_str().unwrap().to_owned()
            }
            _ => caller.own.owner.token.clone(),
        };
        let unknown = self.ask(row, &token, None).await;
        let answer = self.ask(row, &token, Some(things)).await;
        if whose == Whose::Elsewhere {
            assert_eq!(
                (answer.status, answer.without_request_id()),
                (unknown.status, unknown.without_request_id()),
                "{} for {:?}: another organization's id is like none",
                row.id,
                caller.role
            );
        }
        match (answer.status, answer.code()) {
            (StatusCode::UNAUTHORIZED, "token_invalid" | "") => Outcome::Unauthorized,
            // A rule of the order speaks once the order was reached.
            (StatusCode::FORBIDDEN, "role_forbidden" | "") if answer.body["rule"].is_null() => {
                Outcome::Forbidden
            }
            (StatusCode::NOT_FOUND, _)
                if has_ids(row) && answer.without_request_id() == unknown.without_request_id() =>
            {
                Outcome::NotFound
            }
            _ => Outcome::In,
        }
    }
}

fn unknown_path(row: &Operation) -> String {
    let part = |part: &str| match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
        Some(name) if row.text_parameters.contains(&name) => things::TEXT_PARAMETER.to_owned(),
        Some(_) => UNKNOWN.to_owned(),
        None => part.to_owned(),
    };
    things::asked(row.path.split('/').map(part).collect::<Vec<_>>().join("/"))
}

/// What changes things comes after what reads them, and what ends things last.
fn order_of(row: &Operation) -> u8 {
    match row.method.as_str() {
        "GET" | "HEAD" | "OPTIONS" => 0,
        "PUT" | "PATCH" => 2,
        "DELETE" => 3,
        _ => 1,
    }
}

async fn disagreements(node: &TestNode, admin: &Admin) -> (usize, Vec<String>) {
    let mut world = World::make(node, admin).await;
    let mut rows = table();
    rows.sort_by_key(order_of);
    let (mut cells, mut wrong) = (0, Vec::new());
    for row in &rows {
        let mut is_changed = false;
        for index in 0..world.callers.len() {
            for whose in whoses(row).iter().rev() {
                if is_changed && has_ids(row) {
                    world.others.renew(node, row, admin).await;
                }
                let caller = &world.callers[index];
                let expected = expected(row, caller.role, *whose);
                let real = world.outcome(row, caller, *whose).await;
                cells += 1;
                is_changed = real == Outcome::In && order_of(row) > 0 && *whose == Whose::Others;
                if real != expected {
                    let role = caller.role.map_or("nobody", Role::as_str);
                    wrong.push(format!(
                        "{} by {role} on {whose:?}: {} but {}",
                        row.id,
                        expected.word(),
                        real.word()
                    ));
                }
            }
        }
    }
    (cells, wrong)
}

async fn token_with(node: &TestNode, admin: &Admin, scopes: &[&str]) -> String {
    let body = json!({ "name": "Robot", "role": "admin", "scopes": scopes });
    let made = node.post(&admin.token, "/v1/api-tokens", &body).await;
    made.body["token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn every_operation_asks_a_token_for_its_scope_and_for_no_other() {
    for (node, admin, _database) in each_node().await {
        let world = World::make(&node, &admin).await;
        let names: Vec<&str> = Scope::ALL.iter().map(|scope| scope.as_str()).collect();
        for scope in Scope::ALL {
            let others: Vec<&str> = names.iter().copied().filter(|name| *name != scope.as_str()).collect();
            let (with, without) = (
                token_with(&node, &admin, &[scope.as_str()]).await,
                token_with(&node, &admin, &others).await,
            );
            for row in table().iter().filter(|row| row.scope == Some(*scope) && row.method != "HEAD") {
                assert_eq!(world.ask(row, &without, None).await.code(), "scope_missing", "{}", row.id);
                assert_ne!(world.ask(row, &with, None).await.code(), "scope_missing", "{}", row.id);
            }
        }
        let all = token_with(&node, &admin, &names).await;
        let closed =
            |row: &&Operation| row.scope.is_none() && !matches!(row.access, Access::Public | Access::Device);
        for row in table().iter().filter(closed) {
            assert_eq!(world.ask(row, &all, None).await.code(), "scope_missing", "{}", row.id);
        }
    }
}

// covers: F4
#[tokio::test]
async fn every_operation_lets_in_whom_the_table_says_and_nobody_else() {
    let mut cells = 0;
    for (node, admin, database) in each_node().await {
        let (count, wrong) = disagreements(&node, &admin).await;
        cells += count;

        assert!(
            wrong.is_empty(),
            "{:?}, of {count} cells:\n{}",
            TestDatabase::kind(&database),
            wrong.join("\n")
        );
    }
    eprintln!("{cells} cells of the authorization table");
}
