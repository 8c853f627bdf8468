//! The wire format: what is written is read back, and what is damaged is refused whole.

use super::*;

fn request() -> SyncRequest {
    let hash = ChangeHash::from_bytes([3; 32]);
    SyncRequest {
        schema: 1,
        app_version: "1.0.0".to_owned(),
        device: DeviceId::from_bytes([1; 16]),
        cursor: Some(FeedCursor { epoch: 1, scope: [9; 16], seq: 300, reference_seq: 7 }),
        digest: Some(Digest::of(&hash)),
        push: vec![PushedOrder {
            order: OrderId::from_bytes([2; 16]),
            changes: vec![PushedChange { hash, bytes: vec![1, 2, 3], voucher: Some(0) }],
        }],
        heads: None,
        page_bytes_max: None,
        vouchers: Some(vec![Voucher {
            orders: vec![OrderHeads { order: OrderId::from_bytes([2; 16]), heads: vec![hash] }],
            seal: VoucherSeal([6; 16]),
        }]),
    }
}

fn response() -> SyncResponse {
    let order = OrderId::from_bytes([2; 16]);
    let outcomes = [
        Outcome::Applied,
        Outcome::Duplicate,
        Outcome::Held { reason: HeldReason::OrderFull, until: Timestamp(5) },
        Outcome::MissingDeps { hashes: vec![ChangeHash::from_bytes([8; 32])] },
        Outcome::ActorForked { heads: vec![] },
        Outcome::Rejected {
            code: RejectCode::Other("later".to_owned()),
            path: Some("plan/number".to_owned()),
        },
    ];
    let results = outcomes.map(|outcome| ChangeResult { hash: ChangeHash::from_bytes([3; 32]), outcome });
    SyncResponse {
        cursor: FeedCursor { epoch: 1, scope: [9; 16], seq: 301, reference_seq: 7 },
        more: false,
        digest: Some(Digest::default()),
        results: vec![OrderResults { order, results: results.to_vec() }],
        orders: vec![
            OrderUpdate::Enter { order, snapshot: vec![0; 400], changes: vec![Bytes(vec![1])] },
            OrderUpdate::Changes { order, changes: vec![Bytes(vec![2])] },
            OrderUpdate::Leave { order },
        ],
        reference: vec![ReferenceRow {
            kind: "site".to_owned(),
            id: [4; 16],
            body: "{}".to_owned(),
            is_removed: false,
        }],
        server_time: Timestamp(1_700_000_000_000),
        upgrade: false,
        retry_after_s: None,
        backup_watermark: None,
        wants_heads: false,
        voucher: Some(VoucherSeal([6; 16])),
    }
}

#[test]
fn messages_read_back_what_was_written() {
    assert_eq!(open(&seal(&request()), REQUEST_BYTES_MAX), Ok(request()));
    assert_eq!(open(&seal(&response()), RESPONSE_BYTES_MAX), Ok(response()));
}

#[test]
fn a_body_cut_anywhere_is_refused_whole() {
    // covers: B5
    for body in [seal(&request()), seal(&response())] {
        for length in 0..body.len() {
            assert!(open::<SyncRequest>(&body[..length], REQUEST_BYTES_MAX).is_err());
            assert!(open::<SyncResponse>(&body[..length], RESPONSE_BYTES_MAX).is_err());
        }
    }
}

#[test]
fn a_body_that_inflates_past_the_limit_is_refused() {
    // covers: F7
    let mut large = response();
    large.orders = vec![OrderUpdate::Enter {
        order: OrderId::from_bytes([2; 16]),
        snapshot: vec![0; 100_000],
        changes: vec![],
    }];
    let body = seal(&large);

    assert!(body.len() < 2_000);
    assert_eq!(open::<SyncResponse>(&body, 50_000), Err(EnvelopeError::TooLarge));
}

#[test]
fn another_protocol_version_is_named_as_such() {
    let mut body = seal(&request());
    body[0] = 9;

    assert_eq!(open::<SyncRequest>(&body, REQUEST_BYTES_MAX), Err(EnvelopeError::Protocol));
}

#[test]
fn a_digest_forgets_what_is_taken_out_and_ignores_order() {
    let hashes: Vec<_> = (0..9).map(|byte| ChangeHash::from_bytes([byte * 31; 32])).collect();
    let all: Digest = hashes.iter().collect();
    let reversed: Digest = hashes.iter().rev().collect();

    assert_eq!(all, reversed);
    assert_eq!(all.minus(Digest::of(&hashes[4])).plus(Digest::of(&hashes[4])), all);
    assert_ne!(all.minus(Digest::of(&hashes[4])), all);
}
