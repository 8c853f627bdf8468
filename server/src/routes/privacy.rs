//! What the law gives a person: a copy of their data, and its erasure.

use crate::http::error::Code;
use crate::http::operation::{Access, Operation};
use crate::http::privacy;
use crate::http::scope::Scope;
use crate::privacy::{CustomerCopy, ErasureReport, ErasureRequest, UserCopy, UserErasure};

pub fn operations() -> Vec<Operation> {
    vec![
        Operation::get("/v1/customers/{id}/copy", "copyCustomerData")
            .says("Gathers everything that is kept of a customer, to hand it over")
            .access(Access::Admin)
            .scope(Scope::CustomersRead)
            .answers::<CustomerCopy>(200)
            .to(privacy::copy_of_customer),
        Operation::post("/v1/customers/{id}/erasure", "eraseCustomer")
            .says("Empties every record about a customer and archives it; orders stay, as evidence of work done")
            .access(Access::Admin)
            .scope(Scope::CustomersWrite)
            .body::<ErasureRequest>()
            .answers::<ErasureReport>(200)
            .refuses(&[Code::Kept])
            .to(privacy::erase_customer),
        Operation::get("/v1/users/{id}/copy", "copyUserData")
            .says("Gathers everything that is kept of somebody who works here")
            .access(Access::Admin)
            .scope(Scope::PeopleRead)
            .answers::<UserCopy>(200)
            .to(privacy::copy_of_user),
        Operation::post("/v1/users/{id}/erasure", "eraseUser")
            .says("Empties what is kept of a person who was disabled before; what they did stays, under their id")
            .access(Access::Admin)
            .scope(Scope::PeopleWrite)
            .body::<ErasureRequest>()
            .answers::<UserErasure>(200)
            .refuses(&[Code::Kept])
            .to(privacy::erase_user),
    ]
}
