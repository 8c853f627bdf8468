//! The customers of the demo: forty people and companies of Curitiba with the places they are served at. Invented.

/// A quarter of Curitiba: name, first five digits of its postal codes, degrees north and east.
pub struct District {
    pub name: &'static str,
    pub postal_prefix: &'static str,
    pub latitude: f64,
    pub longitude: f64,
}

const fn district(
    name: &'static str,
    postal_prefix: &'static str,
    latitude: f64,
    longitude: f64,
) -> District {
    District { name, postal_prefix, latitude, longitude }
}

pub const DISTRICTS: [District; 16] = [
    district("Centro", "80020", -25.4296, -49.2713),
    district("Batel", "80420", -25.4435, -49.2862),
    district("Água Verde", "80620", -25.4530, -49.2790),
    district("Portão", "80330", -25.4747, -49.2923),
    district("Bigorrilho", "80730", -25.4363, -49.2990),
    district("Cabral", "80035", -25.4063, -49.2530),
    district("Juvevê", "80030", -25.4146, -49.2570),
    district("Santa Felicidade", "82020", -25.3975, -49.3310),
    district("Boa Vista", "82560", -25.3873, -49.2440),
    district("Hauer", "81610", -25.4790, -49.2470),
    district("Boqueirão", "81650", -25.4990, -49.2370),
    district("Cajuru", "82900", -25.4560, -49.2180),
    district("Rebouças", "80230", -25.4460, -49.2650),
    district("Mercês", "80810", -25.4230, -49.2890),
    district("Bacacheri", "82510", -25.3970, -49.2330),
    district("Cidade Industrial", "81170", -25.4930, -49.3370),
];

/// A customer with the district and street of its site.
pub struct CustomerPlan {
    pub name: &'static str,
    pub is_company: bool,
    /// Whom to ask for there; empty for people.
    pub contact: &'static str,
    pub position: &'static str,
    /// Index into `DISTRICTS`.
    pub district: usize,
    pub street: &'static str,
}

const fn company(
    name: &'static str,
    contact: &'static str,
    position: &'static str,
    district: usize,
    street: &'static str,
) -> CustomerPlan {
    CustomerPlan { name, is_company: true, contact, position, district, street }
}

const fn person(name: &'static str, district: usize, street: &'static str) -> CustomerPlan {
    CustomerPlan { name, is_company: false, contact: "", position: "", district, street }
}

pub const CUSTOMERS: [CustomerPlan; 40] = [
    company("Padaria Pão da Serra", "Lúcia Ferrari", "gerente", 2, "Avenida República Argentina"),
    company("Mercado Bom Vizinho", "Paulo Stadler", "encarregado", 3, "Rua João Bettega"),
    company("Restaurante Cantina Bellini", "Marco Bellini", "dono", 7, "Avenida Manoel Ribas"),
    company("Hotel Araucária Palace", "Helena Prado", "manutenção", 0, "Rua Marechal Deodoro"),
    company("Açougue Boi Dourado", "Sérgio Lemos", "dono", 9, "Avenida Marechal Floriano Peixoto"),
    company("Floricultura Jardim Secreto", "Bianca Moro", "dona", 4, "Rua Padre Anchieta"),
    company("Farmácia Vida Plena", "Renata Coelho", "farmacêutica", 6, "Avenida João Gualberto"),
    company("Laboratório Análise Sul", "Dr. Otávio Reis", "responsável técnico", 1, "Avenida do Batel"),
    company("Sorveteria Geladinho", "Camila Rosa", "gerente", 13, "Rua Jacarezinho"),
    company("Escola Pequeno Pinhão", "Irmã Clara", "direção", 14, "Rua Costa Rica"),
    company("Academia Corpo Livre", "Diego Antunes", "gerente", 12, "Avenida Getúlio Vargas"),
    company("Peixaria do Litoral", "Nelson Guimarães", "dono", 0, "Rua da Cidadania"),
    company("Clínica Sorriso Largo", "Dra. Aline Weber", "sócia", 5, "Rua Munhoz da Rocha"),
    company("Confeitaria Doce Fubá", "Rosana Bueno", "dona", 8, "Avenida Paraná"),
    company("Distribuidora Frio Norte", "Valdir Kruger", "logística", 15, "Rua Eduardo Sprada"),
    company("Cervejaria Tropeiro", "Thiago Lara", "mestre cervejeiro", 10, "Rua Waldemar Loureiro Campos"),
    company("Condomínio Edifício Ipê", "Sr. Adão", "zelador", 1, "Rua Bispo Dom José"),
    company("Lanchonete Ponto Certo", "Ivone Cruz", "dona", 11, "Avenida Prefeito Maurício Fruet"),
    person("Maria Aparecida Nogueira", 2, "Rua Brigadeiro Franco"),
    person("José Carlos Wosniak", 7, "Via Veneto"),
    person("Fernanda Lopes", 1, "Rua Gonçalves Dias"),
    person("Antônio Greca", 4, "Rua Martim Afonso"),
    person("Patrícia Yamamoto", 5, "Rua Bom Jesus"),
    person("Roberto Zanetti", 7, "Rua Madre Maria dos Anjos"),
    person("Cláudia Mendes", 3, "Rua Itacolomi"),
    person("Luiz Henrique Prestes", 6, "Rua Almirante Tamandaré"),
    person("Sandra Oliveira", 8, "Rua José Merhy"),
    person("Eduardo Schmidt", 9, "Rua Anne Frank"),
    person("Vera Lúcia Tavares", 10, "Rua Tenente Tito Teixeira"),
    person("Marcelo Pacheco", 11, "Rua Engenheiro Benedito Mário da Silva"),
    person("Juliana Freitas", 12, "Rua Engenheiros Rebouças"),
    person("Ricardo Bittencourt", 13, "Rua Visconde do Rio Branco"),
    person("Tereza Kowalczyk", 14, "Rua México"),
    person("Gustavo Almeida", 15, "Rua Raul Pompéia"),
    person("Adriana Sato", 0, "Rua Cruz Machado"),
    person("Francisco Dal Pozzo", 7, "Rua Francisco Dallalibera"),
    person("Beatriz Camargo", 2, "Rua Guilherme Pugsley"),
    person("Rogério Martins", 3, "Rua Carlos Dietzsch"),
    person("Elisa Hoffmann", 5, "Rua dos Funcionários"),
    person("Wagner Teixeira", 9, "Rua Coronel Luiz José dos Santos"),
];
