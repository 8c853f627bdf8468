//! The stable codes of refused and held changes. A wire format: a code keeps its text for ever.

use minicbor::decode::Error as DecodeError;
use minicbor::encode::{Error as EncodeError, Write};
use minicbor::{Decode, Decoder, Encode, Encoder};

macro_rules! code {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
            /// A code of a later version; shown as it is.
            Other(String),
        }

        impl $name {
            /// Every code this version knows.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The stable text.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)+
                    Self::Other(text) => text,
                }
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                match text {
                    $($text => Self::$variant,)+
                    other => Self::Other(other.to_owned()),
                }
            }
        }

        impl<C> Encode<C> for $name {
            fn encode<W: Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), EncodeError<W::Error>> {
                e.str(self.as_str())?.ok()
            }
        }

        impl<'b, C> Decode<'b, C> for $name {
            fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, DecodeError> {
                d.str().map(Self::from)
            }
        }
    };
}

code!(
    /// Why a change is never accepted in the form it was offered in.
    RejectCode {
        /// The bytes do not have the hash they were offered under.
        HashMismatch = "hash_mismatch",
        /// The bytes contradict their own checksum.
        Checksum = "checksum",
        /// Not a plain change: a document, a compressed change or a bundle.
        ChunkType = "chunk_type",
        /// More operations, predecessors or key bytes than allowed.
        TooManyOps = "too_many_ops",
        /// More bytes than allowed.
        TooLarge = "too_large",
        /// Encoded otherwise than the one canonical way.
        NotCanonical = "not_canonical",
        /// Refers to what is not there, or nests or names what is not allowed.
        Structure = "structure",
        /// Counts its operations from a number that would keep others from writing.
        StartOp = "start_op",
        /// Applies, but the document could not be read again.
        Unloadable = "unloadable",
        /// The actor belongs to another device.
        ActorNotYours = "actor_not_yours",
        /// The author was not assigned to the order when writing.
        NotAssigned = "not_assigned",
        /// No such order for this author.
        UnknownOrder = "unknown_order",
        /// The author may not write this field.
        ForbiddenField = "forbidden_field",
        /// Nobody may write this field any more.
        Immutable = "immutable",
        /// Builds on a change that was refused.
        DependsOnRefused = "depends_on_refused",
        /// Was held, and the office decided against it.
        DiscardedByOffice = "discarded_by_office",
    }
);

code!(
    /// Why a change is kept without being merged.
    HeldReason {
        /// The author's access has ended.
        AuthorDisabled = "author_disabled",
        /// The order was deleted.
        OrderDeleted = "order_deleted",
        /// The order has reached its size limit.
        OrderFull = "order_full",
        /// The order could not be processed several times.
        OrderQuarantined = "order_quarantined",
        /// A kind of change that a newer version writes.
        Unsupported = "unsupported",
        /// Builds on a held change.
        DependsOnHeld = "depends_on_held",
    }
);
