-- Whether a customer is a person or a company; empty where nobody has said and the tax number does not.

ALTER TABLE customers ADD COLUMN kind TEXT NOT NULL DEFAULT '';

UPDATE customers SET kind = 'person' WHERE tax_id_kind IN ('cpf', 'cnp');
UPDATE customers SET kind = 'company' WHERE tax_id_kind IN ('cnpj', 'cui');
