//! Organizations, people, devices and sessions: who may do what, and how they prove it. Never knows HTTP.

mod access_token;
mod api_tokens;
mod create_user;
mod deposit;
pub mod device_seal;
mod devices;
mod enroll_device;
mod list_users;
mod me;
mod organization_profile;
mod password;
mod password_link;
mod principal;
mod refresh_session;
mod revocations;
mod scope;
mod session;
mod set_up;
mod sign_in;
mod sign_out;
mod update_user;

pub use access_token::{ACCESS_TOKEN_SECONDS, Claims, TokenKeys};
pub use api_tokens::{
    API_TOKEN_PREFIX, ApiToken, ApiTokenWithSecret, NewApiToken, authenticate_api_token, create_api_token,
    list_api_tokens, revoke_api_token,
};
pub use create_user::{NewUser, create_user};
pub use deposit::{Depositor, identify_depositor};
pub use devices::{Device, list_devices, revoke_device};
pub use enroll_device::{DeviceEnrollment, EnrolledDevice, enroll_device};
pub(crate) use list_users::publish_user;
pub use list_users::{User, get_user, list_users};
pub use me::{Me, who_is_calling};
pub use organization_profile::{Organization, OrganizationFields, get_organization, update_organization};
pub use password::PasswordGate;
pub(crate) use password_link::mail_password_link;
pub use password_link::{
    LinkOwner, PasswordLink, PasswordLinkCause, ask_password_link, owner_of_password_link,
    set_password_by_link,
};
pub use principal::{Principal, authenticate};
pub use refresh_session::refresh_session;
pub use revocations::{Revocations, follow_revocations};
pub use scope::Scope;
pub use session::SessionGrant;
pub use set_up::{FirstAdmin, SetUp, SetUpDone, offer_set_up, set_up};
pub use sign_in::{SignIn, SignInLimiter, sign_in};
pub use sign_out::sign_out;
pub use update_user::{UserChange, update_user};
