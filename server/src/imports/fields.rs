//! The fields that columns may be given, and the headings by which they are recognized. Never reads a cell.

use std::collections::BTreeMap;

use crate::imports::ImportKind;
use crate::search_text::fold;

/// How a cell is understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Text,
    /// The other software's name of the record itself.
    Key,
    /// The other software's name of a record of this kind, or a customer's tax number.
    Of(ImportKind),
    Degrees,
    /// An amount of the organization's currency.
    Money,
    Day,
    Moment,
    Number,
    /// The email of a technician.
    Technician,
    /// One of these, by any of its words.
    Choice(&'static [(&'static str, &'static [&'static str])]),
}

/// One field.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    pub name: &'static str,
    pub shape: Shape,
    pub is_required: bool,
    /// Folded headings in English, Portuguese, Spanish and Romanian.
    aliases: &'static [&'static str],
}

const fn field(name: &'static str, shape: Shape, aliases: &'static [&'static str]) -> Field {
    Field { name, shape, is_required: false, aliases }
}

const fn required(name: &'static str, shape: Shape, aliases: &'static [&'static str]) -> Field {
    Field { name, shape, is_required: true, aliases }
}

const KEY: Field = required(
    "external_id",
    Shape::Key,
    &["id", "codigo", "code", "cod", "codigo externo", "external id", "identificador", "identificator"],
);
const CUSTOMER: &[&str] =
    &["customer", "customer id", "cliente", "codigo do cliente", "id cliente", "client"];
const NOTES: Field =
    field("notes", Shape::Text, &["note", "observacoes", "obs", "notas", "observatii", "comentarios"]);

const CUSTOMERS: &[Field] = &[
    KEY,
    required(
        "name",
        Shape::Text,
        &["nome", "nombre", "nume", "nome fantasia", "cliente", "denumire", "customer"],
    ),
    field("kind", Shape::Choice(CUSTOMER_KINDS), &["tipo", "tip", "type", "pessoa", "persona"]),
    field(
        "legal_name",
        Shape::Text,
        &["razao social", "razon social", "legal name", "denumire legala", "company"],
    ),
    field(
        "tax_id",
        Shape::Text,
        &["cpf", "cnpj", "cpf/cnpj", "cnpj/cpf", "cui", "cif", "rut", "rfc", "nit", "tax id", "vat"],
    ),
    field("email", Shape::Text, &["e-mail", "mail", "correo", "correo electronico"]),
    field("phone", Shape::Text, &["telefone", "telefono", "telefon", "celular", "fone", "tel", "mobile"]),
    NOTES,
];
const CUSTOMER_KINDS: &[(&str, &[&str])] = &[
    ("person", &["pessoa fisica", "fisica", "pf", "persona", "persona fisica", "persoana fizica", "f"]),
    (
        "company",
        &[
            "pessoa juridica",
            "juridica",
            "pj",
            "empresa",
            "persona juridica",
            "firma",
            "persoana juridica",
            "j",
        ],
    ),
];
const SITES: &[Field] = &[
    KEY,
    required("customer_id", Shape::Of(ImportKind::Customers), CUSTOMER),
    required("name", Shape::Text, &["nome", "nombre", "nume", "local", "site", "sede", "locatie"]),
    field(
        "street",
        Shape::Text,
        &["rua", "endereco", "logradouro", "calle", "direccion", "strada", "adresa", "address"],
    ),
    field("number", Shape::Text, &["numero", "no", "nr", "numar"]),
    field("complement", Shape::Text, &["complemento", "piso", "apartament", "bloc"]),
    field("district", Shape::Text, &["bairro", "barrio", "colonia", "cartier"]),
    field("city", Shape::Text, &["cidade", "ciudad", "oras", "localitate", "municipio"]),
    field("region", Shape::Text, &["uf", "estado", "provincia", "judet", "state"]),
    field("postal_code", Shape::Text, &["cep", "codigo postal", "cod postal", "zip", "zip code"]),
    field("country", Shape::Text, &["pais", "tara"]),
    field("instructions", Shape::Text, &["instrucoes", "instrucciones", "instructiuni", "referencia"]),
    field("latitude", Shape::Degrees, &["lat"]),
    field("longitude", Shape::Degrees, &["lon", "lng", "long"]),
];
const EQUIPMENT: &[Field] = &[
    KEY,
    required("customer_id", Shape::Of(ImportKind::Customers), CUSTOMER),
    field("site_id", Shape::Of(ImportKind::Sites), &["site", "local", "sede", "locatie"]),
    required(
        "name",
        Shape::Text,
        &["nome", "nombre", "nume", "equipamento", "equipo", "echipament", "descricao"],
    ),
    field("kind", Shape::Text, &["tipo", "tip", "type", "categoria"]),
    field("manufacturer", Shape::Text, &["fabricante", "marca", "producator", "brand"]),
    field("model", Shape::Text, &["modelo"]),
    field("serial", Shape::Text, &["serie", "numero de serie", "serial number", "n serie", "numar de serie"]),
    field("code", Shape::Text, &["etiqueta", "patrimonio", "label", "eticheta", "tag"]),
    field(
        "installed_on",
        Shape::Day,
        &["instalado em", "data de instalacao", "fecha de instalacion", "data instalarii"],
    ),
    NOTES,
];
const MATERIAL: &[&str] =
    &["material", "peca", "produto", "articulo", "producto", "piesa", "produs", "article", "part", "m"];
const SERVICE: &[&str] = &["service", "servico", "servicio", "serviciu", "mao de obra", "s"];
const CATALOGUE_ITEMS: &[Field] = &[
    required("code", Shape::Key, &["codigo", "cod", "sku", "referencia", "id", "external id"]),
    required(
        "name",
        Shape::Text,
        &["nome", "nombre", "nume", "descricao", "descripcion", "descriere", "produto"],
    ),
    required("unit", Shape::Text, &["unidade", "un", "unidad", "unitate", "um", "und"]),
    required("price_minor", Shape::Money, &["preco", "preco de venda", "valor", "precio", "pret", "price"]),
    field("kind", Shape::Choice(&[("material", MATERIAL), ("service", SERVICE)]), &["tipo", "tip", "type"]),
    field("barcode", Shape::Text, &["codigo de barras", "ean", "gtin", "cod de bare"]),
];
const NORMAL: &[&str] = &["normal", "media", "medie", "medium", "low", "baixa", "baja", "scazuta", "mica"];
const HIGH: &[&str] = &["high", "alta", "mare", "ridicata"];
const URGENT: &[&str] = &["urgent", "urgente", "emergencia", "critica"];
const ORDERS: &[Field] = &[
    KEY,
    required("customer", Shape::Of(ImportKind::Customers), CUSTOMER),
    field("site", Shape::Of(ImportKind::Sites), &["local", "sede", "locatie", "endereco"]),
    field("kind", Shape::Text, &["tipo", "tip", "type", "tipo de ordem"]),
    field(
        "priority",
        Shape::Choice(&[("normal", NORMAL), ("high", HIGH), ("urgent", URGENT)]),
        &["prioridade", "prioridad", "prioritate"],
    ),
    required(
        "reason",
        Shape::Text,
        &["motivo", "defeito", "descricao", "problema", "descripcion", "descriere", "problem"],
    ),
    field(
        "window_start",
        Shape::Moment,
        &["inicio", "data", "agendado", "start", "fecha", "data inceput", "scheduled"],
    ),
    field("window_end", Shape::Moment, &["fim", "end", "fin", "termino", "data sfarsit"]),
    field("promised", Shape::Moment, &["prometido", "prazo", "prometida", "termen", "due"]),
    field("duration_minutes", Shape::Number, &["duracao", "duracion", "durata", "duration", "minutos"]),
    field("technician", Shape::Technician, &["tecnico", "tehnician", "responsavel", "assignee"]),
];

pub(super) const fn fields_of(kind: ImportKind) -> &'static [Field] {
    match kind {
        ImportKind::Customers => CUSTOMERS,
        ImportKind::Sites => SITES,
        ImportKind::Equipment => EQUIPMENT,
        ImportKind::CatalogueItems => CATALOGUE_ITEMS,
        ImportKind::Orders => ORDERS,
    }
}

/// The meaning that headings most likely have; each field once.
pub(super) fn propose(kind: ImportKind, headings: &[String]) -> BTreeMap<String, String> {
    let folded = |text: &str| fold(&text.replace(['_', '.', ':'], " ")).trim().to_owned();
    let mut mapping = BTreeMap::new();
    for field in fields_of(kind) {
        let fits = |heading: &&String| {
            let heading = folded(heading);
            heading == folded(field.name) || field.aliases.contains(&heading.as_str())
        };
        let free = headings.iter().filter(|heading| !mapping.contains_key(*heading));
        if let Some(heading) = free.clone().find(fits) {
            mapping.insert(heading.clone(), field.name.to_owned());
        }
    }
    mapping
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_in_four_languages_are_recognized_and_no_field_is_given_twice() {
        let headings = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let brazil = propose(
            ImportKind::Customers,
            &headings(&["Código", "Nome", "Razão Social", "CPF/CNPJ", "Fone", "Cor"]),
        );
        let romania =
            propose(ImportKind::Sites, &headings(&["Cod", "Client", "Denumire", "Stradă", "Județ", "Nume"]));

        assert_eq!(brazil["Código"], "external_id");
        assert_eq!(brazil["Razão Social"], "legal_name");
        assert_eq!(brazil["CPF/CNPJ"], "tax_id");
        assert_eq!(brazil["Fone"], "phone");
        assert!(!brazil.contains_key("Cor"));
        assert_eq!((romania["Client"].as_str(), romania["Stradă"].as_str()), ("customer_id", "street"));
        assert_eq!((romania["Nume"].as_str(), romania["Județ"].as_str()), ("name", "region"));
    }
}
