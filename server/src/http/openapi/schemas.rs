//! The types of requests and answers as JSON Schema 2020-12. A type that is read otherwise than it is written has two.

use std::collections::BTreeSet;

use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use crate::http::operation::Describe;

/// Where the types of requests are while the document is being made.
const REQUESTS: &str = "#/components/requests/";
const SCHEMAS: &str = "#/components/schemas/";
/// The fields of a record with what Campo keeps about it, and what they are called; never the bare name of the thing, which
/// may be a type of its own.
const RECORD: [&str; 2] = ["FieldsRecord", "Record"];

pub struct Schemas {
    requests: SchemaGenerator,
    answers: SchemaGenerator,
}

impl Schemas {
    pub fn new() -> Self {
        let settings = |path: &'static str| {
            SchemaSettings::draft2020_12().with(|settings| {
                settings.definitions_path = path.into();
                settings.meta_schema = None;
            })
        };
        Self {
            requests: settings("/components/requests").for_deserialize().into_generator(),
            answers: settings("/components/schemas").for_serialize().into_generator(),
        }
    }

    pub fn of_request(&mut self, describe: Describe) -> Value {
        describe(&mut self.requests).to_value()
    }

    pub fn of_answer(&mut self, describe: Describe) -> Value {
        describe(&mut self.answers).to_value()
    }

    /// The fields of a type, as parameters of a query.
    pub fn query_parameters(&mut self, describe: Describe) -> Vec<Value> {
        let schema = self.of_request(describe);
        let required: Vec<&str> =
            schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let fields = schema["properties"].as_object().into_iter().flatten();
        let parameter = |(name, field): (&String, &Value)| {
            let mut field = without_null(field.clone());
            let says = field.as_object_mut().and_then(|field| field.remove("description"));
            let is_required = required.contains(&name.as_str());
            let mut parameter =
                json!({ "name": name, "in": "query", "required": is_required, "schema": field });
            if let Some(says) = says {
                parameter["description"] = says;
            }
            parameter
        };
        fields.map(parameter).collect()
    }

    /// Puts every type that was used into the document.
    pub fn finish(mut self, mut document: Value, problem: Value) -> String {
        let requests = self.requests.take_definitions(true);
        let mut schemas = self.answers.take_definitions(true);
        let different = different(&requests, &schemas);
        for (name, schema) in &requests {
            schemas.insert(final_name(name, &different), schema.clone());
        }
        schemas.insert("Problem".to_owned(), problem);
        document["components"]["schemas"] = Value::Object(schemas);
        let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
        for name in requests.keys() {
            let target = format!("\"{SCHEMAS}{}\"", final_name(name, &different));
            text = text.replace(&format!("\"{REQUESTS}{name}\""), &target);
        }
        text.replace(RECORD[0], RECORD[1]) + "\n"
    }
}

fn final_name(name: &str, different: &BTreeSet<String>) -> String {
    if different.contains(name) { format!("{name}Input") } else { name.to_owned() }
}

/// The types that are read otherwise than they are written, and those that contain one.
fn different(requests: &Map<String, Value>, answers: &Map<String, Value>) -> BTreeSet<String> {
    let both = requests.iter().filter_map(|(name, request)| Some((name, request, answers.get(name)?)));
    let texts: Vec<_> = both
        .map(|(name, request, answer)| {
            (name, request.to_string().replace(REQUESTS, SCHEMAS), answer.to_string())
        })
        .collect();
    let unlike = texts.iter().filter(|(_, request, answer)| request != answer);
    let mut different: BTreeSet<String> = unlike.map(|(name, _, _)| (*name).clone()).collect();
    loop {
        let names_one =
            |text: &str| different.iter().any(|name| text.contains(&format!("\"{SCHEMAS}{name}\"")));
        let more: Vec<_> =
            texts.iter().filter(|(name, text, _)| !different.contains(*name) && names_one(text)).collect();
        if more.is_empty() {
            return different;
        }
        let more: Vec<String> = more.into_iter().map(|(name, _, _)| (*name).clone()).collect();
        different.extend(more);
    }
}

/// A parameter that has no value is left out, never null.
fn without_null(mut schema: Value) -> Value {
    if let Some(types) = schema["type"].as_array() {
        let first = types.iter().find(|name| *name != "null").cloned();
        schema["type"] = first.unwrap_or_default();
    }
    if let Some(choices) = schema.get("anyOf").and_then(Value::as_array) {
        let chosen = choices.iter().find(|choice| choice["type"] != "null").cloned();
        return chosen.unwrap_or_default();
    }
    if let Some(fields) = schema.as_object_mut()
        && fields.get("default").is_some_and(Value::is_null)
    {
        fields.remove("default");
    }
    schema
}
