//! The orders of the demo's day, each with the state it stands in when the story begins. Never more than one board shows.

/// An order to make: what for, how urgent, for which customer, and the steps taken with it.
pub struct OrderPlan {
    pub kind: &'static str,
    pub reason: &'static str,
    pub priority: &'static str,
    /// Index into the seeded customers.
    pub customer: usize,
    /// The states it goes through after it was created.
    pub steps: &'static [&'static str],
}

const CREATED: &[&str] = &[];
const SCHEDULED: &[&str] = &["scheduled"];
const TRAVELING: &[&str] = &["scheduled", "traveling"];
const ON_SITE: &[&str] = &["scheduled", "on_site"];
const WAITING: &[&str] = &["scheduled", "waiting_for_material"];
const DONE: &[&str] = &["scheduled", "on_site", "done"];
const VALIDATED: &[&str] = &["scheduled", "on_site", "done", "validated"];
const UNPAID: &[&str] = &["scheduled", "on_site", "done", "validated", "waiting_for_payment"];
const CLOSED: &[&str] = &["scheduled", "on_site", "done", "validated", "closed"];
const CANCELLED: &[&str] = &["scheduled", "cancelled"];

const fn order(
    kind: &'static str,
    reason: &'static str,
    priority: &'static str,
    customer: usize,
    steps: &'static [&'static str],
) -> OrderPlan {
    OrderPlan { kind, reason, priority, customer, steps }
}

pub const ORDERS: [OrderPlan; 25] = [
    order("Corretiva", "Câmara fria não passa de 8 °C", "urgent", 4, ON_SITE),
    order("Corretiva", "Balcão refrigerado com gelo no evaporador", "high", 1, TRAVELING),
    order("Preventiva", "Preventiva mensal da câmara de congelados", "normal", 14, ON_SITE),
    order("Preventiva", "Higienização dos splits da recepção", "normal", 12, SCHEDULED),
    order("Corretiva", "Freezer vertical desliga sozinho", "normal", 8, SCHEDULED),
    order("Corretiva", "Vitrine de doces com vazamento de água", "normal", 13, DONE),
    order("Corretiva", "Ar-condicionado pingando na sala 2", "normal", 9, DONE),
    order("Instalação", "Instalar split 12.000 BTU no escritório", "normal", 10, SCHEDULED),
    order("Corretiva", "Câmara de vacinas com alarme de temperatura", "urgent", 6, VALIDATED),
    order("Corretiva", "Geladeira doméstica não gela", "normal", 18, SCHEDULED),
    order("Corretiva", "Adega climatizada fazendo barulho", "normal", 21, CREATED),
    order("Preventiva", "Limpeza das condensadoras do telhado", "normal", 3, WAITING),
    order("Corretiva", "Máquina de gelo parada", "high", 2, WAITING),
    order("Corretiva", "Porta da câmara não veda", "normal", 11, SCHEDULED),
    order("Corretiva", "Chopeira não resfria", "high", 15, SCHEDULED),
    order("Corretiva", "Freezer horizontal sem força", "normal", 19, CLOSED),
    order("Preventiva", "Preventiva trimestral do laboratório", "normal", 7, CLOSED),
    order("Corretiva", "Ar-condicionado com cheiro forte", "normal", 22, UNPAID),
    order("Instalação", "Trocar termostato por digital", "normal", 5, UNPAID),
    order("Corretiva", "Bebedouro do hall não gela", "normal", 16, CREATED),
    order("Corretiva", "Expositor de bebidas desarmando o disjuntor", "high", 17, CREATED),
    order("Corretiva", "Split da sala fazendo gelo", "normal", 24, CREATED),
    order("Corretiva", "Geladeira com borracha rasgada", "normal", 28, CANCELLED),
    order("Preventiva", "Revisão antes do verão", "normal", 33, SCHEDULED),
    order("Corretiva", "Freezer com luz de alarme", "normal", 36, CREATED),
];
