//! Puts documents together from what the server has and what was made here. Never loses a change silently.

use std::collections::BTreeSet;

use crate::document::{Change, ChangeHeader, DocumentError, OrderDocument, genesis_heads};
use crate::ids::ChangeHash;
use crate::message::{Bytes, Digest};

/// Why bytes of the server did not fit a local document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unfit {
    /// A change of this device stands in the way: the server knows another one in its place.
    Forked,
    /// Something is missing or damaged; the order has to be fetched whole.
    Incomplete,
}

impl From<DocumentError> for Unfit {
    fn from(error: DocumentError) -> Self {
        match error {
            DocumentError::ActorForked => Self::Forked,
            DocumentError::Damaged | DocumentError::MissingDependencies(_) | DocumentError::NoSuchMap(_) => {
                Self::Incomplete
            }
        }
    }
}

/// Every change of a document but the initial one, in an order in which they can be applied.
fn headers(document: &OrderDocument) -> Vec<ChangeHeader> {
    document.headers_since(&genesis_heads())
}

/// The combination of all changes of a document.
pub(crate) fn digest_of(document: &OrderDocument) -> Digest {
    headers(document).iter().map(|header| &header.hash).collect()
}

/// The heads of the part of a document that the server has: everything but `ahead`.
pub(crate) fn server_heads(document: &OrderDocument, ahead: &BTreeSet<ChangeHash>) -> Vec<ChangeHash> {
    let known = headers(document).into_iter().filter(|header| !ahead.contains(&header.hash));
    let mut heads = BTreeSet::new();
    for header in known {
        for dep in &header.deps {
            heads.remove(dep);
        }
        heads.insert(header.hash);
    }
    heads.into_iter().collect()
}

/// The document without some changes and all that builds on them, and the names of all that is gone.
pub(crate) fn without(
    document: &OrderDocument,
    dropped: &BTreeSet<ChangeHash>,
) -> (OrderDocument, BTreeSet<ChangeHash>) {
    let mut gone = BTreeSet::new();
    let mut rest = OrderDocument::new();
    for header in headers(document) {
        let is_gone = dropped.contains(&header.hash) || header.deps.iter().any(|dep| gone.contains(dep));
        let kept = if is_gone { None } else { document.change(&header.hash) };
        if kept.is_none_or(|change| rest.apply(&change.bytes).is_err()) {
            gone.insert(header.hash);
        }
    }
    (rest, gone)
}

/// Applies changes of the server; a damaged or unfitting one leaves the document as it was.
pub(crate) fn apply_all(document: &mut OrderDocument, changes: &[Bytes]) -> Result<Vec<ChangeHash>, Unfit> {
    let mut next = document.clone();
    let hashes = changes.iter().map(|change| next.apply(&change.0)).collect::<Result<Vec<_>, _>>()?;
    *document = next;
    Ok(hashes)
}

/// The server's document with the changes laid on top that only this device has.
pub(crate) fn entered(snapshot: &[u8], changes: &[Bytes], ahead: &[Change]) -> Result<Entered, Unfit> {
    let mut server = OrderDocument::load(snapshot)?;
    apply_all(&mut server, changes)?;
    let mut whole = server.clone();
    for change in ahead {
        whole.apply(&change.bytes)?;
    }
    Ok(Entered { server, whole })
}

/// What came of an order sent whole.
pub(crate) struct Entered {
    /// What the server has.
    pub server: OrderDocument,
    /// The same with this device's changes on top.
    pub whole: OrderDocument,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Path, Scalar, Write};
    use crate::ids::ActorId;
    use crate::time::Timestamp;

    fn write(document: &mut OrderDocument, actor: u8, field: &str) -> Change {
        let write = Write::Put(Path::parse(&format!("plan/{field}")), Scalar::from(field));
        document.commit(ActorId::from_bytes([actor; 16]), Timestamp(1), &[write]).unwrap().unwrap()
    }

    #[test]
    fn taking_out_a_change_takes_out_what_builds_on_it_and_nothing_else() {
        let mut office = OrderDocument::new();
        let mut phone = OrderDocument::new();
        let first = write(&mut phone, 1, "a");
        let second = write(&mut phone, 1, "b");
        let apart = write(&mut office, 2, "c");
        phone.apply(&apart.bytes).unwrap();
        let on_both = write(&mut phone, 1, "d");

        let (rest, gone) = without(&phone, &BTreeSet::from([second.hash]));

        assert_eq!(gone, BTreeSet::from([second.hash, on_both.hash]));
        assert!(rest.contains(&first.hash) && rest.contains(&apart.hash));
    }

    #[test]
    fn the_servers_heads_leave_out_what_only_the_phone_has() {
        let mut phone = OrderDocument::new();
        let first = write(&mut phone, 1, "a");
        let second = write(&mut phone, 1, "b");

        assert_eq!(server_heads(&phone, &BTreeSet::from([second.hash])), [first.hash]);
        assert_eq!(server_heads(&phone, &BTreeSet::from([first.hash, second.hash])), []);
    }

    #[test]
    fn an_order_sent_whole_keeps_what_was_made_here() {
        let mut server = OrderDocument::new();
        write(&mut server, 2, "c");
        let mut phone = OrderDocument::load(&server.save()).unwrap();
        let own = write(&mut phone, 1, "a");
        write(&mut server, 2, "e");

        let entered = entered(&server.save(), &[], std::slice::from_ref(&own)).unwrap();

        assert!(entered.whole.contains(&own.hash) && !entered.server.contains(&own.hash));
        assert_eq!(digest_of(&entered.server), digest_of(&server));
    }

    #[test]
    fn a_damaged_change_leaves_the_document_as_it_was() {
        let mut author = OrderDocument::new();
        let good = write(&mut author, 1, "a");
        let mut bad = write(&mut author, 1, "b").bytes;
        bad[20] ^= 1;
        let mut document = OrderDocument::new();

        let applied = apply_all(&mut document, &[Bytes(good.bytes), Bytes(bad)]);

        assert_eq!(applied, Err(Unfit::Incomplete));
        assert_eq!(document.heads(), genesis_heads());
    }
}
