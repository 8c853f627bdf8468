//! Teams, skills and staff profiles: who can do what, and when. Never assigns anybody.

use campo::store::reference_rows;
use serde_json::{Value, json};

use super::support::{each_node, text};

fn profile(user: &str, skills: &Value) -> Value {
    json!({
        "user_id": user,
        "name": "Bruno",
        "skills": skills,
        "working_hours": [
            { "day": "tuesday", "from": "08:00", "until": "17:00" },
            { "day": "monday", "from": "08:00", "until": "17:00", "lunch_from": "12:00", "lunch_until": "13:00" },
        ],
        "absences": [{ "from": "2026-12-24", "until": "2027-01-02", "reason": "férias" }],
        "latitude": -25.4284,
        "longitude": -49.2733,
    })
}

#[tokio::test]
async fn a_team_has_people_who_exist_and_phones_hold_it() {
    for (node, admin, _database) in each_node().await {
        let (bruno, _) = node.add_user(&admin, "bruno@example.com", "technician").await;
        let stranger = "00000000-0000-0000-0000-000000000009";

        let team = json!({ "name": "Norte", "manager_id": admin.user_id, "member_ids": [bruno, bruno] });
        let team = node.post(&admin.token, "/v1/teams", &team).await;
        let unknown = json!({ "name": "Sul", "member_ids": [stranger] });
        let unknown = node.post(&admin.token, "/v1/teams", &unknown).await;

        assert_eq!((team.status.as_u16(), &team.body["member_ids"]), (201, &json!([bruno])), "{}", team.body);
        assert_eq!((unknown.status.as_u16(), unknown.body["field"].as_str()), (422, Some("member_ids")));
        let mut tx = node.app.store.begin_read(admin.organization).await.unwrap();
        let head = reference_rows::head(&mut tx).await.unwrap();
        let rows = reference_rows::list_after(&mut tx, 0, head, 100).await.unwrap();
        assert_eq!(rows.last().map(|row| row.kind.as_str()), Some("team"));
    }
}

#[tokio::test]
async fn a_profile_knows_hours_and_certificates_and_stays_in_the_office() {
    for (node, admin, _database) in each_node().await {
        let (bruno, token) = node.add_user(&admin, "bruno@example.com", "technician").await;
        let skill = json!({ "name": "Gás", "certificate_required": true });
        let skill = node.post(&admin.token, "/v1/skills", &skill).await;
        let same = node.post(&admin.token, "/v1/skills", &json!({ "name": "gas" })).await;
        let owned = |expires_on: &str| json!([{ "skill_id": skill.body["id"], "expires_on": expires_on }]);

        let without = node.post(&admin.token, "/v1/staff-profiles", &profile(&bruno, &owned(""))).await;
        let mut lunch = profile(&bruno, &json!([]));
        lunch["working_hours"][0]["lunch_from"] = json!("18:00");
        let lunch = node.post(&admin.token, "/v1/staff-profiles", &lunch).await;
        let made =
            node.post(&admin.token, "/v1/staff-profiles", &profile(&bruno, &owned("2027-03-01"))).await;
        let again = node.post(&admin.token, "/v1/staff-profiles", &profile(&bruno, &json!([]))).await;
        let due = node.get(&admin.token, "/v1/staff-profiles?due_before=2027-03-02").await;
        let later = node.get(&admin.token, "/v1/staff-profiles?due_before=2027-03-01").await;
        let own = node.get(&token, &format!("/v1/staff-profiles/{}", text(&made.body["id"]))).await;

        assert_eq!(same.body["field"], json!("name"));
        for (refused, field) in [(without, "skills"), (lunch, "working_hours"), (again, "user_id")] {
            assert_eq!((refused.status.as_u16(), refused.body["field"].as_str()), (422, Some(field)));
        }
        assert_eq!((made.status.as_u16(), &made.body["working_hours"][0]["day"]), (201, &json!("monday")));
        assert_eq!(due.body["rows"][0]["id"], made.body["id"]);
        assert_eq!(later.body["rows"], json!([]));
        assert_eq!(own.code(), "role_forbidden");
        let mut tx = node.app.store.begin_read(admin.organization).await.unwrap();
        let head = reference_rows::head(&mut tx).await.unwrap();
        let rows = reference_rows::list_after(&mut tx, 0, head, 100).await.unwrap();
        assert!(rows.iter().all(|row| row.kind != "staff_profile"), "home addresses are not on phones");
    }
}
