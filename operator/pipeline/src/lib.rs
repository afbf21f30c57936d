//! One run, the same for the Job, the command line and the tests.
//!
//! [`inspect`] looks and plans and writes nothing. [`migrate`] takes the lock, settles what an earlier run left
//! unfinished, plans, judges by the policy, applies, and proves the result by looking again.

mod back;
pub mod convert;
mod data;
mod desired;
mod edition;
mod inspect;
mod judge;
mod keep;
mod limits;
mod migrate;
mod outcome;
mod rehearse;
pub mod repair;
mod request;
mod rest;
mod rollback;
mod sizes;

pub use back::{Remains, Undo, WayBack};
pub use desired::desired;
pub use inspect::inspect;
pub use keep::purge;
pub use migrate::migrate;
pub use outcome::{Failure, Finding, JudgedPlan, Keep, Outcome};
pub use rehearse::{OwnSql, Rehearsed, Trial, rehearse};
pub use request::{
    ApprovalRule, BackupRule, Destructive, DriftRule, FirstContact, HistoryRule, KeepRule, Limits, Policy,
    Request, RunMode,
};
pub use rollback::{Point, RollBack, roll_back};
