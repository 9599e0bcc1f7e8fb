//! Dense ids. An id is an index into the list of the same name in [`crate::plan::Plan`].

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub u32);

        impl $name {
            /// The position in the list this id belongs to.
            #[inline]
            #[must_use]
            pub const fn index(self) -> usize {
                self.0 as usize
            }
        }

        impl From<usize> for $name {
            fn from(index: usize) -> Self {
                $name(u32::try_from(index).expect("more than 2^32 objects in one configuration"))
            }
        }
    };
}

id!(/// A `frontend`, or the frontend half of a `listen`: index into `Plan::frontends`.
    FrontendId);
id!(/// A `backend`, or the backend half of a `listen`: index into `Plan::backends`.
    BackendId);
id!(/// A `server` line: index into `Plan::servers`.
    ServerId);
id!(/// A `stick-table`: index into `Plan::tables`.
    TableId);
id!(/// One bound address of a frontend: index into `Plan::listeners`.
    ListenerId);
