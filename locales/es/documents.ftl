# Palabras de los documentos impresos. `label-` son los títulos que puede usar una plantilla; el resto lo llena el servidor.

label-service-order = Orden de servicio
label-customer-copy = Copia del cliente
label-company-copy = Copia de la empresa
label-company = Empresa
label-customer = Cliente
label-site = Lugar de servicio
label-contact = Responsable
label-tax-id = Id. fiscal
label-phone = Teléfono
label-email = Correo
label-order = Orden
label-number = Número
label-kind = Tipo
label-reason = Motivo
label-status = Estado
label-priority = Prioridad
label-created = Creada
label-scheduled = Programada
label-promised = Prometida para
label-equipment = Equipo
label-visits = Visitas
label-technician = Técnico
label-date = Fecha
label-travel = Desplazamiento
label-check-in = Check-in
label-pauses = Pausas
label-check-out = Check-out
label-time-on-site = En el lugar
label-times = Cómo se conocen las horas
label-materials = Materiales
label-services = Servicios
label-description = Descripción
label-quantity = Cant.
label-unit = Unidad
label-price = Precio unit.
label-amount = Importe
label-source = Origen
label-additional = adicional
label-materials-total = Materiales
label-services-total = Servicios
label-total = Total
label-expenses = Gastos
label-expenses-total = Total de gastos
label-checklist = Lista de verificación
label-question = Pregunta
label-answer = Respuesta
label-observations = Observaciones
label-internal = Interno
label-internal-only = Solo para la empresa
label-photos = Fotos
label-photo-on-its-way = Foto en camino
label-signature-on-its-way = Firma en camino
label-signatures = Firmas
label-signed = Firmado
label-refused = Firma rechazada
label-document-number = Documento
label-signed-version = Versión firmada
label-terms = Términos mostrados al firmar
label-gaps = Qué falta
label-verify = Compruebe este documento
label-version = Versión
label-page = Página
label-page-of = de

title = Orden de servicio { $number }
title-without-number = Orden de servicio aún sin número
to-be-confirmed = por confirmar
total-without-unpriced = { $count ->
    [one] sin { $count } línea que aún no tiene precio
   *[other] sin { $count } líneas que aún no tienen precio
}
gap-photos = { $count ->
    [one] { $count } foto aún no había llegado.
   *[other] { $count } fotos aún no habían llegado.
}
gap-signature-drawings = { $count ->
    [one] El trazo de { $count } firma aún no había llegado.
   *[other] Los trazos de { $count } firmas aún no habían llegado.
}
gap-number = La orden aún no tiene número.

moment = { $date }, { $time }
window = { $start } – { $end }
minutes = { $count } min
hours = { $hours } h
hours-minutes = { $hours } h { $minutes } min
seconds = { $count } s
plus-minus = { $how } (± { $span })
time-server = reloj del servidor
time-anchored = comprobada con el servidor
time-offset = corregida tras un reinicio
time-device_only = solo el reloj del teléfono, sin comprobar
pause-for = { $from } – { $until }: { $reason }
pause = { $from } – { $until }

priority-normal = normal
priority-high = alta
priority-urgent = urgente
source-van = vehículo
source-warehouse = almacén
source-bought = comprado
expense-fuel = Combustible
expense-parking = Estacionamiento
expense-toll = Peaje
expense-meal = Comida
expense-other = Otro
answer-yes = Sí
answer-no = No
answer-not_applicable = No aplica
answer-photo = ver las fotos
answer-signature = ver las firmas
stage-before = Antes
stage-during = Durante
stage-after = Después
photo-alt = Foto: { $stage }. { $caption }
signature-alt = Firma dibujada de { $name }
logo-alt = Logotipo de { $name }
equipment-labels = Etiquetas de equipos
qr-alt = Código QR que lleva a { $url }
