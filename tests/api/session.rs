//! Signing in, refreshing, signing out: what an honest device meets and what a thief meets.

use campo::jobs::run_due_jobs;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use reqwest::Method;
use serde_json::json;

use super::support::{Admin, PASSWORD, TestKey, TestNode, each_node, text};

#[tokio::test]
async fn unknown_people_and_wrong_passwords_look_alike() {
    for (node, admin, _database) in each_node().await {
        let unknown = node.sign_in("nobody@example.com", PASSWORD).await;
        let wrong = node.sign_in(&admin.email, "wrong password").await;

        assert_eq!((unknown.status.as_u16(), unknown.code()), (401, "token_invalid"));
        assert_eq!(unknown.without_request_id(), wrong.without_request_id());
    }
}

// covers: F14
#[tokio::test]
async fn guessing_waits_from_the_fifth_failure_and_never_locks_the_owner_out() {
    for (node, admin, _database) in each_node().await {
        for _ in 0..5 {
            assert_eq!(node.sign_in(&admin.email, "wrong password").await.status.as_u16(), 401);
        }

        let sixth = node.sign_in(&admin.email, PASSWORD).await;
        assert_eq!((sixth.status.as_u16(), sixth.code()), (429, "rate_limited"));
        assert_eq!(sixth.body["retry_after_s"], json!(1));

        node.clock.advance_ms(1_000);
        assert_eq!(node.sign_in(&admin.email, PASSWORD).await.status.as_u16(), 200);
        assert_eq!(
            node.sign_in(&admin.email, "wrong password").await.status.as_u16(),
            401,
            "the count began anew"
        );
    }
}

#[tokio::test]
async fn a_known_device_is_spared_the_delay_that_strangers_caused() {
    for (node, admin, _database) in each_node().await {
        let key = TestKey::new(7);
        node.enroll(&admin.token, &key).await;
        for _ in 0..5 {
            node.sign_in(&admin.email, "wrong password").await;
        }
        assert_eq!(node.sign_in(&admin.email, PASSWORD).await.status.as_u16(), 429);

        let body = json!({ "email": admin.email, "password": PASSWORD }).to_string();
        let request = node.seal("/v1/session", body.as_bytes(), &key, admin.organization);
        let session = node.send(request.header("content-type", "application/json").body(body)).await;

        assert_eq!(session.status.as_u16(), 200, "{}", session.body);
        assert_eq!(session.body["device_id"], json!(key.device), "and the session is bound to the device");
    }
}

#[tokio::test]
async fn an_expired_token_says_so_and_a_refresh_gives_a_good_one() {
    for (node, admin, _database) in each_node().await {
        node.clock.advance_ms(17 * 60_000);
        let expired = node.get(&admin.token, "/v1/organization").await;
        assert_eq!((expired.status.as_u16(), expired.code()), (401, "token_expired"));

        let body = json!({ "refresh_token": admin.refresh_token });
        let fresh = node.send(node.request(Method::POST, "/v1/session/refresh").json(&body)).await;

        let again = node.get(&text(&fresh.body["access_token"]), "/v1/organization").await;
        assert_eq!(again.status.as_u16(), 200);
    }
}

// covers: A10
#[tokio::test]
async fn a_session_survives_sixty_days_without_a_network_and_ends_after_ninety() {
    const DAY_MS: i64 = 24 * 3_600_000;
    for (node, admin, _database) in each_node().await {
        let key = TestKey::new(7);
        let enrolled = node.enroll(&admin.token, &key).await;
        let token = text(&enrolled.body["session"]["refresh_token"]);

        node.clock.advance_ms(60 * DAY_MS);
        let fresh = node.refresh(&token, &key, admin.organization).await;
        assert_eq!(fresh.status.as_u16(), 200, "{}", fresh.body);

        node.clock.advance_ms(91 * DAY_MS);
        let late = node.refresh(&text(&fresh.body["refresh_token"]), &key, admin.organization).await;
        assert_eq!((late.status.as_u16(), late.code()), (401, "token_invalid"));
    }
}

#[tokio::test]
async fn a_refresh_token_without_its_device_is_worth_nothing() {
    for (node, admin, _database) in each_node().await {
        let (key, thief) = (TestKey::new(7), TestKey::new(8));
        let enrolled = node.enroll(&admin.token, &key).await;
        let token = text(&enrolled.body["session"]["refresh_token"]);

        let body = json!({ "refresh_token": token });
        let bare = node.send(node.request(Method::POST, "/v1/session/refresh").json(&body)).await;
        let forged = node.refresh(&token, &thief, admin.organization).await;

        assert_eq!((bare.code(), forged.code()), ("token_invalid", "token_invalid"));
        let honest = node.refresh(&token, &key, admin.organization).await;
        assert_eq!(honest.status.as_u16(), 200, "the owner is not signed out by it");
    }
}

