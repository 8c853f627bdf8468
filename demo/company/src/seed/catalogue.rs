//! What the demo's company sells: materials and services with prices in centavos. Invented prices.

/// An article number, a name, a unit and a price.
pub struct ItemPlan {
    pub code: &'static str,
    pub name: &'static str,
    pub unit: &'static str,
    pub price_minor: i64,
}

const fn item(code: &'static str, name: &'static str, unit: &'static str, price_minor: i64) -> ItemPlan {
    ItemPlan { code, name, unit, price_minor }
}

pub const MATERIALS: [ItemPlan; 26] = [
    item("M-101", "Filtro secador 30 g", "un", 2_890),
    item("M-102", "Filtro secador 50 g", "un", 4_590),
    item("M-103", "Gás refrigerante R-134a", "kg", 9_800),
    item("M-104", "Gás refrigerante R-404A", "kg", 14_900),
    item("M-105", "Gás refrigerante R-410A", "kg", 13_500),
    item("M-106", "Gás refrigerante R-290", "kg", 18_900),
    item("M-107", "Compressor hermético 1/4 HP", "un", 68_900),
    item("M-108", "Compressor hermético 1/3 HP", "un", 79_900),
    item("M-109", "Compressor scroll 3 HP", "un", 389_000),
    item("M-110", "Capacitor de partida 25 µF", "un", 3_450),
    item("M-111", "Relé PTC", "un", 2_790),
    item("M-112", "Termostato digital", "un", 18_900),
    item("M-113", "Sensor de temperatura NTC", "un", 3_990),
    item("M-114", "Micromotor ventilador 1/40", "un", 11_900),
    item("M-115", "Hélice 8 polegadas", "un", 2_490),
    item("M-116", "Resistência de degelo", "un", 8_990),
    item("M-117", "Borracha de porta magnética", "m", 2_250),
    item("M-118", "Tubo de cobre 1/4", "m", 2_690),
    item("M-119", "Tubo de cobre 3/8", "m", 3_890),
    item("M-120", "Isolamento elastomérico 3/8", "m", 890),
    item("M-121", "Válvula de expansão termostática", "un", 32_900),
    item("M-122", "Válvula solenoide", "un", 21_500),
    item("M-123", "Pressostato de alta", "un", 17_900),
    item("M-124", "Contatora 25 A", "un", 14_500),
    item("M-125", "Óleo de compressor POE", "l", 11_900),
    item("M-126", "Vareta de solda foscoper", "un", 1_290),
];

pub const SERVICES: [ItemPlan; 14] = [
    item("S-201", "Visita técnica e diagnóstico", "un", 18_000),
    item("S-202", "Mão de obra de refrigeração", "h", 14_000),
    item("S-203", "Carga de gás", "un", 22_000),
    item("S-204", "Troca de compressor", "un", 45_000),
    item("S-205", "Limpeza de condensadora", "un", 16_000),
    item("S-206", "Higienização de ar-condicionado split", "un", 21_000),
    item("S-207", "Instalação de split 12.000 BTU", "un", 75_000),
    item("S-208", "Manutenção preventiva de câmara fria", "un", 48_000),
    item("S-209", "Teste de estanqueidade com nitrogênio", "un", 19_000),
    item("S-210", "Regulagem de termostato", "un", 9_000),
    item("S-211", "Troca de borracha de porta", "un", 12_000),
    item("S-212", "Adequação elétrica", "h", 13_000),
    item("S-213", "Laudo técnico", "un", 35_000),
    item("S-214", "Taxa de urgência", "un", 12_000),
];
