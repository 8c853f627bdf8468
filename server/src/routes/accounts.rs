//! Sessions, devices, the organization and its people.

use crate::accounts::{
    ApiToken, ApiTokenWithSecret, Device, DeviceEnrollment, EnrolledDevice, Me, NewApiToken, NewUser,
    Organization, OrganizationFields, SessionGrant, User, UserChange,
};
use crate::audit::AuditRecord;
use crate::http::audit_entries::{self, AuditListRequest};
use crate::http::devices::{self, DeviceListRequest};
use crate::http::error::Code;
use crate::http::exports::{self, ExportAuditRequest, ExportListRequest, ExportRecordsRequest};
use crate::http::list::{ListRequest, ListResponse};
use crate::http::operation::{Access, Operation, Ownership};
use crate::http::scope::Scope;
use crate::http::session::{self, PasswordLinkRequest, RefreshRequest, SignInRequest};
use crate::http::{api_tokens, files, organization, password_form, users};
use crate::routes::table_file;

const SIGN_IN_REFUSED: &[Code] = &[Code::TokenExpired, Code::TokenInvalid, Code::SessionRevoked];

pub fn sessions() -> Vec<Operation> {
    vec![
        Operation::post("/v1/session", "signIn")
            .says("Opens a session with email and password")
            .access(Access::Public)
            .body::<SignInRequest>()
            .answers::<SessionGrant>(200)
            .refuses(SIGN_IN_REFUSED)
            .to(session::sign_in),
        Operation::post("/v1/password-links", "askPasswordLink")
            .says("Mails a link to choose a password to whoever has an address; answers the same when nobody has")
            .access(Access::Public)
            .body::<PasswordLinkRequest>()
            .answers_nothing(202)
            .to(session::ask_password_link),
        Operation::post("/v1/session/refresh", "refreshSession")
            .says("Exchanges a refresh token for new tokens")
            .access(Access::Public)
            .body::<RefreshRequest>()
            .answers::<SessionGrant>(200)
            .refuses(SIGN_IN_REFUSED)
            .to(session::refresh_session),
        Operation::delete("/v1/session", "signOut")
            .says("Ends the session")
            .answers_nothing(204)
            .to(session::sign_out),
        Operation::post("/v1/devices", "enrollDevice")
            .says("Makes an installed app known by its public key")
            .shows_secret()
            .body::<DeviceEnrollment>()
            .answers::<EnrolledDevice>(201)
            .to(devices::enroll_device),
        Operation::get("/v1/devices", "listDevices")
            .says("Lists the caller's installed apps, or everybody's")
            .scope(Scope::PeopleRead)
            .query::<DeviceListRequest>()
            .answers::<ListResponse<Device>>(200)
            .to(devices::list_devices),
        table_file(Operation::get("/v1/devices/export", "exportDevices"))
            .says("Writes everybody's installed apps into a file, CSV or XLSX")
            .access(Access::Admin)
            .scope(Scope::PeopleRead)
            .query::<ExportListRequest>()
            .to(exports::export_devices),
        Operation::delete("/v1/devices/{id}", "revokeDevice")
            .says("Ends an installed app; its unsent work may still be deposited")
            .ownership(Ownership::Person(Access::Admin))
            .scope(Scope::PeopleWrite)
            .answers_nothing(204)
            .to(devices::revoke_device),
    ]
}

/// For readers of a mail, who cannot sign in yet.
pub fn choosing_passwords() -> Vec<Operation> {
    let page = |row: Operation| {
        row.access(Access::Public)
            .text_parameter("token")
            .answers_bytes(200, &["text/html"])
            .answers_bytes(404, &["text/html"])
    };
    vec![
        page(Operation::get("/password/{token}", "showPasswordForm"))
            .says("Shows the form of a mailed link to choose a password")
            .to(password_form::show),
        page(Operation::post("/password/{token}", "choosePassword"))
            .says("Sets the password of a mailed link's person and ends their sessions")
            .body_bytes("application/x-www-form-urlencoded")
            .answers_bytes(422, &["text/html"])
            .to(password_form::choose),
    ]
}

