//! The real client with a server behind TLS. Never trusts more than the platform does.

use std::time::Duration;

use harness::databases;
use harness::phone::process::PhoneProcess;
use harness::phone::{Asked, PhoneSettings, Said};
use harness::temp::TemporaryDirectory;
use harness::tls::TlsFront;
use tokio::time::timeout;

use super::phones_and_server::{Office, PASSWORD, TECHNICIAN};

/// Without a live socket, a phone asks every 40 to 50 s.
const SOONER_THAN_POLLING: Duration = Duration::from_secs(30);

#[tokio::test]
async fn requests_and_the_live_socket_go_through_tls() {
    let database = databases::sqlite();
    let office = Office::open(&database).await;
    let front = TlsFront::start(office.address).await.unwrap();
    let directory = TemporaryDirectory::create("phone");
    let settings = PhoneSettings { directory: directory.path().to_owned(), url: front.url() };
    let authority = front.authority();
    let mut phone = PhoneProcess::start_with(&settings, ("SSL_CERT_FILE", authority.to_str().unwrap()));
    assert_eq!(phone.hear().await, Some(Said::Opened { unsent: 0 }));

    let signed_in = phone.ask(&sign_in()).await;
    assert_eq!(signed_in, Some(Said::Synced { is_complete: true, unsent: 0 }));
    let order = office.order_for_technician().await;
    let heard = timeout(SOONER_THAN_POLLING, phone.ask(&Asked::AwaitOrder(order))).await;

    assert_eq!(heard, Ok(Some(Said::OrderIsHere)));
    phone.kill().await;
    office.close().await;
}

#[tokio::test]
async fn a_server_that_the_platform_does_not_trust_is_not_spoken_to() {
    let database = databases::sqlite();
    let office = Office::open(&database).await;
    let front = TlsFront::start(office.address).await.unwrap();
    let directory = TemporaryDirectory::create("phone");
    let settings = PhoneSettings { directory: directory.path().to_owned(), url: front.url() };
    let mut phone = PhoneProcess::start(&settings, "");
    assert_eq!(phone.hear().await, Some(Said::Opened { unsent: 0 }));

    let signed_in = phone.ask(&sign_in()).await;

    assert!(matches!(signed_in, Some(Said::Failed { .. })), "{signed_in:?}");
    phone.kill().await;
    office.close().await;
}

fn sign_in() -> Asked {
    Asked::SignIn { email: TECHNICIAN.to_owned(), password: PASSWORD.to_owned() }
}