// covers: F13
#[tokio::test]
async fn a_copied_token_and_its_original_cannot_both_go_on_and_other_devices_are_spared() {
    for (node, admin, _database) in each_node().await {
        let (key, other) = (TestKey::new(7), TestKey::new(8));
        let spared = text(&node.sign_in(&admin.email, PASSWORD).await.body["access_token"]);
        let spared = node.enroll(&spared, &other).await;
        let start = text(&node.enroll(&admin.token, &key).await.body["session"]["refresh_token"]);

        // A cloned phone has the key as well; both start from the same token.
        let of_clone = node.refresh(&start, &key, admin.organization).await;
        let of_owner = node.refresh(&start, &key, admin.organization).await;
        let of_clone = node.refresh(&text(&of_clone.body["refresh_token"]), &key, admin.organization).await;
        assert_eq!(of_clone.status.as_u16(), 200);

        let caught = node.refresh(&text(&of_owner.body["refresh_token"]), &key, admin.organization).await;

        assert_eq!((caught.status.as_u16(), caught.code()), (401, "session_revoked"));
        let clone_too = node.get(&text(&of_clone.body["access_token"]), "/v1/organization").await;
        assert_eq!(clone_too.code(), "session_revoked", "at once, access token or not");
        let token = text(&spared.body["session"]["refresh_token"]);
        assert_eq!(node.refresh(&token, &other, admin.organization).await.status.as_u16(), 200);
    }
}

#[tokio::test]
async fn no_honest_device_is_signed_out_however_many_replies_are_lost() {
    const REFRESHES: usize = 150;
    for (node, admin, _database) in each_node().await {
        let key = TestKey::new(7);
        let mut token = text(&node.enroll(&admin.token, &key).await.body["session"]["refresh_token"]);
        let mut dice = ChaCha8Rng::seed_from_u64(13);

        for step in 0..REFRESHES {
            let answer = node.refresh(&token, &key, admin.organization).await;
            assert_eq!(answer.status.as_u16(), 200, "step {step}: {}", answer.body);
            let reply_arrives = dice.next_u32() % 3 != 0;
            if reply_arrives {
                token = text(&answer.body["refresh_token"]);
            }
        }
    }
}

/// An owner and a thief with a copy of everything, in any order, with replies that get lost: by the contract, whoever uses a
/// token of the past ends the session for both, and while only the owner asks nothing ends.
#[tokio::test]
async fn a_thief_is_caught_whatever_the_order_and_the_owner_is_told() {
    const WORLDS: u64 = 40;
    for (node, admin, _database) in each_node().await {
        node.add_user(&admin, "bea@example.com", "technician").await;
        let mut caught = 0;
        for world in 0..WORLDS {
            let mut dice = ChaCha8Rng::seed_from_u64(world);
            let key = TestKey::random();
            let signed_in = text(&node.sign_in("bea@example.com", PASSWORD).await.body["access_token"]);
            let start = text(&node.enroll(&signed_in, &key).await.body["session"]["refresh_token"]);
            // What the server goes by: the token used last, and what was given for it.
            let (mut used, mut given) = (start.clone(), vec![start.clone()]);
            let mut held = [start.clone(), start];
            let thief_comes_at = dice.next_u32() % 8;
            for step in 0..12 {
                let who = usize::from(step >= thief_comes_at && dice.next_u32() % 2 == 0);
                let token = held[who].clone();
                let answer = node.refresh(&token, &key, admin.organization).await;
                if token != used && !given.contains(&token) {
                    assert_eq!(
                        (answer.status.as_u16(), answer.code()),
                        (401, "session_revoked"),
                        "world {world}"
                    );
                    let again = node.refresh(&held[1 - who], &key, admin.organization).await;
                    assert_eq!(again.code(), "session_revoked", "world {world}: for both");
                    caught += 1;
                    break;
                }
                assert_eq!(answer.status.as_u16(), 200, "world {world}, step {step}: {}", answer.body);
                if token != used {
                    (used, given) = (token, Vec::new());
                }
                let next = text(&answer.body["refresh_token"]);
                given.push(next.clone());
                if dice.next_u32() % 3 != 0 {
                    held[who] = next;
                }
            }
        }

        run_due_jobs(&node.app).await.unwrap();
        let session = node.sign_in("bea@example.com", PASSWORD).await;
        let inbox = "/v1/notifications/export?format=csv";
        let inbox = text(&node.get(&text(&session.body["access_token"]), inbox).await.body);
        assert!(caught > WORLDS / 3, "the thief came often enough: {caught}");
        assert_eq!(inbox.matches("session.token_reused").count() as u64, caught, "each time once: {inbox}");
        node.stop().await;
    }
}

#[tokio::test]
async fn signing_out_ends_this_session_at_once_and_no_other() {
    for (node, admin, _database) in each_node().await {
        let other = node.sign_in(&admin.email, PASSWORD).await;

        let out = node.delete(&admin.token, "/v1/session", "").await;

        assert_eq!(out.status.as_u16(), 204);
        assert_eq!(node.get(&admin.token, "/v1/organization").await.code(), "session_revoked");
        assert_eq!(refresh_bare(&node, &admin).await, "session_revoked");
        let other = node.get(&text(&other.body["access_token"]), "/v1/organization").await;
        assert_eq!(other.status.as_u16(), 200);
    }
}

async fn refresh_bare(node: &TestNode, admin: &Admin) -> String {
    let body = json!({ "refresh_token": admin.refresh_token });
    node.send(node.request(Method::POST, "/v1/session/refresh").json(&body)).await.code().to_owned()
}

#[tokio::test]
async fn answers_come_in_the_callers_language() {
    for (node, admin, _database) in each_node().await {
        let request = node.request(Method::GET, "/v1/nothing").bearer_auth(&admin.token);
        let romanian = node.send(request.header("accept-language", "ro, en;q=0.5")).await;

        assert_eq!(romanian.body["detail"], json!("Nu este nimic aici."));
    }
}