pub fn api_tokens() -> Vec<Operation> {
    let of_admin = |row: Operation| row.access(Access::Admin);
    vec![
        of_admin(Operation::post("/v1/api-tokens", "createApiToken"))
            .says("Makes a token for other software; it is shown once")
            .shows_secret()
            .body::<NewApiToken>()
            .answers::<ApiTokenWithSecret>(201)
            .to(api_tokens::create_api_token),
        of_admin(Operation::get("/v1/api-tokens", "listApiTokens"))
            .says("Lists tokens, ended ones too")
            .answers::<ListResponse<ApiToken>>(200)
            .to(api_tokens::list_api_tokens),
        table_file(of_admin(Operation::get("/v1/api-tokens/export", "exportApiTokens")))
            .says("Writes tokens, ended ones too, into a file, CSV or XLSX")
            .query::<ExportListRequest>()
            .to(exports::export_api_tokens),
        of_admin(Operation::delete("/v1/api-tokens/{id}", "revokeApiToken"))
            .says("Ends a token")
            .answers_nothing(204)
            .to(api_tokens::revoke_api_token),
    ]
}

pub fn people() -> Vec<Operation> {
    vec![
        Operation::get("/v1/me", "readMe")
            .says("Reads who is calling, and the organization they work in")
            .answers::<Me>(200)
            .to(users::who_is_calling),
        Operation::get("/v1/organization", "readOrganization")
            .says("Reads the organization's profile")
            .scope(Scope::SettingsRead)
            .versioned()
            .answers::<Organization>(200)
            .to(organization::get_organization),
        Operation::get("/v1/organization/logo", "readLogo")
            .says("Reads the organization's logo as it was uploaded")
            .scope(Scope::SettingsRead)
            .answers_bytes(200, &["image/jpeg", "image/png", "image/webp"])
            .answers_nothing(304)
            .refuses(&[Code::NotFound])
            .to(files::get_logo),
        Operation::put("/v1/organization", "updateOrganization")
            .says("Changes the organization's profile")
            .access(Access::Admin)
            .scope(Scope::SettingsWrite)
            .conditional()
            .versioned()
            .body::<OrganizationFields>()
            .answers::<Organization>(200)
            .to(organization::update_organization),
        Operation::post("/v1/users", "createUser")
            .says("Adds a person; dispatchers add technicians, admins anybody")
            .access(Access::Office)
            .scope(Scope::PeopleWrite)
            .versioned()
            .body::<NewUser>()
            .answers::<User>(201)
            .to(users::create_user),
        Operation::get("/v1/users", "listUsers")
            .says("Lists people by name")
            .access(Access::Office)
            .scope(Scope::PeopleRead)
            .query::<ListRequest>()
            .answers::<ListResponse<User>>(200)
            .to(users::list_users),
        table_file(Operation::get("/v1/users/export", "exportUsers"))
            .says("Writes all people of a list into a file, CSV or XLSX")
            .access(Access::Office)
            .scope(Scope::PeopleRead)
            .query::<ExportRecordsRequest>()
            .to(exports::export_users),
        Operation::get("/v1/users/{id}", "readUser")
            .says("Reads a person; outside the office only oneself")
            .ownership(Ownership::Person(Access::Office))
            .scope(Scope::PeopleRead)
            .versioned()
            .answers::<User>(200)
            .to(users::get_user),
        Operation::put("/v1/users/{id}", "updateUser")
            .says("Changes, disables or enables a person")
            .access(Access::Office)
            .scope(Scope::PeopleWrite)
            .conditional()
            .versioned()
            .body::<UserChange>()
            .answers::<User>(200)
            .to(users::update_user),
    ]
}

pub fn audit() -> Vec<Operation> {
    let of_admin = |row: Operation| row.access(Access::Admin).scope(Scope::SettingsRead);
    vec![
        of_admin(Operation::get("/v1/audit-entries", "listAuditEntries"))
            .says("Lists who did what, newest first; a page may be short and not be the last")
            .query::<AuditListRequest>()
            .answers::<ListResponse<AuditRecord>>(200)
            .to(audit_entries::list_audit_entries),
        table_file(of_admin(Operation::get("/v1/audit-entries/export", "exportAuditEntries")))
            .says("Writes who did what into a file, CSV or XLSX")
            .query::<ExportAuditRequest>()
            .to(exports::export_audit_entries),
    ]
}
