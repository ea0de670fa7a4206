//! Every operation of the API: the one list that the router, the roles and the OpenAPI document are made from.

use axum::http::Method;
use axum::routing::{MethodRouter, delete, get, post};
use schemars::{JsonSchema, Schema, SchemaGenerator};

use super::{Api, Role, approve, change, kill, look, testers};

/// One operation.
pub(super) struct Operation {
    pub(super) method: Method,
    pub(super) path: &'static str,
    pub(super) role: Role,
    pub(super) summary: &'static str,
    /// The schema of what is sent.
    pub(super) takes: Option<fn(&mut SchemaGenerator) -> Schema>,
    /// What may be asked in the query: name, and what it is.
    pub(super) query: &'static [(&'static str, &'static str)],
    /// The status of success.
    pub(super) status: u16,
    /// Refusals of its own, beside those that every operation knows.
    pub(super) refusals: &'static [u16],
    pub(super) handler: MethodRouter<Api>,
}

const CHANGES: &[u16] = &[404, 409, 412, 423, 503];

/// All of them.
pub(super) fn all() -> Vec<Operation> {
    let mut all = look_at_things();
    all.extend(move_things());
    all.extend(hold_things());
    all.extend(for_testers());
    all
}

fn look_at_things() -> Vec<Operation> {
    const TARGET: (&str, &str) = ("target", "a route (`GET /api/x`) or a group");
    vec![
        reading(
            "/api/flags",
            "The flags in force: version, routes and their stages, kills, freeze",
            &[],
            get(look::flags),
        ),
        reading(
            "/api/gate",
            "Whether a route or group is ready for its next step, and what speaks against it",
            &[TARGET],
            get(look::gate),
        ),
        reading(
            "/api/history",
            "The flag files that were in force, newest first",
            &[("most", "how many, at most 1000")],
            get(look::history),
        ),
        reading("/api/history/{version}", "One of them, whole", &[], get(look::version)),
        reading(
            "/api/audit",
            "Who changed what, when and why, newest first",
            &[TARGET, ("most", "how many, at most 1000")],
            get(look::audit),
        ),
        reading(
            "/api/audit/verify",
            "Whether the chain of the audit log is whole",
            &[],
            get(look::verify),
        ),
        reading(
            "/api/approvals",
            "What waits for a second person, and what was decided, newest first",
            &[("most", "how many, at most 1000")],
            get(approve::requests),
        ),
        reading(
            "/api/schedules",
            "The schedules and how far each has come",
            &[],
            get(approve::schedules),
        ),
        reading("/api/waivers", "The waivers of the store", &[], get(testers::waivers)),
    ]
}

fn move_things() -> Vec<Operation> {
    let release = Role::Release;
    vec![
        changing(
            "/api/promote",
            release,
            "Moves a route or group one step forward, or to a stage, if the gate is ready",
            takes::<change::Promote>,
            post(change::promote),
        ),
        changing(
            "/api/rollback",
            release,
            "Takes the last change of a route or group back, or puts an earlier flag file in force again",
            takes::<change::RollBack>,
            post(change::roll_back),
        ),
        changing(
            "/api/approvals/{id}/approve",
            release,
            "Agrees to a step of a route with `approval: required`, as another person",
            takes::<change::Reason>,
            post(approve::approve),
        ),
        changing(
            "/api/approvals/{id}/decline",
            release,
            "Refuses such a step",
            takes::<change::Reason>,
            post(approve::decline),
        ),
    ]
}

fn hold_things() -> Vec<Operation> {
    let release = Role::Release;
    vec![
        changing(
            "/api/freeze",
            Role::Admin,
            "Holds all changes up, but not the ways back",
            takes::<change::Reason>,
            post(change::freeze),
        ),
        changing(
            "/api/thaw",
            Role::Admin,
            "Lets changes go on",
            takes::<change::Reason>,
            post(change::thaw),
        ),
        Operation {
            refusals: &[],
            ..changing(
                "/api/kill",
                release,
                "Sends everything, or what is named, to legacy at once",
                takes::<kill::Names>,
                post(kill::kill),
            )
        },
        Operation {
            refusals: &[],
            ..changing(
                "/api/revive",
                release,
                "Takes a kill back",
                takes::<kill::Names>,
                post(kill::revive),
            )
        },
    ]
}

fn for_testers() -> Vec<Operation> {
    vec![
        Operation {
            status: 201,
            refusals: &[503],
            ..changing(
                "/api/waivers",
                Role::Qa,
                "Keeps a waiver",
                takes::<testers::NewWaiver>,
                post(testers::waive),
            )
        },
        Operation {
            method: Method::DELETE,
            takes: None,
            refusals: &[404, 503],
            ..changing(
                "/api/waivers/{id}",
                Role::Qa,
                "Takes a waiver back",
                takes::<kill::Names>,
                delete(testers::unwaive),
            )
        },
        Operation {
            status: 201,
            refusals: &[409],
            ..changing(
                "/api/overrides",
                Role::Qa,
                "Makes a signed override for a tester",
                takes::<testers::NewOverride>,
                post(testers::make_override),
            )
        },
    ]
}

fn reading(
    path: &'static str,
    summary: &'static str,
    query: &'static [(&'static str, &'static str)],
    handler: MethodRouter<Api>,
) -> Operation {
    Operation {
        method: Method::GET,
        path,
        role: Role::Viewer,
        summary,
        takes: None,
        query,
        status: 200,
        refusals: &[404, 409, 503],
        handler,
    }
}

fn changing(
    path: &'static str,
    role: Role,
    summary: &'static str,
    takes: fn(&mut SchemaGenerator) -> Schema,
    handler: MethodRouter<Api>,
) -> Operation {
    Operation {
        method: Method::POST,
        path,
        role,
        summary,
        takes: Some(takes),
        query: &[],
        status: 200,
        refusals: CHANGES,
        handler,
    }
}

fn takes<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}
